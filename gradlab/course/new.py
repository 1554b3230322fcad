"""Scaffolding a lab from the templates in `gradlab/course/templates/`."""

import re
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from gradlab.course.course import Course
from gradlab.errors import CourseError

FILES = {
    "lab.toml.j2": "labs/{name}/lab.toml",
    "lab.py.j2": "labs/{name}/{name}.py",
    "test_double.py.j2": "tests/hidden/{name}/test_double.py",
}


def new_lab(course: Course, name: str) -> list[Path]:
    """Write the files of a new lab and return them; never overwrites."""
    if not re.fullmatch(r"(?!00)[0-9]{2}_[a-z][a-z0-9_]*", name):
        raise CourseError(f"{name!r} is no lab name; use two digits and words, as 05_training")
    paths = {template: course.root / path.format(name=name) for template, path in FILES.items()}
    for path in paths.values():
        if path.exists():
            raise CourseError(f"{path} exists; choose another name or delete it")
    environment = Environment(
        loader=PackageLoader("gradlab.course"), undefined=StrictUndefined,
        keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    for template, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = environment.get_template(template).render(name=name, order=int(name[:2]))
        path.write_text(text, encoding="utf-8")
    return list(paths.values())
