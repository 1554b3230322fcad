"""The course secret, the inputs seeded from it, and references computed once."""

import stat
import threading
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.errors import CourseError, StorageError
from gradlab.judge import case_rng, reference
from gradlab.judge.cases import _secret_in, course_secret
from gradlab.root import course_root


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A course's folder that has no secret yet, as the working directory."""
    monkeypatch.delenv("GRADLAB_SECRET", raising=False)
    (tmp_path / "nbgrader_config.py").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def draw(name="conv"):
    _secret_in.cache_clear()  # as another process would find it
    return case_rng(name).integers(2**60)


# --- the secret --------------------------------------------------------------------------------


def test_the_secret_is_made_at_first_use_and_stays(root):
    secret = course_secret()
    assert (root / ".gradlab" / "secret").read_text().strip() == secret
    assert len(secret) == 32
    _secret_in.cache_clear()
    assert course_secret() == secret


def test_only_the_owner_may_read_it(root):
    course_secret()
    assert stat.S_IMODE((root / ".gradlab").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / ".gradlab" / "secret").stat().st_mode) == 0o600
    assert [path.name for path in (root / ".gradlab").iterdir()] == ["secret"]


def test_two_courses_have_different_secrets(root, tmp_path_factory, monkeypatch):
    one = course_secret()
    other = tmp_path_factory.mktemp("other")
    (other / "nbgrader_config.py").touch()
    monkeypatch.chdir(other)
    assert course_secret() != one


def test_the_environment_comes_first_and_writes_nothing(root, monkeypatch):
    monkeypatch.setenv("GRADLAB_SECRET", "given")
    assert course_secret() == "given"
    assert not (root / ".gradlab").exists()


def test_an_existing_secret_is_used_with_whatever_space_around_it(root):
    (root / ".gradlab").mkdir()
    (root / ".gradlab" / "secret").write_text("  0123456789abcdef\r\n\n")
    assert course_secret() == "0123456789abcdef"


@pytest.mark.parametrize("content", [b"", b"short\n", b"               \n", b"\xff" * 15])
def test_a_damaged_secret_is_an_error_that_says_what_to_do(root, content):
    (root / ".gradlab").mkdir()
    (root / ".gradlab" / "secret").write_bytes(content)
    with pytest.raises(CourseError, match=r"secret is damaged .*delete it"):
        course_secret()


def test_a_secret_that_cannot_be_read_is_an_error(root):
    (root / ".gradlab" / "secret").mkdir(parents=True)
    with pytest.raises(CourseError, match=r"\.gradlab/secret: Is a directory"):
        course_secret()


def test_a_secret_that_cannot_be_written_is_an_error(root):
    (root / ".gradlab").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match=r"cannot write the course secret .*\.gradlab/secret: "):
        course_secret()


def test_many_at_once_agree_on_one_secret(root):
    """Each thread behaves as a process of its own: all find no secret, then all make one."""
    start, found = threading.Barrier(8), []

    def first_use():
        start.wait()
        found.append(_secret_in.__wrapped__(root))

    threads = [threading.Thread(target=first_use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in (root / ".gradlab").iterdir()] == ["secret"]


# --- the course's folder -----------------------------------------------------------------------


def test_the_course_is_found_from_below(root):
    (root / "labs" / "06").mkdir(parents=True)
    assert course_root(root / "labs" / "06") == root
    assert course_root() == root


def test_outside_a_course_the_error_says_where_and_what_to_do(tmp_path):
    with pytest.raises(CourseError, match=r"is in no GradLab course: .*change into") as caught:
        course_root(tmp_path)
    assert str(tmp_path) in str(caught.value)


# --- inputs ------------------------------------------------------------------------------------


def test_inputs_are_the_same_in_every_run_with_one_secret(root):
    assert draw() == draw()


def test_inputs_differ_by_name_and_by_secret(root, monkeypatch):
    drawn = {draw("conv"), draw("pool")}
    monkeypatch.setenv("GRADLAB_SECRET", "one")
    drawn |= {draw("conv"), draw("pool")}
    monkeypatch.setenv("GRADLAB_SECRET", "two")
    assert len(drawn | {draw("conv")}) == 5


def test_inputs_are_pinned(monkeypatch):
    """A change here would change every verdict that depends on the inputs."""
    monkeypatch.setenv("GRADLAB_SECRET", "pinned")
    assert case_rng("conv").integers(10**9, size=3).tolist() == [831079891, 687159772, 553866140]


# --- references --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray


def test_a_reference_is_computed_once_for_each_case():
    calls = []

    @reference
    def expected(case, device="cpu"):
        """What torch says."""
        calls.append(case)
        return torch.tensor(case.x, device=device, requires_grad=True) * 2

    one, other = Case(np.ones(2)), Case(np.ones(2))
    for case in (one, other, one):
        assert expected(case, "cpu").tolist() == [2, 2]
    assert calls == [one, other]
    assert (expected.__name__, expected.__doc__) == ("expected", "What torch says.")


Pair = namedtuple("Pair", "value index")


def test_results_are_numpy_and_read_only_however_deep():
    mine = np.zeros(2)

    @reference
    def expected():
        x = torch.tensor([[1.0, 3.0], [2.0, 0.0]])
        return {"max": x.max(dim=1), "pair": Pair(x[0], 5), "list": [mine], "shape": x.shape}

    found = expected()
    assert found["max"].values.tolist() == [3, 2]
    assert found["max"].indices.dtype == np.int64
    assert found["pair"].value.tolist() == [1, 3]
    assert found["pair"].index == 5
    assert found["shape"] == (2, 2)
    for array in (found["max"].values, found["pair"].value, found["list"][0]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7
    mine[0] = 1
    assert found["list"][0][0] == 0


def test_a_reference_that_fails_is_tried_again():
    answers = iter([ValueError("first"), 3])

    @reference
    def expected():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(ValueError, match="first"):
        expected()
    assert expected() == 3
