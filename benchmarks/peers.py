"""The environments of the other graders: one each, pinned, never the project's own."""

import subprocess
import sys
from pathlib import Path

from benchmarks.courses import ENVIRONMENTS, ROOT, interpreter

PINS = Path(__file__).with_name("peers")
PEERS = ("nbgrader", "otter")


def install() -> None:
    """Make what is missing or older than its pins."""
    for name in PEERS:
        ready = ENVIRONMENTS / name / ".ready"
        pins = PINS / f"{name}.txt"
        if not ready.exists() or ready.stat().st_mtime < pins.stat().st_mtime:
            print(f"installing {pins.relative_to(ROOT)} into {ready.parent.relative_to(ROOT)}")
            _make(name, pins)
            ready.touch()


def _make(name: str, pins: Path) -> None:
    python = interpreter(name)
    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", pins], check=True)
    _show_gradlab(python)


def _show_gradlab(python: Path) -> None:
    """Notebooks import the visible checks from `gradlab.lab`, which needs NumPy only."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    (Path(done.stdout.strip()) / "gradlab-checks.pth").write_text(f"{ROOT}\n", encoding="utf-8")
