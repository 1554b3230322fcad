"""The documents agree with the code: links, commands, options, names, and their example runs."""

import ast
import json
import re
from pathlib import Path

import pytest
import typer

import gradlab.judge
from gradlab.commands.app import app
from gradlab.course.course import Course
from gradlab.course.lint import lint_lab
from gradlab.course.settings import LabSettings, LimitSettings
from gradlab.errors import GradLabError
from gradlab.grading.settings import GradLab
from gradlab.kernel.limits import Limits

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ROOT_PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES = [*ROOT_PAGES, *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"^```[^\n]*\n(.*?)^```$|`([^`\n]+)`", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"(?:^|[\s/(])gradlab ([a-z]+)")
EXAMPLE = re.compile(r"^<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def text_of(path):
    return path.read_text(encoding="utf-8")


def code_in(text):
    """What stands in fences and between backticks."""
    return "\n".join(block or span for block, span in CODE.findall(text))


def prose_of(path):
    """A page without its code."""
    return CODE.sub("", text_of(path))


def anchors(path):
    """The addresses of a page's headings, as GitHub makes them."""
    titles = HEADING.findall(FENCE.sub("", text_of(path)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def all_errors(kind):
    """An exception class and all below it."""
    return {kind}.union(*map(all_errors, kind.__subclasses__()))


def by_name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_relative_links_resolve(page):
    for link in LINK.findall(prose_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_commands_exist(page):
    known = typer.main.get_command(app).commands
    used = set(COMMAND.findall(code_in(text_of(page))))
    assert used <= known.keys()


def test_every_command_is_documented():
    used = set(COMMAND.findall("\n".join(code_in(text_of(page)) for page in PAGES)))
    assert used >= typer.main.get_command(app).commands.keys()


def test_every_page_is_in_the_index():
    index = {(DOCS / link).resolve() for link in LINK.findall(prose_of(DOCS / "README.md"))}
    assert index >= set(DOCS.rglob("*.md")) - {DOCS / "README.md"}


def test_every_picture_is_used():
    links = {
        (page.parent / link).resolve() for page in PAGES for link in LINK.findall(prose_of(page))
    }
    assert links >= set((DOCS / "images").iterdir())


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=by_name)
def test_lines_are_short(page):
    """Tables cannot be wrapped."""
    long = [line for line in text_of(page).splitlines() if len(line) > 100 and line[0] != "|"]
    assert long == []


def test_every_option_is_documented():
    page = text_of(DOCS / "instructors.md")
    for name, trait in GradLab.class_own_traits(config=True).items():
        row = re.search(rf"^\| `c\.GradLab\.{name}` \|(.*)$", page, re.MULTILINE)
        assert row, name
        assert f"`{json.dumps(trait.default())}`" in row[1].replace("`False`", "`false`"), name


def test_no_option_is_invented():
    text = "\n".join(text_of(page) for page in PAGES)
    assert set(re.findall(r"c\.GradLab\.(\w+)", text)) <= GradLab.class_own_traits().keys()


def test_every_exit_code_is_documented():
    page = text_of(DOCS / "instructors.md")
    for code in {kind.exit_code for kind in all_errors(GradLabError)}:
        assert re.search(rf"^\| {code} \|", page, re.MULTILINE), code


def test_every_key_of_lab_toml_is_documented():
    page = text_of(DOCS / "labs.md")
    for name in {**LabSettings.model_fields, **LimitSettings.model_fields}:
        assert re.search(rf"^\[?{name}\b", page, re.MULTILINE), name


def test_limits_are_documented_with_their_defaults():
    page = text_of(DOCS / "instructors.md")
    for name, default in vars(Limits()).items():
        assert re.search(rf"^\| `{name}` \| {default:g} \|", page, re.MULTILINE), name


@pytest.mark.parametrize("name", gradlab.judge.__all__)
def test_every_name_of_the_judge_is_explained(name):
    assert name in set(re.findall(r"\w+", code_in(text_of(DOCS / "hidden-checks.md"))))


def test_the_example_lab_lints(tmp_path, monkeypatch):
    """The files on the pages about labs and hidden checks are a course that falls short nowhere."""
    monkeypatch.setenv("GRADLAB_SECRET", "the secret of the tests")
    (tmp_path / "nbgrader_config.py").touch()
    for page in ("labs.md", "hidden-checks.md"):
        for name, text in EXAMPLE.findall(text_of(DOCS / page)):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(text + "\n")
    course = Course(tmp_path)
    rows = [row for lab in course.labs.values() for row in lint_lab(course, lab)]
    assert {row.exercise for row in rows} == {
        *("softplus", "Descent", "shuffled", "slope", "exposing_softplus", "Scale")
    }
    assert [problem for row in rows for problem in row.problems] == []


def test_examples_use_every_name_of_the_judge():
    texts = [text for _, text in EXAMPLE.findall(text_of(DOCS / "hidden-checks.md"))]
    trees = [ast.parse(text) for text in texts]
    used = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert used >= set(gradlab.judge.__all__)
