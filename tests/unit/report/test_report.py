"""The class report: read back as HTML, by what a reader and a browser find in it."""

import base64
import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from gradlab.errors import StorageError
from gradlab.report import class_results, write_report
from gradlab.report.report import render

LAB = "06_layers"
GENERATED = "2026-03-10 09:30 UTC"
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\u202egnp'


def read(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def path(synthetic, tmp_path_factory):
    """Where the report on a class of four was written; no test changes it."""
    course = synthetic(tmp_path_factory.mktemp("class") / "course").fill()
    return write_report(course, LAB, course.root / "reports" / "page.html", GENERATED)


@pytest.fixture(scope="module")
def page(path):
    return read(path)


def section(page, name):
    return page.find("section", attrs={"aria-labelledby": name})


def student_row(page, name):
    rows = section(page, "students").tbody.find_all("tr")
    return next(row for row in rows if row.th.get_text(" ", strip=True).split()[0] == name)


def text_of(element):
    return " ".join(element.get_text(" ").split())


# What it says


def test_the_head_tells_lab_numbers_and_when(page):
    assert text_of(page.h1) == "Layers that share weights"
    facts = {text_of(one.dt): text_of(one.dd) for one in page.find("dl").find_all("div")}
    assert facts == {
        "Submissions": "3 of 4 students",
        "Graded": "2",
        "Mean": "6.25 of 9",
        "Median": "6.25 of 9",
        "To grade by hand": "1 answer",
    }
    assert GENERATED in text_of(page.header)
    assert "2026-03-02" in text_of(page.header)
    assert "nbgrader 0.9" in text_of(page.footer)


def test_it_says_what_waits_for_the_instructor(page):
    todo = [text_of(item) for item in section(page, "todo").find_all("li")]
    assert todo == [
        "1 answer waits for manual grading ; scores below do not include them yet.",
        "Without a score: cyd",
        "Nothing handed in: dan",
    ]


def test_misconceptions_come_with_message_exercise_and_students(page):
    (row,) = section(page, "misconceptions").tbody.find_all("tr")
    cells = [text_of(cell) for cell in row.find_all(["th", "td"])]
    assert cells == ["M1", "1 (50%)", "The kernel was flipped. flipped_kernel", "conv1d", "bob"]


def test_the_hardest_check_is_named_with_how_it_failed(page):
    (row,) = section(page, "hardest").tbody.find_all("tr")
    assert [text_of(cell) for cell in row.find_all("td")] == [
        "1 of 2 (50%)",
        "conv1d",
        "Agrees with the reference, part 1.",
        "values (1)",
        "0",
    ]


def test_pending_answers_are_listed(page):
    (row,) = section(page, "manual").tbody.find_all("tr")
    assert text_of(row) == "why_shared 2 1 bob"


def test_the_numbers_behind_the_figure_are_there(page):
    rows = [text_of(row) for row in section(page, "difficulty").tbody.find_all("tr")]
    assert rows[:2] == ["why_shared (written) 2 100% 1 0 0", "conv1d 4 75% 1 0 0"]
    assert rows[3] == "dilated (stretch) 0 100% 2 0 0"


def test_a_students_row_is_a_heat_map_with_notes(page):
    row = student_row(page, "bob")
    cells = row.find_all("td", class_="cell")
    assert [text_of(cell) for cell in cells] == ["…", "2 M1", "3", "100%"]
    assert [cell["class"][1] for cell in cells] == ["pending", "step2", "step4", "step4"]
    assert cells[1].a["href"] == "#M1"
    assert "late −1.5" in text_of(row)
    assert re.search(r"2026-03-0\d \d\d:\d\d UTC", text_of(row))
    assert "a deleted cell was put back" in text_of(row)


def test_students_without_a_score_say_why(page):
    assert "handed in, but not autograded yet" in text_of(student_row(page, "cyd"))
    assert "nothing handed in" in text_of(student_row(page, "dan"))


def test_many_students_fold_away(school, tmp_path):
    flipped = ("flipped_kernel", "The kernel was flipped.")
    wrong = school.exercise("conv1d", 4.0, 1, diagnosis=flipped)
    for number in range(20):
        school.hand_in(f"s{number:02}", school.result(2, conv1d=wrong), written=1.0)
    page = read(write_report(school.save(), LAB, tmp_path / "page.html", GENERATED))
    folded = section(page, "misconceptions").tbody.details
    assert text_of(folded.summary) == "and 8 more"
    assert text_of(folded).endswith("s18, s19")


def test_an_exercise_left_blank_stops_nobody_at_its_checks(school, tmp_path):
    left = school.exercise("conv1d", 4.0, 0, kind="raised", message="raised NotImplementedError")
    left = replace(left, reason="left blank")
    school.hand_in("ada", school.result(2, conv1d=left), written=1.0)
    page = read(write_report(school.save(), LAB, tmp_path / "page.html", GENERATED))
    assert "No check failed." in text_of(section(page, "hardest"))
    assert "0 blank" in text_of(student_row(page, "ada"))


def test_what_went_wrong_with_an_exercise_is_told(school, tmp_path):
    died = school.exercise("conv1d", 4.0, 0, reason="the kernel died")
    school.hand_in("ada", school.result(2, conv1d=died))
    page = read(write_report(school.save(), LAB, tmp_path / "page.html", GENERATED))
    assert "conv1d: the kernel died" in text_of(student_row(page, "ada"))


def test_an_empty_class_has_a_page(school, tmp_path):
    page = read(write_report(school.save(), LAB, tmp_path / "page.html", GENERATED))
    assert "Nobody has a score yet." in text_of(section(page, "scores"))
    assert "The gradebook has no students." in text_of(section(page, "students"))
    assert section(page, "todo") is None


# What it is


def test_nothing_is_fetched_and_nothing_runs(page):
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy["content"] == POLICY
    assert page.find(["script", "link", "iframe", "object", "embed", "form", "base"]) is None
    for element in page.find_all(True):
        assert not [name for name in element.attrs if name.startswith("on")]
        assert element.get("src", "data:").startswith("data:image/svg+xml;base64,") or (
            element.name != "img"
        )
    assert "url(" not in page.style.string
    assert "@import" not in page.style.string


def test_figures_are_images_that_say_what_they_show(page):
    images = page.find_all("img")
    assert len(images) == 2
    for image in images:
        assert len(image["alt"]) > 40
        svg = base64.b64decode(image["src"].partition(",")[2])
        assert svg.startswith(b"<?xml")


def test_a_screen_reader_finds_its_way(page):
    assert page.html["lang"] == "en"
    assert page.title.string.startswith("Layers that share weights")
    ids = [element["id"] for element in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for part in page.find_all("section"):
        assert part["aria-labelledby"] in ids
    for link in page.find_all("a", href=re.compile("^#")):
        assert link["href"][1:] in ids
    for table in page.find_all("table"):
        assert all(head["scope"] == "col" for head in table.thead.find_all("th"))
        assert all(head["scope"] == "row" for head in table.tbody.find_all("th"))
        for row in table.tbody.find_all("tr"):
            width = sum(int(cell.get("colspan", 1)) for cell in row.find_all(["th", "td"]))
            assert width == len(table.thead.find_all("th"))


def luminance(colour):
    """Relative luminance of #rgb or #rrggbb (WCAG 2.1)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_text_stands_out_from_every_background(page):
    css = page.style.string
    steps = re.findall(r"\.step\d \{ background: (#\w+);", css)
    assert len(steps) == 5
    for background in steps:
        assert contrast("#1c1c1c", background) > 7
        assert contrast("#444444", background) > 4.5
    for text in ("#555555", "#005a8c", "#8a3500"):
        assert contrast(text, "#ffffff") > 4.5


def test_two_reports_on_the_same_class_are_the_same(small_class, tmp_path):
    pages = [
        write_report(small_class, LAB, tmp_path / name, GENERATED).read_bytes() for name in "ab"
    ]
    assert pages[0] == pages[1]


def test_a_report_that_cannot_be_written_is_an_error_of_storage(small_class, tmp_path):
    with pytest.raises(StorageError):
        write_report(small_class, LAB, tmp_path, GENERATED)


# Where it leads


def test_feedback_is_linked_relative_to_the_page(page, path):
    link = student_row(page, "ada").a
    assert link["href"] == f"../feedback/ada/{LAB}/{LAB}.html"
    assert (path.parent / link["href"]).is_file()
    assert student_row(page, "bob").th.a is None


def test_a_link_is_only_ever_a_path(school):
    names = ["...", "a b?c#d%41", "javascript:alert(1)", 'q"<i>', "ünïcode"]
    for name in names:
        school.hand_in(name, school.result(2))
        school.file("feedback", name, f"{LAB}.html").write_text("")
    html = render(class_results(school.save(), LAB), school.root / "feedback", GENERATED)
    links = section(BeautifulSoup(html, "html.parser"), "students").tbody.select("th a")
    assert [link.get_text(strip=True) for link in links] == names
    assert all(re.fullmatch(r"[\w%./~-]+", link["href"], re.ASCII) for link in links)


# What students can put into it


@pytest.fixture(scope="module")
def hostile_page(synthetic, tmp_path_factory):
    school = synthetic(tmp_path_factory.mktemp("hostile") / "course")
    check = {"kind": HOSTILE[:60], "message": HOSTILE}
    wrong = school.exercise("conv1d", 4.0, 0, diagnosis=(HOSTILE, HOSTILE), **check)
    died = school.exercise("pool2d", 3.0, 0, reason=HOSTILE)
    result = school.result(2, conv1d=wrong, pool2d=died, notes=[HOSTILE])
    school.hand_in(school.enrol("ada", HOSTILE, HOSTILE), result)
    school.enrol(HOSTILE)
    return write_report(school.save(), LAB, school.root / "page.html", GENERATED)


def test_markup_of_students_is_text(hostile_page):
    page = read(hostile_page)
    assert page.find("script") is None
    assert len(page.find_all("img")) == 2
    assert not [tag for tag in page.find_all(True) if any(a.startswith("on") for a in tag.attrs)]
    for name in ("misconceptions", "hardest", "students"):
        assert "<script>alert(1)</script>" in section(page, name).get_text()


def test_nothing_invisible_is_left(hostile_page):
    text = hostile_page.read_text(encoding="utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert "\ufffd[2J\ufffdgnp" in text
