"""What is wrong with the machine is told in one line: what, where, and what to do."""

import errno
import os
import tempfile

import pytest

from gradlab.errors import StorageError
from gradlab.grading.machine import machine_errors, storage_error


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "make room there"),
        (errno.EROFS, "make it writable"),
        (errno.EMFILE, "end other programs"),
        (errno.EIO, "mend that"),
    ],
)
def test_what_where_and_what_to_do(number, remedy):
    told = str(storage_error(OSError(number, os.strerror(number), "/course/autograded/ada")))
    assert told.startswith(f"/course/autograded/ada: {os.strerror(number)}; {remedy}, then run")
    assert "\n" not in told


def test_an_error_without_a_file_is_the_callers_place_or_that_of_temporary_files():
    error = OSError(errno.ENOSPC, "full")
    assert str(storage_error(error, "/draft")).startswith("/draft: full")
    assert str(storage_error(error)).startswith(f"{tempfile.gettempdir()}: full")


def test_only_the_machines_errors_are_taken():
    with pytest.raises(StorageError), machine_errors():
        raise OSError(errno.ENOSPC, "full")
    with pytest.raises(FileNotFoundError), machine_errors():
        raise FileNotFoundError(errno.ENOENT, "missing")
