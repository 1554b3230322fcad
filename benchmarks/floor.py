"""The floor: a class's cells and checks in one warm process, and nothing else.

No Jupyter, no sandbox, no notebook files, no gradebook: what is left is the students' own code,
the visible checks and the hidden ones. No grader can be faster on one core without doing less.
Run as a script: `floor.py PLAN RESULT`.
"""

import contextlib
import io
import json
import sys
import time
from pathlib import Path


def run(plan_path: Path, result_path: Path) -> None:
    """Grade the class twice, the second time by the clock, and write times and scores."""
    plan = json.loads(plan_path.read_text(encoding="utf-8"))
    scope: dict = {"__name__": "floor"}
    exec(compile(plan["runtime"], "runtime", "exec"), scope)
    hidden = {name: _hidden(text, name, scope) for name, text in plan["hidden"].items()}
    _grade_class(plan, hidden, scope["passed_checks"])
    wall, cpu = time.perf_counter(), time.process_time()
    scores = _grade_class(plan, hidden, scope["passed_checks"])
    times = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    result_path.write_text(json.dumps({**times, "scores": scores}), encoding="utf-8")


def _hidden(text, name, scope):
    exec(compile(text, name, "exec"), scope)
    return scope[f"hidden_{name}"]()


def _grade_class(plan, hidden, passed_checks):
    return {
        one["student"]: _grade(one["cells"], plan, hidden, passed_checks)
        for one in plan["submissions"]
    }


def _grade(cells, plan, hidden, passed_checks):
    namespace, scores = {"__name__": "__main__"}, {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            with contextlib.suppress(Exception):
                exec(compile(cell["source"], "cell", "exec"), namespace)
            name = cell["check"]
            if name:
                passed = passed_checks(hidden[name], namespace)
                weights = plan["weights"][name]
                share = sum(weights[one] for one in weights if passed[one]) / sum(weights.values())
                scores[name] = round(plan["points"][name] * share, 4)
    return scores


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
