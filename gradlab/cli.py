"""The command line: one function per command, each a thin front of what the packages do."""

import os
import sys
import warnings
from pathlib import Path

import typer
from rich.markup import escape

from gradlab.commands import author, instructor, learner
from gradlab.commands.console import errors
from gradlab.errors import GradLabError

INTERRUPTED = 130
GO_ON = "gradlab: interrupted; what was graded stays graded. The same command goes on with the rest"

app = typer.Typer(
    name="gradlab",
    help="A deep-learning course that grades itself, on top of nbgrader.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Exit codes: 0 all well · 1 a check or a lint failed · 2 wrong usage · 3 the course's "
    "files · 4 a submission · 5 the gradebook · 6 a file could not be written · 7 no sandbox "
    "· 8 no workers",
)
for register in (author.register, learner.register, instructor.register):
    register(app)


def main() -> None:
    """Run a command; an error of GradLab's own is told in a line or two, not as a traceback."""
    _prefer_own_scripts()
    # nbgrader 0.9.6 makes its rows in an order that SQLAlchemy remarks on; nothing is lost.
    warnings.filterwarnings("ignore", message="Object of type <Submitted", module="nbgrader")
    try:
        app()
    except GradLabError as error:
        errors.print(f"[bold red]gradlab:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:
            raise
        errors.print(GO_ON, soft_wrap=True)
        sys.exit(INTERRUPTED)


def _prefer_own_scripts() -> None:
    """nbgrader runs `alembic` from the PATH, which must be the one beside this command."""
    scripts = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])


if __name__ == "__main__":
    main()
