"""
tries = "Leaves files, links, pipes and sockets wherever it can write; its answer is right."
score = 4
"""

# %%
import os
import socket
from pathlib import Path

for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/home", "/root", "/", "/mnt", "~"):
    place = Path(folder).expanduser() / "left-behind"
    try:
        place.mkdir()
        (place / "file").write_text("still here")
        (place / "link").symlink_to("/etc/passwd")
        os.mkfifo(place / "pipe")
        socket.socket(socket.AF_UNIX).bind(str(place / "socket"))
        os.chmod(place, 0)
    except OSError as error:
        print(error)
