"""Why an exercise earned nothing, where its checks cannot tell. Every reader uses these words."""

BLANK = "left blank"
LOST = "lost: the cell was not in what was handed in"
UNREAD = "could not be read: the file is damaged"
UNANSWERED = (BLANK, LOST, UNREAD)
"""There is no answer, so what the checks say is about the released stub."""
STILL_THERE = "the line `raise NotImplementedError()` is still there"
DID_NOT_RUN = "the cell that should define it did not run"
UNDEFINED = "could not be tried: its cell did not run"
NO_RESTARTS = "not judged: the notebook used up its kernel restarts"
NO_TIME = "not judged: the notebook used up its time"
