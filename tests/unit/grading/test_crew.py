"""Where workers come from, and what is told when they do not."""

from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool

import pytest

from gradlab.grading.crew import Crew
from gradlab.grading.submitted import Submitted


@pytest.mark.parametrize("error", [EOFError(), ConnectionResetError(), BrokenProcessPool("ended")])
def test_a_worker_that_cannot_be_started_is_one_that_ended(error):
    """The process that they are forked from may have been killed, for want of memory."""

    class Broken(Executor):
        def submit(self, *args, **kwargs):
            raise error

    crew = Crew(lambda: (Broken(), "lab"), 1, lambda pool: None)
    future = crew.submit(Submitted(b"", 0))
    assert isinstance(future.exception(), BrokenProcessPool)
