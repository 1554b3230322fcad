"""How commands speak: tables and progress for people, one JSON document for scripts."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def print_json(data: Any) -> None:
    """One JSON document on standard output, and nothing else there."""
    print(json.dumps(data, indent=1, ensure_ascii=False))


def track(items: Iterable[Any], total: int, what: str) -> Iterator[Any]:
    """Go through `items` under a progress bar on standard error; it leaves no trace behind."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task(what, total=total)
        for item in items:
            progress.update(task, description=f"{what} {item}")
            yield item
            progress.advance(task)
