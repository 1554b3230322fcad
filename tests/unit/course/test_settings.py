"""lab.toml: what it may say, and an error that names file, key and problem for the rest."""

import pytest

from gradlab.course.settings import LabSettings, LimitSettings, read_settings
from gradlab.errors import CourseError

MINIMAL = {
    "version": "1",
    "title": '"Convolution"',
    "order": "6",
    "summary": '"Layers that share their weights."',
    "minutes": "110",
}


@pytest.fixture
def toml(tmp_path):
    """Writes a lab.toml of the minimal keys, changed as told; None leaves a key out."""

    def write(extra="", **changes):
        keys = {name: text for name, text in {**MINIMAL, **changes}.items() if text is not None}
        path = tmp_path / "lab.toml"
        path.write_text("".join(f"{name} = {text}\n" for name, text in keys.items()) + extra)
        return path

    return write


def test_the_minimum_and_its_defaults(toml):
    found = read_settings(toml())
    assert found == LabSettings(
        version=1, title="Convolution", order=6, summary="Layers that share their weights.",
        minutes=110,
    )  # fmt: skip
    assert found.packages == ("numpy", "matplotlib")
    assert found.limits == LimitSettings(cell_seconds=30, call_seconds=10, memory_mib=2048)


def test_everything_can_be_set(toml):
    limits = "[limits]\ncell_seconds = 60\ncall_seconds = 2.5\nmemory_mib = 512\n"
    found = read_settings(toml(limits, packages='["numpy", "torch"]'))
    assert found.packages == ("numpy", "torch")
    assert found.limits == LimitSettings(cell_seconds=60, call_seconds=2.5, memory_mib=512)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": "2"}, "'version': input should be less than or equal to 1"),
        ({"version": "0"}, "'version'"),
        ({"version": "true"}, "'version': input should be a valid integer"),
        ({"version": None}, "'version': field required"),
        ({"title": None, "order": None}, r"'title': field required \(and 1 more\)"),
        ({"title": '"ab"'}, "'title'"),
        ({"title": "5"}, "'title': input should be a valid string"),
        ({"order": "0"}, "'order'"),
        ({"order": "1.5"}, "'order'"),
        ({"order": '"1"'}, "'order'"),
        ({"summary": '"short"'}, "'summary'"),
        ({"minutes": "5"}, "'minutes'"),
        ({"minutes": "601"}, "'minutes'"),
        ({"packages": '"numpy"'}, "'packages'"),
        ({"packages": '["numpy", 5]'}, "'packages.1': input should be a valid string"),
        ({"limits": "5"}, "'limits'"),
        ({"titel": '"x"'}, "unknown key 'titel'; known keys are version, title, order,"),
        ({"title": None, "titel": '"x"'}, r"unknown key 'titel' \(and 1 more\); known keys"),
    ],
)
def test_a_wrong_key_is_named(toml, changes, says):
    path = toml(**changes)
    with pytest.raises(CourseError, match=says) as caught:
        read_settings(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ("cell_seconds = 0", "'limits.cell_seconds': input should be greater than 0"),
        ("cell_seconds = 3601", "'limits.cell_seconds'"),
        ("cell_seconds = nan", "'limits.cell_seconds'"),
        ("cell_seconds = inf", "'limits.cell_seconds'"),
        ("call_seconds = 601", "'limits.call_seconds'"),
        ("call_seconds = '5'", "'limits.call_seconds'"),
        ("memory_mib = 100", "'limits.memory_mib'"),
        ("memory_mib = 512.0", "'limits.memory_mib'"),
        ("seconds = 5", "unknown key 'limits.seconds'; known keys are cell_seconds, call_seconds,"),
    ],
)
def test_a_wrong_limit_is_named(toml, limit, says):
    with pytest.raises(CourseError, match=says):
        read_settings(toml(f"[limits]\n{limit}\n"))


def test_a_missing_file(tmp_path):
    with pytest.raises(CourseError, match=r"lab\.toml: No such file or directory; `gradlab new`"):
        read_settings(tmp_path / "lab.toml")


@pytest.mark.parametrize("content", [b"title = ", b"= 1", b"\xff\xfe", b"a = 1\na = 2"])
def test_no_toml(tmp_path, content):
    path = tmp_path / "lab.toml"
    path.write_bytes(content)
    with pytest.raises(CourseError, match=r"lab\.toml: is not valid TOML: "):
        read_settings(path)
