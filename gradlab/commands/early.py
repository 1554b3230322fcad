"""What begins before the command line is parsed, which takes typer a tenth of a second to learn.

The words are only looked at; what they mean is decided by typer. A wrong guess costs time.
"""

from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise

from gradlab.errors import CourseError

NO_WORKERS_HERE = ("--help", "--scheduler")


def workers_on_their_way(words: list[str]) -> AbstractContextManager[None]:
    """Of `gradlab autograde LAB`: what workers need takes longest to import, so it begins first."""
    if words[:1] != ["autograde"] or any(word.startswith(NO_WORKERS_HERE) for word in words):
        return nullcontext()
    from gradlab.grading.forking import started_early
    from gradlab.grading.glance import something_to_grade
    from gradlab.root import course_root

    try:
        course = course_root()
    except CourseError:  # the command tells
        return nullcontext()
    student, force = dict(pairwise(words)).get("--student", ""), "--force" in words
    for word in words[1:]:
        if something_to_grade(course, word, student, force=force):
            return started_early(course, word)
    return nullcontext()
