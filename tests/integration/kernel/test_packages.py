"""The allow-list of an environment: names, requirements, and folders that several share."""

import importlib.metadata
from pathlib import Path

import pytest

from gradlab.errors import CourseError
from gradlab.kernel import packages


@pytest.fixture
def install(tmp_path, monkeypatch):
    """`install(name, files, requires)`: a distribution in an environment of its own."""

    def add(name: str, files: list[str], requires: tuple[str, ...] = ()) -> None:
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        needed = "".join(f"Requires-Dist: {line}\n" for line in requires)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\n{needed}")
        listed = [*files, f"{info.name}/METADATA", f"{info.name}/RECORD"]
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in listed))
        for file in files:
            (tmp_path / file).resolve().parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text("")

    found = importlib.metadata.distributions
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: found(path=[str(tmp_path)]))
    for name in packages.KERNEL_NEEDS:
        add(name, [f"{name.replace('-', '_')}/__init__.py"])
    return add


def _allowed(root: Path, *names: str) -> set[str]:
    paths = packages.allowed_paths.__wrapped__(names)
    shown = {str(path.relative_to(root)) for path in paths}
    needed = {name.replace("-", "_") for name in packages.KERNEL_NEEDS}
    return {name for name in shown if "dist-info" not in name} - needed


def test_a_package_brings_what_it_requires(install, tmp_path):
    install("Wanted_One", ["wanted/__init__.py", "wanted.libs/x.so"], ("below>=1",))
    install("below", ["below.py"], ("deeper; python_version > '3'",))
    install("deeper", ["deeper/__init__.py"], ("wanted-one",))
    install("other", ["other/__init__.py"])
    expected = {"wanted", "wanted.libs", "below.py", "deeper"}
    assert _allowed(tmp_path, "wanted.one") == expected


def test_markers_and_extras_are_looked_at(install, tmp_path):
    install("wanted", ["wanted.py"], ("a; extra == 'more'", "b; sys_platform == 'win32'", "c"))
    for name in "abc":
        install(name, [f"{name}.py"])
    assert _allowed(tmp_path, "wanted") == {"wanted.py", "c.py"}


def test_of_a_shared_folder_only_its_own_files_are_shown(install, tmp_path):
    install("one", ["shared/one.py", "shared/deep/x.py"])
    install("two", ["shared/two.py"])
    assert _allowed(tmp_path, "one") == {"shared/one.py", "shared/deep/x.py"}
    assert _allowed(tmp_path, "one", "two") == {"shared"}


def test_scripts_and_start_up_files_are_not_shown(install, tmp_path):
    install("wanted", ["wanted.py", "wanted.pth", "../../bin/wanted", "__pycache__/wanted.pyc"])
    assert _allowed(tmp_path, "wanted") == {"wanted.py"}


def test_what_nobody_needs_in_grading_is_left_out(install, tmp_path):
    install("wanted", ["wanted.py"], ("debugpy",))
    install("debugpy", ["debugpy.py"])
    assert _allowed(tmp_path, "wanted") == {"wanted.py"}


def test_without_a_list_of_files_the_name_counts(install, tmp_path):
    install("wanted", ["wanted/__init__.py"])
    (tmp_path / "wanted-1.0.dist-info/RECORD").unlink()
    assert _allowed(tmp_path, "wanted") == {"wanted"}


def test_a_missing_package_is_told(install):
    with pytest.raises(CourseError, match="pip install nowhere"):
        packages.allowed_paths.__wrapped__(("nowhere",))


def test_torch_is_no_part_of_a_numpy_lab():
    names = {path.name for path in packages.allowed_paths(("numpy", "matplotlib"))}
    assert {"numpy", "matplotlib", "IPython", "ipykernel"} <= names
    assert not names & {"torch", "scipy", "pandas", "sklearn", "nbgrader", "pytest", "pip"}
    assert not {name for name in names if name.startswith("gradlab")}
