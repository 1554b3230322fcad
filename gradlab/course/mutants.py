"""Mutants: the solution with one small fault at a time. A suite that is sharp fails each of them.

The faults are those of DeMillo, Lipton & Sayward (1978) and their followers: another operator,
another constant, a dropped term, swapped arguments, a statement left out. Some mutants compute the
same as the solution; these are listed with a reason in `equivalent_mutants.toml` beside the checks.
"""

import ast
import copy
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from gradlab.course.course import Course
from gradlab.course.lab import EXERCISE, Lab
from gradlab.course.notebook import solution_namespace
from gradlab.course.timing import TooSlow, within
from gradlab.errors import CourseError
from gradlab.judge.diagnose import Diagnostician
from gradlab.judge.local import Namespace, local_student

EQUIVALENT = "equivalent_mutants.toml"
ALL = "*"
"""Excuses every survivor of an exercise whose answer is data: many other data are right, too."""
SECONDS = 10.0
OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div,), ast.Mod: (ast.FloorDiv,), ast.Pow: (ast.Mult,), ast.MatMult: (),
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
    ast.And: (ast.Or,), ast.Or: (ast.And,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
NAMES = {
    "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "sum": "mean",
    "mean": "sum", "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "argmax": "argmin",
    "ones_like": "zeros_like", "floor": "ceil", "ceil": "floor", "sin": "cos", "cos": "sin",
}  # fmt: skip
COMMUTATIVE = frozenset({"max", "min", "maximum", "minimum", "allclose", "array_equal"})
SAFEGUARDS = frozenset({"strict"})
"""Keyword arguments that no right call ever notices: `zip(…, strict=True)`."""
Edit = Callable[[Any], None]


@dataclass(frozen=True)
class Mutant:
    """One faulty text of an exercise's cell. `change` tells it from the others, for people too."""

    exercise: str
    change: str
    source: str


@dataclass
class Survey:
    """What became of an exercise's mutants; `survivors` passed every check and are not excused."""

    lab: str
    exercise: str
    killed: int = 0
    equivalent: int = 0
    survivors: list[str] = field(default_factory=list)

    @property
    def counted(self) -> int:
        """Those that differ from the solution, as far as is known."""
        return self.killed + len(self.survivors)


def survey_lab(course: Course, lab: Lab, judge: Diagnostician) -> list[Survey]:
    """Judge the mutants of each exercise's solution.

    Raises:
        CourseError: the list of equivalent mutants cannot be read, or names one that is none.
    """
    excused = _excused(course, lab)
    base = solution_namespace(lab)
    sources = {cell.name: cell.source for cell in lab.cells if cell.role == EXERCISE}
    surveys = [
        _survey(lab.name, name, source, base, judge, excused.get(name, {}))
        for name, source in sources.items()
    ]
    return surveys


def mutants_of(exercise: str, source: str) -> Iterator[Mutant]:
    """All mutants of a cell, each text once, in the order of the source."""
    tree = ast.parse(_without_magics(source))
    seen = {ast.unparse(tree)}
    for index, node in enumerate(_nodes(tree)):
        for edit in _edits(node):
            changed = copy.deepcopy(tree)
            edit(next(islice(_nodes(changed), index, None)))
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in seen:
                seen.add(text)
                yield Mutant(exercise, _change(ast.unparse(tree), text), text)


def _survey(
    lab: str,
    exercise: str,
    source: str,
    base: Namespace,
    judge: Diagnostician,
    excused: dict[str, str],
) -> Survey:
    survey = Survey(lab, exercise)
    unused = set(excused) - {ALL}
    for mutant in mutants_of(exercise, source):
        if _is_killed(mutant, base, judge):
            survey.killed += 1
        elif mutant.change in excused or ALL in excused:
            survey.equivalent += 1
            unused.discard(mutant.change)
        else:
            survey.survivors.append(mutant.change)
    if unused:
        raise CourseError(
            f"tests/hidden/{lab}/{EQUIVALENT}: [{exercise}] {min(unused)!r} is no mutant that "
            "survives; remove the line"
        )
    return survey


def _is_killed(mutant: Mutant, base: Namespace, judge: Diagnostician) -> bool:
    """Whether a check fails; what does not come to an end, or cannot be defined, is killed too."""
    namespace = dict(base)
    try:
        with within(SECONDS):
            exec(compile(mutant.source, f"<mutant of {mutant.exercise}>", "exec"), namespace)
            judging = judge.suite.judging(mutant.exercise, local_student(namespace))
            return judging.fails()
    except TooSlow:
        return True
    except CourseError:
        raise
    except Exception:  # it cannot be defined
        return True


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All but what makes up a message, in an order that a copy has too."""
    yield tree
    reshapes = isinstance(tree, ast.Call) and _name_of(tree.func) == "reshape"
    for child in ast.iter_child_nodes(tree):
        inferred = reshapes and isinstance(child, ast.UnaryOp)  # -2 means what -1 does there
        if not inferred and not _is_beside_the_point(child):
            yield from _nodes(child)


def _is_beside_the_point(node: ast.AST) -> bool:
    """Texts of messages, and what only guards against mistakes of the solution's own."""
    guards = isinstance(node, ast.keyword) and node.arg in SAFEGUARDS
    return guards or isinstance(node, ast.JoinedStr)


def _edits(node: ast.AST) -> Iterator[Edit]:
    """Each way to spoil a node, as a function that does it to the node's twin in a copy."""
    for kinds, edits in EDITS:
        if isinstance(node, kinds):
            yield from edits(node)


def _other_operator(node: Any) -> Iterator[Edit]:
    for other in OPERATORS.get(type(node.op), ()):
        yield partial(_set, "op", other())


def _one_side(node: Any) -> Iterator[Edit]:
    yield lambda twin: _become(twin, twin.left)
    yield lambda twin: _become(twin, twin.right)


def _other_comparison(node: Any) -> Iterator[Edit]:
    for other in OPERATORS.get(type(node.ops[0]), ()):
        yield partial(_put, "ops", 0, other())


def _no_sign(node: Any) -> Iterator[Edit]:
    yield lambda twin: _become(twin, twin.operand)


def _other_constant(node: Any) -> Iterator[Edit]:
    value: Any = node.value
    others: list[Any] = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int):
        others = [value + 1, value - 1]
    elif isinstance(value, float):
        others = [value * 2, -value if value else 1.0]
    for other in others:
        yield partial(_set, "value", other)


