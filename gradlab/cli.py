"""The command line; a thin front (being written)."""

import sys

from gradlab.course.build import build_lab
from gradlab.course.course import Course
from gradlab.course.lint import lint_lab


def main() -> None:
    """Temporary front for lint and build."""
    course = Course.find()
    command, *names = sys.argv[1:]
    bad = 0
    for lab in course.select(names):
        if command == "build":
            print(build_lab(course, lab))
            continue
        for r in lint_lab(course, lab):
            print(f"{r.exercise:28} stub {'fails' if r.stub_fails else 'PASSES'} "
                  f"solution {'passes' if r.solution_passes else 'FAILS'} killed {r.killed}/{r.misconceptions} "
                  f"accepted {r.accepted}/{r.alternatives} confused {r.confused} {r.few}")
            for p in r.problems:
                bad = 1
                print("    -", p)
    sys.exit(bad)


if __name__ == "__main__":
    main()
