"""The benchmark's page says what its results say, and its class is what it claims; no timing."""

import json
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbgrader.preprocessors import ClearHiddenTests

from gradlab.course.notebook import solution_namespace
from gradlab.course.suites import open_suite
from gradlab.judge.local import local_student

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks"
PARTS = (
    "courses", "formgrader", "growth", "growth_results", "inline", "page", "plain_runtime", "plot",
    "results", "students", "transcribe",
)  # fmt: skip


@pytest.fixture(scope="module")
def bench():
    """The benchmark's modules; they are no part of the installed package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield SimpleNamespace(**{name: import_module(f"benchmarks.{name}") for name in PARTS})


@pytest.fixture(scope="module")
def found():
    """What the last full run measured."""
    if not (FOLDER / "results.json").exists():
        pytest.skip("no full run of the benchmark is committed yet; `make bench` makes one")
    return json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=["torch_lab", "numpy_lab"])
def setting(bench, request, tmp_path_factory):
    """A lab of the benchmark: its course, its judge, its class and its checks for others."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADLAB_SECRET", bench.courses.SECRET)
        course = bench.courses.copy_course(request.param, folder / "gradlab")
        lab = course.lab(bench.courses.LABS[request.param])
        try:
            transcripts = bench.transcribe.transcribe(course, lab, folder / "values")
        except bench.inline.NotInlinableError as error:
            pytest.skip(f"{lab.name} cannot be given to other graders: {error}")
        with open_suite(course, lab) as judge:
            lecture = bench.students.Lecture(lab, judge.suite)
            yield SimpleNamespace(lab=lab, judge=judge, lecture=lecture, transcripts=transcripts)


# The page and its results


def test_readme_says_what_the_results_say(bench, found):
    told = bench.page.render(found, bench.page.read_growth(FOLDER))
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == told


def test_plot_shows_every_contender(bench, found, tmp_path):
    path = tmp_path / bench.page.PLOT
    bench.plot.draw(found, path)
    drawn, kept = path.read_text(), (FOLDER / bench.page.PLOT).read_text()
    labels = [one["label"] for lab in found["labs"].values() for one in lab["contenders"].values()]
    for label in {label for label in labels if "already" not in label}:
        assert label in drawn
        assert label in kept


def test_summary_follows_from_the_runs(bench, found):
    for key, lab in found["labs"].items():
        runs = [
            bench.results.Run(**run) for one in lab["contenders"].values() for run in one["runs"]
        ]
        told = found["summary"][key]
        for name, value in bench.results.summary(runs).items():
            measured = value is not None
            assert told[name] == (pytest.approx(value, rel=0.05) if measured else None), name


def test_targets_follow_from_the_summary(bench, found):
    assert bench.results.targets(found["summary"]) == found["targets"]
    assert len(found["targets"]) == 2 * len(bench.results.TARGETS)


def test_results_name_no_host(found):
    assert set(found["machine"]) == {
        "processor", "cores", "memory_gib", "kernel", "python", "load_before"
    }  # fmt: skip


def test_a_third_compares_with_a_whole_class(bench):
    run = bench.results.Run
    runs = [run("nbgrader", 0, 14, 28.0, 14.0, None), run("gradlab_2", 0, 40, 4.0, 8.0, None)]
    assert bench.results.ratio(runs, "nbgrader", "gradlab_2") == 20.0
    assert bench.results.ratio(runs, "nbgrader", "gradlab_2", clock="cpu_s") == 5.0
    assert bench.results.ratio(runs, "otter", "gradlab_2") is None


def test_agreement_knows_all_or_nothing(bench):
    ours = {"ann": {"a": 4.0, "b": 1.0, "c": 0.0}}
    told = {"gradlab_1": [ours], "nbgrader": [{"ann": {"a": 4.0, "b": 0.0}}], "otter": [ours]}
    compared = bench.results.agreement({"a": 4.0, "b": 2.0, "c": 0.0}, told)
    assert [one["different"] for one in compared.values()] == [0, 0, 0]
    told["nbgrader"] = [{"ann": {"a": 0.0, "b": 2.0}}]
    assert bench.results.agreement({"a": 4.0, "b": 2.0}, told)["nbgrader"]["different"] == 2


# Growth


