"""matplotlib's list of fonts, made once and lent to every sandbox.

matplotlib looks for fonts when it finds no list in its configuration folder, which takes seconds;
a sandbox starts with an empty one. The list is made inside a sandbox too, so that it names only
fonts that exist there, and before any student's code is near.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

FOLDER = "/tmp/matplotlib"
"""MPLCONFIGDIR inside the sandbox."""
SECONDS = 120
FIND = """
import os, pathlib, matplotlib, matplotlib.font_manager
folder = pathlib.Path(matplotlib.get_cachedir())
(found,) = folder.glob("fontlist-*.json")
print(found.name, found.read_text(), sep="\\n", end="")
"""


def font_list(inside: Callable[[list[str]], list[str]], environment: str) -> Path | None:
    """The file with the list, named as matplotlib names it; None if it cannot be made.

    Args:
        inside: turns a command into one that runs it in the sandbox.
        environment: what the list depends on (versions, places).
    """
    name = hashlib.sha256(f"{sys.version}{environment}".encode()).hexdigest()[:16]
    folder = cache_folder() / f"fonts-{name}"
    found = next(folder.glob("fontlist-*.json"), None)
    return found or _make(inside, folder)


def cache_folder() -> Path:
    """Where this user's programs keep what they can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gradlab"


def _make(inside: Callable[[list[str]], list[str]], folder: Path) -> Path | None:
    """Only ever costs time when it fails: matplotlib then looks for itself."""
    try:
        command = inside([sys.executable, "-c", FIND])
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS)
        name, _, text = done.stdout.partition("\n")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
            file.write(text)
        Path(file.name).chmod(0o644)  # who reads it in the sandbox need not be this user
        return Path(file.name).rename(folder / Path(name).name)
    except (OSError, subprocess.SubprocessError):
        return None
