"""What the trusted side and a warm parent with its kernels agree on.

A request for a kernel is one message of JSON with six open files, for which the parent has
numbers of its own. What becomes of it is told on the last of them: READY, with which the system
tells who says so; then, after GO, how the kernel ended.

Requests to a kernel and its answers are a 4-byte big-endian length and so much JSON: `[kind, id,
content]`, the id being that of the request. The reply to a request is the last of its answers. A
kernel begins with a message without an id.
"""

import struct

MAX_REQUEST = 2**16
FIRST_FILE = 100
AGENT, CONNECTION = (FIRST_FILE, FIRST_FILE + 1), (FIRST_FILE + 2, FIRST_FILE + 3)
"""A kernel's ends of the pipes for calls, and of those for requests: to read from, to write to."""
COMPLAINTS, STATUS = FIRST_FILE + 4, FIRST_FILE + 5
"""Its stderr, and where its first process reports what becomes of it."""
READY, GO, FAILED = b"ready", b"go", b"failed: "
LENGTH = struct.Struct(">I")
NO_REQUEST = ""
EXECUTE, SERVE = "execute_request", "serve_request"
REPLY = "_reply"
"""How the kind of a reply ends."""