@pytest.fixture
def grown(bench):
    """Two pairs of runs, made up: 2 s to start, 0.1 s and 0.15 CPU s a submission."""
    runs = [
        {"size": size, "repetition": repetition, "wall_s": 2 + 0.1 * size, "cpu_s": 3 + 0.15 * size,
         "peak_mib": 800.0, "own_peak_mib": 100 + size / 1024, "pace_s": [0.1] * 10}
        for repetition in range(2) for size in (100, 1000)
    ]  # fmt: skip
    found = {
        "lab": "torch_lab", "class": {"right": 600, "wrong": 400}, "jobs": 2,
        "sizes": {"small": 100, "large": 1000, "many": 10_000}, "runs": runs,
        "afterwards": {"small": _after(1), "large": _after(10), "many": _after(100)},
        "disk": {"small": {"gradebook": 2**20}, "large": {"gradebook": 2**20 + 900 * 2048}},
        "replays": [_replay(1, 1000), _replay(64, 1000), _replay(64, 10_000)],
        "remark": "", "date": "2027-03-01",
        "machine": dict.fromkeys(
            ("processor", "cores", "memory_gib", "kernel", "python", "load_before"), 2
        ), "versions": {"gradlab": {"numpy": "2.4"}},
    }  # fmt: skip
    found["summary"] = bench.growth_results.summary(found)
    found["targets"] = bench.growth_results.targets(found["summary"])
    return found


def _after(times):
    commands = {"autograde": 0.5 * times, "report": times, "export": times}
    return {
        "commands": commands | ({"feedback": 40.0} if times == 1 else {}),
        "pages": {"manage_students": 0.1 * times, "one submission": 0.2 * times},
    }


def _replay(room, count):
    stages = [{"stage": "gradebook: rows", "s_each": 0.002, "own_cpu_s_each": 0.001}]
    seconds = count * (0.01 if room == 1 else 0.005)
    found = {"room": room, "submissions": count, "rows": 9 * count, "wall_s": seconds}
    return found | {"stages": stages}


def test_a_further_submission_takes_what_the_start_does_not(grown):
    values = grown["summary"]
    assert (values["small_s"], values["large_s"]) == pytest.approx((0.12, 0.102))
    assert (values["marginal_s"], values["marginal_cpu_s"]) == pytest.approx((0.1, 0.15))
    assert values["ratio"] == pytest.approx(0.85)
    assert values["coordinator_kib_each"] == pytest.approx(1.0)
    assert [one["met"] for one in grown["targets"]] == [True, True, True]


def test_a_class_that_slows_down_misses_its_target(bench, grown):
    for run in grown["runs"]:
        run["pace_s"] = [0.1] * 5 + [0.12] * 5
        run["wall_s"] *= run["size"] / 100
    targets = bench.growth_results.targets(bench.growth_results.summary(grown))
    met = {one["name"]: one["met"] for one in targets}
    assert met == {"ratio": False, "pace_ratio": False, "coordinator_kib_each": True}


def test_pace_is_seconds_a_submission_in_each_tenth(bench):
    times = [0.5 * number for number in range(101)]
    assert bench.growth_results.pace(times) == [0.5] * 10
    assert bench.growth_results.pace([1.0, 2.0, 4.0]) == [1.0, 2.0]


def test_forecast_goes_on_in_a_straight_line(bench, grown):
    told = bench.growth_results.forecast(grown, 20_000)
    assert told["core_hours"] == pytest.approx(3000 / 3600)
    assert told["hours_here"] == pytest.approx(2000 / 3600)
    assert told["coordinator_hours"] == pytest.approx(20_000 / 200 / 3600)
    assert told["workers"] == pytest.approx(200 * 0.1 * 2)
    assert told["feedback_hours"] == pytest.approx(8000 / 3600)
    assert told["again_s"] == pytest.approx(100)
    assert told["coordinator_mib"] == pytest.approx(100 + 20_000 / 1024)
    assert told["gib"]["gradebook"] == pytest.approx(20_000 * 2048 / 2**30)
    assert told["pages_s"]["one submission"] == pytest.approx(40)


def test_growth_has_its_section_where_it_was_measured(bench, grown):
    text = bench.page.growth_section(grown)
    assert "| seconds a submission | 0.120 | 0.102 | 0.100 |" in text
    assert "| peak memory, the coordinator | 100 MiB | 101 MiB | 1.0 KiB |" in text
    assert "× a submission's time, in the large class against the small one | 0.85 | met |" in text
    assert "| 10000 | 64 | 200 | 1800 |" in text
    assert "| gradebook: rows | 2.00 | 2.00 |" in text
    assert "| `gradlab feedback` | 40.00 s | – | – |" in text
    assert "| Formgrader: `one submission` | 0.200 s | 2.00 s | 20.00 s |" in text
    assert "| workers that the coordinator keeps busy | its rate × a worker's time | 40 |" in text
    assert "nan" not in text


def test_committed_growth_follows_from_its_runs(bench):
    found = bench.page.read_growth(FOLDER)
    if found is None:
        pytest.skip("growth is not measured yet; `make bench-growth` does")
    assert bench.growth_results.summary(found) == pytest.approx(found["summary"], rel=0.05)
    assert bench.growth_results.targets(found["summary"]) == found["targets"]


