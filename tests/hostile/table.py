"""`python -m tests.hostile.table`: grade the hostile class and write docs/hostile-suite.md.

What plain nbgrader gives is in `plain.json`; `python -m tests.hostile.plain` found it out.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from .attempts import CLASSES, HERE, POINTS, Attempt
from .course import Graded

DOCUMENT = HERE.parents[1] / "docs" / "hostile-suite.md"
PLAIN = HERE / "plain.json"
HEAD = """\
<!-- Generated: `python -m tests.hostile.table` writes it anew, `make hostile` compares it. -->

# The hostile suite

{attempts} submissions that cheat, attack or are damaged, and what they get. Each has the score
that its answers deserve: 0 where the attacked exercise is not solved, full marks where an honest
answer stands beside the attack. The exercises answered honestly in the same notebook lose nothing,
unless the attempt ruins its own kernel for good. The honest submissions graded between the attempts
lose nothing at all. No batch is stopped. No mark planted in the tests, the solutions, the
gradebook, the secret, the configuration, the environment or another submission turns up anywhere.
No process, file or mount is left behind. What attacks the reader is also opened in a browser, in
feedback, in Formgrader and in the report: nothing of it runs, loads or covers anything
(`tests/browser/`).

`make hostile` runs all of it. [security.md](security.md) says what holds and what remains.

“Plain nbgrader” is nbgrader 0.9.6 without GradLab: the same lab with its checks as hidden asserts
in the notebook, each attempt graded beside an honest submission. `python -m tests.hostile.plain`
measures it, in a container, for an hour or so; what would bring the machine down was not tried,
nor what attacks a boundary or a reader's page, which only a person can see. An attempt written
against one of the two need not work against the other: “0 of 4” for a wrong answer is right in
both columns. {open}

| class | attempts | plain nbgrader gives too much, too little, or hangs | scored as deserved here |
|---|---|---|---|
"""


def table(attempts: list[Attempt], graded: Callable[[str], Graded]) -> str:
    """The document, from what the class was given."""
    plain: dict[str, str] = json.loads(PLAIN.read_text(encoding="utf-8"))
    still_open = [attempt for attempt in attempts if attempt.open]
    told = (
        f"{len(still_open)} attempts still gain something; they are marked and explained."
        if still_open
        else "No attempt is known to gain anything here."
    )
    text = HEAD.format(attempts=len(attempts), open=told)
    groups = {k: [a for a in attempts if a.kind == k] for k in CLASSES}
    text += "".join(_summary(kind, group, plain, graded) for kind, group in groups.items())
    return text + "".join(_section(kind, group, plain, graded) for kind, group in groups.items())


def _summary(
    kind: str, group: list[Attempt], plain: dict[str, str], graded: Callable[[str], Graded]
) -> str:
    tried = [attempt for attempt in group if attempt.student in plain]
    fooled = [attempt for attempt in tried if _succeeds(attempt, plain[attempt.student])]
    there = f"{len(fooled)} of {len(tried)}" if tried else "not tried"
    right = sum(graded(one.student).scores[one.exercise] == one.score for one in group)
    return (
        f"| [{CLASSES[kind]}](#{_anchor(kind)}) | {len(group)} | {there} "
        f"| {right} of {len(group)} |\n"
    )


def _succeeds(attempt: Attempt, outcome: str) -> bool:
    """Whether plain nbgrader gave too much, nothing for a right answer, no score, or more away."""
    points, _, rest = outcome.partition(f" of {POINTS[attempt.exercise]:g}")
    if rest or not points.replace(".", "").isdigit():
        return True
    full = attempt.score == POINTS[attempt.exercise]
    return float(points) > attempt.score or (full and float(points) < attempt.score)


def _section(
    kind: str, group: list[Attempt], plain: dict[str, str], graded: Callable[[str], Graded]
) -> str:
    rows = "".join(
        f"| {attempt.name.replace('_', ' ')} | {_escaped(attempt.tries)} "
        f"| {plain.get(attempt.student, '–')} | {_here(attempt, graded(attempt.student))} |\n"
        for attempt in group
    )
    head = "| attempt | what it tries | plain nbgrader | here |\n|---|---|---|---|\n"
    return f"\n## {CLASSES[kind].capitalize()}\n\n{head}{rows}"


def _here(attempt: Attempt, graded: Graded) -> str:
    found = _points(attempt.exercise, graded.scores[attempt.exercise])
    return f"{found}; **open**: {_escaped(attempt.open)}" if attempt.open else found


def _points(exercise: str, score: float | None) -> str:
    return f"{score:g} of {POINTS[exercise]:g}" if score is not None else "not scored"


def _anchor(kind: str) -> str:
    return CLASSES[kind].replace(" ", "-")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def main() -> None:
    """Grade and write."""
    from .conftest import all_attempts, grade_hostile_class

    with tempfile.TemporaryDirectory() as folder:
        found = grade_hostile_class(Path(folder))
        text = table(all_attempts(found.course), found.graded)
    DOCUMENT.write_text(text, encoding="utf-8")
    print(f"wrote {DOCUMENT}")


if __name__ == "__main__":
    main()
