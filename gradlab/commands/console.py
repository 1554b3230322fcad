"""How commands speak: tables and progress for people, one JSON document for scripts."""

import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from gradlab.course.names import visible

T = TypeVar("T")
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def shown(text: object) -> str:
    """What may come from students as text alone: no terminal escapes, no markup of rich's."""
    return escape("\n".join(map(visible, str(text).split("\n"))))


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
            progress.update(task, description=f"{what} {shown(item)}")
            yield item
            progress.advance(task)


def follow(results: "Generator[T, None, None]", total: int, what: str) -> Iterator[T]:
    """Hand on what comes from elsewhere in its own time, with the rate and the time left."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=errors, transient=True) as progress, closing(results):
        task = progress.add_task(what, total=total)
        for result in results:
            progress.advance(task)
            yield result


class RateColumn(ProgressColumn):
    """How many a minute."""

    def render(self, task: Task) -> Text:
        """A dash until something is known."""
        speed = task.finished_speed or task.speed
        return Text("– / min" if speed is None else f"{60 * speed:.0f} / min")
