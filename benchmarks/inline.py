"""Parts of a hidden check file as text that stands on its own, for graders without GradLab.

A catalogue entry becomes a student's cell; the checks of an exercise become a hidden test cell.
What a name refers to is followed through the file and its neighbours, and no further: of other
modules only imports are taken over.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import indent

DECLARATIONS = frozenset({"misconception", "alternative"})
RUNTIME = frozenset({"assert_close", "assert_equal", "expect", "fetch"})
JUDGE = "gradlab.judge"


class NotInlinableError(Exception):
    """The part uses something that does not exist outside GradLab."""


@dataclass(frozen=True)
class Source:
    """One check file, and what its top-level names stand for."""

    path: Path

    @cached_property
    def definitions(self) -> dict[str, ast.stmt]:
        """Top-level name → the last statement that binds it."""
        return {name: node for node in self.statements for name in _bound(node)}

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """The file's, with a neighbour's in the place of each `from .neighbour import …`."""
        return list(_statements(self.path))

    def closure(self, names: set[str], leave_out: frozenset[str] = frozenset()) -> list[ast.stmt]:
        """The statements that `names` need, directly and indirectly, in the order of the file."""
        seen, wanted = set(leave_out), set(names) - leave_out
        found: set[ast.stmt] = set()
        while wanted:
            name = wanted.pop()
            seen.add(name)
            node = self.definitions.get(name)
            if node is not None:
                found.add(node)
                wanted |= used_names(node) - seen
        return [node for node in self.statements if node in found]

    def answer(self, exercise: str, entry: str, packages: frozenset[str]) -> str:
        """A cell that defines `exercise` by a catalogue entry, with its helpers out of sight."""
        nodes = self.closure({entry}, DECLARATIONS)
        body = [*_imports(nodes, packages, DECLARATIONS), *_definitions(nodes)]
        if any(DECLARATIONS & used_names(node) for node in nodes):
            body.insert(0, "def misconception(*_):\n    return lambda found: found\n")
            body.insert(1, "alternative = misconception\n")
        text = indent("\n".join([*body, f"return {entry}"]), "    ")
        return f"def _answer():\n{text}\n\n\n{exercise} = _answer()"

    def checks(self, names: list[str], data: frozenset[str], packages: frozenset[str]) -> str:
        """The test functions `names` and their helpers; `data` is bound by whoever runs them."""
        nodes = self.closure(set(names), data | RUNTIME | {"pytest"})
        return "\n".join([*_imports(nodes, packages, RUNTIME), *_definitions(nodes)])


def _statements(path: Path) -> Iterator[ast.stmt]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.level and node.module is None:
            raise NotInlinableError(f"{path.name} uses a catalogue: a bug hunt is no plain test")
        if isinstance(node, ast.ImportFrom) and node.level:
            yield from _statements(path.with_name(f"{node.module}.py"))
        else:
            yield node


def used_names(node: ast.AST) -> set[str]:
    """Every name that is read somewhere in `node`; decorators of test functions are not."""
    node = _undecorated(node)
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }


def _undecorated(node: ast.AST) -> ast.AST:
    """A test function without its marks, which name cases and pytest; others as they are."""
    if not (isinstance(node, ast.FunctionDef) and node.name.startswith("test_")):
        return node
    fields = {name: value for name, value in ast.iter_fields(node) if name != "decorator_list"}
    return ast.copy_location(ast.FunctionDef(**fields, decorator_list=[]), node)


def _unparsed(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(_undecorated(node))) + "\n"


def _bound(node: ast.stmt) -> list[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return [
            part.id
            for part in ast.walk(node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        ]
    return []


def _not_imports(nodes: list[ast.stmt]) -> list[ast.stmt]:
    return [node for node in nodes if not isinstance(node, ast.Import | ast.ImportFrom)]


def _definitions(nodes: list[ast.stmt]) -> list[str]:
    return [_unparsed(node) for node in _not_imports(nodes)]


def _imports(
    nodes: list[ast.stmt], packages: frozenset[str], provided: frozenset[str]
) -> list[str]:
    """The import lines among `nodes`, of names the rest reads; refuses what is not there."""
    read = set().union(*(used_names(node) for node in _not_imports(nodes)))
    lines = []
    for node in nodes:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        names = [alias for alias in node.names if (alias.asname or alias.name) in read - provided]
        if not names:
            continue
        if str(module).startswith(JUDGE) or _missing(str(module), packages):
            what = ", ".join(alias.name for alias in names)
            raise NotInlinableError(f"{what} of {module}")
        lines.append(ast.unparse(_with_names(node, names)))
    return lines


def _with_names(node: ast.stmt, names: list[ast.alias]) -> ast.stmt:
    if isinstance(node, ast.ImportFrom):
        return ast.ImportFrom(module=node.module, names=names, level=0)
    return ast.Import(names=names)


def _missing(module: str, packages: frozenset[str]) -> bool:
    """Whether the import is of a known distribution that the lab's kernel does not have."""
    return module.partition(".")[0] in {"torch", "scipy", "sklearn", "pytest"} - packages