def _other_arguments(node: Any) -> Iterator[Edit]:
    starred = any(isinstance(one, ast.Starred) for one in node.args[:2])
    if len(node.args) >= 2 and not starred and _name_of(node.func) not in COMMUTATIVE:
        yield lambda twin: twin.args.insert(0, twin.args.pop(1))
    for place, keyword in enumerate(node.keywords):
        if keyword.arg not in SAFEGUARDS:
            yield partial(_drop, "keywords", place)


def _other_name(node: Any) -> Iterator[Edit]:
    if node.attr in NAMES:
        yield partial(_set, "attr", NAMES[node.attr])


def _other_way_round(node: Any) -> Iterator[Edit]:
    yield lambda twin: setattr(twin, "test", ast.UnaryOp(ast.Not(), twin.test))


def _one_statement_less(node: Any) -> Iterator[Edit]:
    for name in ("body", "orelse"):
        body = getattr(node, name, None)
        for place, statement in enumerate(body if isinstance(body, list) else []):
            if not _is_text_or_definition(statement):
                yield partial(_put, name, place, ast.Pass())


EDITS: tuple[tuple[Any, Callable[[Any], Iterator[Edit]]], ...] = (
    (ast.BinOp | ast.BoolOp | ast.AugAssign, _other_operator),
    (ast.BinOp, _one_side),
    (ast.Compare, _other_comparison),
    (ast.UnaryOp, _no_sign),
    (ast.Constant, _other_constant),
    (ast.Call, _other_arguments),
    (ast.Attribute, _other_name),
    (ast.If | ast.IfExp | ast.While, _other_way_round),
    (ast.stmt, _one_statement_less),
)


def _set(name: str, value: object, twin: Any) -> None:
    setattr(twin, name, value)


def _put(name: str, place: int, value: object, twin: Any) -> None:
    getattr(twin, name)[place] = value


def _drop(name: str, place: int, twin: Any) -> None:
    del getattr(twin, name)[place]


def _name_of(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _is_text_or_definition(statement: ast.stmt) -> bool:
    """Docstrings, imports and definitions: without them it is another program, not a fault."""
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)
    return is_text or isinstance(statement, kinds)


def _become(node: ast.AST, other: ast.AST) -> None:
    """Make `node` what `other` is, in place, since its parent is not at hand."""
    node.__class__ = other.__class__
    node.__dict__ = other.__dict__


def _without_magics(source: str) -> str:
    return "\n".join("" if line.startswith("%") else line for line in source.splitlines())


def _change(before: str, after: str) -> str:
    """The first lines that differ, as `old -> new`."""
    for number, (old, new) in enumerate(zip(before.splitlines(), after.splitlines(), strict=False)):
        if old != new:
            same = before.splitlines()[:number].count(old)
            which = f" (line {same + 1} of these)" if same else ""
            return f"{old.strip()} -> {new.strip()}{which}"
    return "the last lines are missing"


def _excused(course: Course, lab: Lab) -> dict[str, dict[str, str]]:
    path = course.hidden(lab) / EQUIVALENT
    if not path.exists():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: is not valid TOML: {error}") from error
    for exercise, reasons in found.items():
        if exercise not in lab.exercises:
            raise CourseError(f"{path}: [{exercise}] is no exercise of {lab.name}")
        for change, reason in reasons.items():
            if not isinstance(reason, str) or not re.search(r"\w{3}", reason):
                raise CourseError(f"{path}: [{exercise}] {change!r} needs a reason, as a text")
    return found