def test_all_that_is_timed_has_a_row(bench):
    assert tuple(bench.page.COMMANDS) == (*bench.growth.AFTERWARDS, "feedback")
    assert all(len(paths) > 1 for paths in bench.formgrader.PAGES.values())


def test_no_two_submissions_of_a_large_class_are_the_same(bench, setting, tmp_path):
    texts = set()
    for student in ("student000", "student001"):
        path = tmp_path / f"{student}.ipynb"
        path.write_text(bench.courses.write_notebook(bench.courses.source_notebook(setting.lab)))
        texts.add(bench.growth._signed(path, set(setting.lab.exercises), student))
        assert f"# {student}" in next(t for t in texts if student in t)
    assert len(texts) == 2


# The class


def test_class_is_the_same_each_time(bench, setting):
    make = bench.students.make_class
    assert make(setting.lecture, 40) == make(setting.lecture, 40)
    assert make(setting.lecture, 40)[:4] == make(setting.lecture, 4)


def test_class_is_mixed_as_told(bench, setting):
    students = bench.students
    submissions = students.make_class(setting.lecture, 40)
    kinds = {kind: 4 * count for kind, count in Counter(students.KINDS).items()}
    assert students.composition(submissions) == kinds
    assert len({one.student for one in submissions}) == 40
    for one in submissions:
        assert set(one.answers) == set(setting.lab.exercises)
        assert _kind(students, setting.lecture, one.answers) in (one.kind, students.RIGHT)


def _kind(students, lecture, answers):
    """What a submission is, from its answers alone."""
    wrong = any(answer in lecture.misconceptions[name] for name, answer in answers.items())
    blank = [answer == students.STUB for answer in answers.values()]
    if wrong or all(blank):
        return students.WRONG if wrong else students.BLANK
    if any(blank):
        return students.UNFINISHED
    solved = set(answers.values()) == {students.SOLUTION}
    return students.RIGHT if solved else students.ANOTHER


def test_every_answer_is_what_the_catalogue_says(bench, setting):
    """As text in a cell, judged by the inlined checks: the verdict on the catalogue's entry."""
    submissions = bench.students.make_class(setting.lecture, 10)
    chosen = {pair for one in submissions for pair in one.answers.items()}
    hidden = _hidden_checks(bench, setting.transcripts)
    for exercise, answer in sorted(chosen):
        namespace = dict(solution_namespace(setting.lab))
        namespace.pop(exercise)
        exec(setting.lecture.text(exercise, answer), namespace)
        passed = bench.plain_runtime.passed_checks(hidden[exercise], namespace)
        assert passed == _judged(setting.judge, exercise, answer, namespace), (exercise, answer)


def _hidden_checks(bench, transcripts):
    scope = dict(vars(bench.plain_runtime))
    for one in transcripts:
        exec(one.function(), scope)
    return {one.exercise: scope[f"hidden_{one.exercise}"]() for one in transcripts}


def _judged(judge, exercise, answer, namespace):
    entries = {one.name: one for one in judge.suite.catalogue[exercise]}
    if answer in entries:
        verdict = judge.verdict_of(entries[answer])
    else:
        verdict = judge.suite.judge(exercise, local_student(namespace))
    return {check.name: check.passed for check in verdict.checks}


# The checks for others


def test_plain_notebook_hides_its_checks(bench, setting):
    notebook = bench.courses.plain_notebook(setting.lab, setting.transcripts)
    hidden = [cell for cell in notebook.cells if "BEGIN HIDDEN TESTS" in cell.source]
    assert len(hidden) == len(setting.lab.exercises) + 1
    assert not any("gradlab" in cell.metadata for cell in notebook.cells)
    ClearHiddenTests().preprocess(notebook, {})
    assert not any("hidden_" in cell.source for cell in notebook.cells)


def test_otter_points_add_up(bench, setting):
    for one in setting.transcripts:
        text = bench.courses.otter_test(one)
        compile(text, one.exercise, "exec")
        points = [float(part.partition(",")[0]) for part in text.split("(points=")[1:]]
        assert len(points) == len(one.weights)
        assert sum(points) == pytest.approx(one.points)


def test_checks_need_nothing_of_gradlab(setting):
    for one in setting.transcripts:
        assert "gradlab" not in one.text
        assert "pytest" not in one.text


def test_what_needs_torch_is_no_cell_of_a_numpy_lab(bench, tmp_path):
    path = tmp_path / "test_some.py"
    path.write_text("import torch\n\n\ndef rounded(x):\n    return torch.round(x)\n")
    source = bench.inline.Source(path)
    assert "import torch" in source.answer("round", "rounded", frozenset({"torch"}))
    with pytest.raises(bench.inline.NotInlinableError, match="torch"):
        source.answer("round", "rounded", frozenset({"numpy"}))
