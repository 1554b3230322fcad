"""The command line: one function per command, each a thin front of what the packages do.

Commands import those packages when they run: no command pays for what another one needs.
"""

import typer

from gradlab.commands import author, instructor, learner

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
