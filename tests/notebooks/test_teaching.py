"""The material for lecturers: the lecture keeps to its sizes, and every block of the problem sheets runs."""

import contextlib
import importlib
import io
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks" / "teaching"
PAGE = FOLDER / "lecture_90_minutes" / "slides.html"
TEXTS = sorted(FOLDER.glob("problem_sheets/*.md")) + sorted(FOLDER.glob("solutions/*.md"))
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the material for lecturers is in the clone only")


@pytest.fixture(autouse=True)
def course(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER.parent))
    monkeypatch.syspath_prepend(str(FOLDER))


# ---- the lecture ----------------------------------------------------------------------------------------------------


def test_the_lecture_is_short_and_takes_90_minutes():
    from slides import SLIDES

    assert len(SLIDES) <= 45 and sum(slide.minutes for slide in SLIDES) == 90
    for slide in SLIDES:
        assert len(f"{slide.title} {slide.words}".split()) <= 40, slide.title
        assert slide.minutes >= 1 and slide.notes


def test_the_page_is_what_the_slides_say():
    from write_lecture import page

    written = PAGE.read_bytes()
    assert page().encode() == written and len(written) < 600_000
    assert written.count(b"<svg ") == written.count(b"<section ")


def test_the_page_loads_nothing():
    text = PAGE.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|//\w|\b(src|href)=|url\(|@import", text)


def test_no_slide_scrolls_and_keys_turn_them(visit):
    seen = visit(PAGE, width=1280, height=720)
    page, slides = seen.page, seen.page.locator(".slide").count()
    for notes in (0, 1):
        for number in range(1, slides + 1):
            sizes = page.evaluate(
                "() => [document.documentElement, ...document.querySelectorAll('.now, .now figure, .now .words')].map("
                "e => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight])"
            )
            assert page.evaluate("location.hash") == f"#{number}" and page.locator(".slide:visible").count() == 1
            assert page.locator(".notes:visible").count() == notes
            assert max(map(max, sizes)) <= 0, (number, sizes)
            page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        assert page.evaluate("location.hash") == f"#{slides - 1}"
        page.keyboard.press("n")
        page.keyboard.press("Home")
    page.keyboard.press("n")
    assert "min." in page.locator(".notes:visible").inner_text()
    assert seen.requests == [] and seen.complaints == [] and seen.serious() == []


def test_a_slide_is_a_printed_page(visit):
    seen = visit(PAGE, width=1280, height=720)
    printed = seen.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == seen.page.locator(".slide").count()


# ---- the problem sheets ---------------------------------------------------------------------------------------------


def run(path, monkeypatch):
    """What the blocks of a text print, run one after another in its folder."""
    monkeypatch.chdir(path.parent)
    names, printed = {"__name__": "__main__"}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        for block in BLOCK.findall(path.read_text(encoding="utf-8")):
            exec(compile(block, path.name, "exec"), names)
    return printed.getvalue()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_block_runs(path, monkeypatch):
    printed = run(path, monkeypatch)
    if path.parent.name == "problem_sheets":
        assert printed.count("… open: ") == 3 == len(printed.strip().splitlines())


def test_the_block_for_lecturers_runs(monkeypatch):
    monkeypatch.chdir(FOLDER.parents[1])
    (block,) = BLOCK.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
    exec(compile(block, "README.md", "exec"), {})


def test_what_the_readme_says_of_the_lecture_is_true():
    from slides import SLIDES

    text = " ".join((FOLDER / "README.md").read_text(encoding="utf-8").split())
    parts = re.findall(r"\((?:slides )?(\d+) to (\d+), (\d+)(?: minutes)?\)", text)
    assert f"{len(SLIDES)} slides" in text and [int(first) for first, _, _ in parts[1:]] == [
        int(last) + 1 for _, last, _ in parts[:-1]
    ]
    assert int(parts[0][0]) == 1 and int(parts[-1][1]) == len(SLIDES) and len(parts) == 6
    for first, last, minutes in parts:
        assert sum(slide.minutes for slide in SLIDES[int(first) - 1 : int(last)]) == int(minutes)


def test_links_of_the_texts_lead_somewhere():
    for path in [*FOLDER.glob("*.md"), *TEXTS]:
        for link in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            assert link.startswith("https://") or (path.parent / link).exists(), (path.name, link)


