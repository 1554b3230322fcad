"""The command line's entry: what stands here is imported by each worker, too, so it is little."""

import atexit
import gc
import os
import sys
import warnings
from pathlib import Path

from gradlab.errors import GradLabError

INTERRUPTED = 130
GO_ON = "gradlab: interrupted; what was graded stays graded. The same command goes on with the rest"


def main() -> None:
    """Run a command; an error of GradLab's own is told in a line or two, not as a traceback."""
    # Most objects a command makes are modules, which stay; to look for garbage among them again
    # and again takes a seventh of its start.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)  # nor at the end, when all of it goes anyway
    _prefer_own_scripts()
    # nbgrader 0.9.6 makes its rows in an order that SQLAlchemy remarks on; nothing is lost.
    warnings.filterwarnings("ignore", message="Object of type <Submitted", module="nbgrader")
    from gradlab.commands.early import workers_on_their_way

    try:
        with workers_on_their_way(sys.argv[1:]):
            _run()
    except GradLabError as error:
        _tell(f"[bold red]gradlab:[/] {_escaped(str(error))}")
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:
            raise
        _tell(GO_ON)
        sys.exit(INTERRUPTED)


def _run() -> None:
    from gradlab.commands.app import app  # when workers are on their way

    app()


def _tell(text: str) -> None:
    from gradlab.commands.console import errors

    errors.print(text, soft_wrap=True)


def _escaped(text: str) -> str:
    from gradlab.commands.console import shown

    return shown(text)


def _prefer_own_scripts() -> None:
    """nbgrader runs `alembic` from the PATH, which must be the one beside this command."""
    scripts = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])


if __name__ == "__main__":
    main()