def test_each_week_has_a_sheet_and_solutions_for_all_its_problems():
    for week in range(1, 7):
        sheet, solutions = ((FOLDER / part / f"week_{week}.md").read_text() for part in ("problem_sheets", "solutions"))
        asked = re.findall(rf"print\(week_{week}\.(\w+)\(\.\.\.\)\)", sheet)
        module = importlib.import_module(f"graded.week_{week}")
        graded = [name for name, value in vars(module).items() if type(value).__name__ == "Exercise"]
        assert asked == graded and all(f"assert week_{week}.{name}(" in solutions for name in graded)
        assert re.findall(r"^## Problem \d", sheet, re.M) == re.findall(r"^## Problem \d", solutions, re.M)


# For each problem another right answer, and wrong ones, as functions of its module.
ANSWERS = {
    "week_1.residual": lambda m: ([_residual(m)], [m.f >> m.g, "f", m.f]),
    "week_1.fewest": lambda m: ([[6, 4]], [(6, 5), 4, "6, 4"]),
    "week_1.theories": lambda m: (
        [("symmetric", "markov", "cartesian")],
        [["markov"] * 3, ["symmetric"] * 3, "markov", 3],
    ),
    "week_2.semi_supervised": lambda m: ([_over_pixels(m)], [m.encode, 1, _over_pixels(m).reweight({"restored": 1})]),
    "week_2.gradient": lambda m: ([[8.0, 2.0, -2.0]], [(4, 1, -1), (8, 2), "8"]),
    "week_2.posterior": lambda m: ([0.0833333333], [0.9, 0.1, "1/12"]),
    "week_3.softened": lambda m: ([[0.33333333, 0.66666667]], [(1 / 17, 16 / 17), 0.5]),
    "week_3.two_teachers": lambda m: ([m.two_teachers.answer.freeze(m.second)], [m.distillation, m.student]),
    "week_3.glued": lambda m: ([[1, 1.2]], [(1.2, 1.2), 1, None.__class__]),
    "week_4.guessing": lambda m: ([2.7726], [16, 0, "ln 16"]),
    "week_4.equivariant": lambda m: ([m.equivariant.answer.freeze(m.rotate)], [m.equivariant.answer.freeze(m.segment)]),
    "week_4.wrong_cycle": lambda m: ([([2, 0, 1], (1, 2, 0))], [([0, 1], [0, 1]), ([1, 0], [0, 1]), ([], []), 7, "ab"]),
    "week_5.one_inverse": lambda m: ([m.one_inverse.answer.to_dict()], [m.GOAL, "obvious"]),
    "week_5.projection": lambda m: ([[1, 1]], [[0, 1], [1, 0], [], [5], "e", 0]),
    "week_5.orders": lambda m: ([[17.0, 5.0]], [(5, 17), (49, 49), 17, (17, 5, 0)]),
    "week_6.second_stage": lambda m: ([m.START.freeze(m.decode).reweight({"restored": 0.4})], [m.START, "frozen"]),
    "week_6.chained": lambda m: ([0.05 + 0.02 + 0.1], [0.1, 0.0001, "0.17"]),
    "week_6.rows": lambda m: ([738.0], [737, 600, 185, 1476, "many"]),
}


def _residual(module):
    import learning_diagrams as ld

    return ld.Copy(module.x) >> module.x @ module.f >> ld.Swap(module.x, module.x) >> module.g @ module.x >> module.plus


def _over_pixels(module):
    import learning_diagrams as ld

    restored = ld.Constraint(
        "restored", module.encode >> module.decode, ld.Id(module.image), over=module.pixels, weight=0.1
    )
    return module.semi_supervised.answer.without("restored").add(restored)


@pytest.mark.parametrize("name", ANSWERS)
def test_each_problem_grades_four_kinds_of_answers(name):
    week, problem = name.split(".")
    module = importlib.import_module(f"graded.{week}")
    exercise = getattr(module, problem)
    right, wrong = ANSWERS[name](module)
    assert exercise(exercise.answer) and all(exercise(answer) for answer in right)
    assert exercise(...).mark == "open" and exercise(...).explanation
    for answer in wrong:
        grade = exercise(answer)
        assert grade.mark == "wrong" and grade.explanation, answer


def test_every_problem_is_tested():
    for week in range(1, 7):
        module = importlib.import_module(f"graded.week_{week}")
        for name, value in vars(module).items():
            assert type(value).__name__ != "Exercise" or f"week_{week}.{name}" in ANSWERS
