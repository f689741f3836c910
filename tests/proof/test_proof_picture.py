"""Strips of proofs: what a step does not touch keeps its place, and what it rewrites lies on sand."""

import re
import runpy
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given

import learning_diagrams as ld
import strategies
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.strip.change import threads
from learning_diagrams.drawing.strip.patch import Patch
from learning_diagrams.drawing.strip.strip_picture import blocks, strip
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rules.step import Step
from random_derivation import derivations, rows_of

x, S, Y = ld.Ty("x"), ld.Ty("s"), ld.Ty("y")
f, g, s = ld.Box("f", x, x), ld.Box("g", x, x), ld.Box("s", x, x)
LAWS = {"inverse": ld.Equation(f >> g, ld.Id(x)), "idempotent": ld.Equation(s >> s, s)}
ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def written_rows(scene):
    """For each row of a strip its plates (name, x, y) as they are written in the picture."""
    for row in ElementTree.fromstring(f'<svg xmlns="{SVG[1:-1]}">{"".join(scene.elements)}</svg>'):
        plates = []

        def walk(node, x, y, plates=plates):
            if move := re.fullmatch(r"translate\(([-\d.]+) ([-\d.]+)\)", node.get("transform", "")):
                x, y = x + float(move[1]), y + float(move[2])
            if node.get("data-box"):
                text = node.find(f"{SVG}text")
                plates.append((node.get("data-box"), x + float(text.get("x")), y + float(text.get("y")) - 5))
            for child in node:
                walk(child, x, y)

        walk(row, 0.0, -float(re.search(r" ([-\d.]+)\)", row.get("transform"))[1]))
        yield plates


@given(derivations(steps=6))
def test_a_box_that_a_step_does_not_touch_keeps_its_coordinates(derivation):
    proof = derivation.proof()
    rows, changes = rows_of(proof)
    shown, start = iter(written_rows(strip(rows, changes, {}))), 0
    for block in blocks(rows, changes, {}):
        for (before, after), change in zip(pairwise(block), changes[start:], strict=False):
            for box, other in change.kept.items():
                assert after.area(box) == before.area(other)
        for row in block:
            plates = next(plates for plates in shown if plates or not row.graph.boxes)
            assert [box.name for box in sorted(row.graph.boxes, key=str)] == sorted(name for name, _, _ in plates)
            areas = [row.area(box) for box in range(len(row.graph.boxes))]
            for box, (line, (left, top, right, low)) in zip(row.graph.boxes, areas, strict=True):
                places = [(x, y) for name, x, y in plates if name == box.name]
                assert line or any(left < x < right and top < y < low for x, y in places)
            for (line, (left, top, right, low)), (line_, (left_, top_, right_, low_)) in combinations(areas, 2):
                assert line != line_ or right < left_ or right_ < left or low < top_ or low_ < top
        start += len(block) - 1
    assert start == len(changes)


@given(*(strategies.diagrams(dom=x @ S @ x, cod=S @ x, max_size=size) for size in (6, 2)))
def test_inputs_and_outputs_stand_in_their_order(lhs, rhs):
    law = ld.Equation(lhs, rhs)
    rows, changes = rows_of(ld.prove(law, [law]))
    for block in blocks(rows, changes, {}):
        for each in block:
            count = len(each.graph.boxes)
            outputs = sorted(place for place in each.layering.layers[-1] if place >= count)
            for places in (range(count, count + len(each.graph.dom)), outputs):
                lanes = [each.middles[place] for place in places]
                assert lanes == sorted(set(lanes))


ORDERED = {
    "a discard above": (ld.Box("f", S @ x, S) >> ld.Box("g", S, x), ld.Discard(S) @ ld.Box("h", x, x)),
    "a discard below": (ld.Box("f", S @ x, S) >> ld.Box("g", S, x), ld.Box("h", S, x) @ ld.Discard(x)),
    "fewer boxes": (ld.Box("u", S @ x, Y) @ Y >> ld.Box("v", Y @ Y, S), ld.Box("k", S @ x @ Y, S)),
    "more boxes": (ld.Box("k", S @ x @ Y, S), ld.Box("u", S @ x, Y) @ Y >> ld.Box("v", Y @ Y, S)),
}


@pytest.mark.parametrize("case", ORDERED)
def test_the_names_of_inputs_are_read_in_their_order_in_every_row(case):
    lhs, rhs = ORDERED[case]
    law = ld.Equation(lhs, rhs, "law")
    rows = ld.prove(law, [law]).draw().svg.split(">=<")
    assert len(rows) == 2
    for row in rows:
        names = re.findall(r'<text class="ink" x="5" y="([\d.]+)" font-size="12">(\w+)<', row)
        assert [name for _, name in sorted(names, key=lambda at: float(at[0]))] == [ob.name for ob in lhs.dom.inside]


@given(derivations(steps=6))
def test_a_plate_lies_on_sand_exactly_if_a_step_beside_its_row_rewrites_it(derivation):
    proof = derivation.proof()
    rows, changes = rows_of(proof)
    (drawn,) = blocks(rows[:2], changes[:1], {})
    for after, (row, other) in enumerate(zip(drawn, drawn[::-1], strict=True)):
        areas = row.lit(changes[0], bool(after), other)
        lit = changes[0].lit[after]
        sands = [Patch(tuple(box for _, box in areas), True)] if areas else []
        for box in range(len(row.graph.boxes)):
            covered = any(patch.covers(row.area(box)[1]) for patch in sands)
            assert covered or box not in lit
        scene = row.with_sand([(areas, True)], lit)
        islands = "".join(scene.elements).count('<rect class="paper"')
        strangers = [row.area(box)[1] for box in range(len(row.graph.boxes)) if box not in lit]
        assert islands == sum(patch.covers(area) for patch in sands for area in strangers)


def test_the_reason_stands_between_rows_with_its_direction():
    proof = Derivation(s, LAWS).rewrite("inverse", backwards=True).rewrite("idempotent", backwards=True).proof()
    svg = proof.draw().svg
    assert svg.index(">inverse<") < svg.index(">idempotent<") and svg.count(">←<") == 2 and ">→<" not in svg
    assert "by inverse, backwards" in re.search(r"<desc[^>]*>(.*?)</desc>", svg, re.S)[1]
    assert proof.draw().svg == svg


def shrinking(boxes, steps):
    """The proof that applies "idempotent" to the first two of so many boxes, again and again."""

    def power(n):
        return ld.Id(x).then(*[s] * n)

    rest = [PortGraph.from_diagram(power(boxes - 2 - i)) for i in range(steps)]
    taken = tuple(Step("idempotent", False, PortGraph.from_diagram(power(0)), after) for after in rest)
    return Proof(ld.Equation(power(boxes), power(boxes - steps)), "markov", taken, LAWS)


def test_a_long_proof_leaves_out_its_middle():
    picture = shrinking(101, 100).draw()
    assert "… 94 steps …" in picture.svg and picture.scene.width <= 1000


def test_where_a_box_would_have_to_move_behind_another_the_strip_goes_on_anew():
    p, q, a = (ld.Box(name, x, x) for name in "pqa")
    c, join = ld.Box("c", ld.Ty(), x), ld.Box("join", x @ x, x)
    laws = {
        "constant": ld.Equation(a, ld.Discard(x) >> c),
        "mixed": ld.Equation(x @ ld.Copy(x) >> join @ x, ld.Id(x @ x)),
    }
    start = Derivation(p >> ld.Copy(x) >> x @ (a >> q), laws).rewrite("constant")
    ends = [str(diagram) for diagram in start.options("mixed", backwards=True)]
    place = ends.index("x @ c >> x @ q >> x @ Copy(x) >> join @ x >> p @ x")  # first p stood before q
    proof = start.rewrite("mixed", place, backwards=True).proof()
    rows, changes = rows_of(proof)
    assert [len(block) for block in blocks(rows, changes, {})] == [2, 2]
    assert proof.draw().svg.count("the same diagram, in new places:") == 1


def test_a_strip_that_becomes_much_wider_than_its_rows_goes_on_anew():
    derivation = Derivation(ld.Id(x).then(*[s] * 10), LAWS)
    for _ in range(6):
        first = len(derivation.options("inverse", backwards=True)) - 1
        derivation = derivation.rewrite("inverse", first, backwards=True).rewrite("idempotent")
    rows, changes = rows_of(derivation.proof())
    sizes = [len(block) for block in blocks(rows, changes, {})]
    assert len(sizes) > 1 and sum(sizes) == len(rows) + len(sizes) - 1


def test_a_row_that_is_too_wide_is_folded_and_its_columns_stay_in_place():
    laws = {"more": ld.Equation(f, f >> g)}
    proof = Derivation(ld.Id(x).then(*[s] * 12, f), laws).rewrite("more").proof()
    rows, changes = rows_of(proof)
    first, second = next(blocks(rows, changes, {}))
    assert len(first.parts) == len(second.parts) == 2
    assert [first.area(i) for i in range(12)] == [second.area(i) for i in range(12)]
    assert proof.draw().scene.width <= 1000


def test_the_lines_of_a_folded_row_begin_at_their_first_wire():
    laws = {"more": ld.Equation(f, f >> g)}
    proof = Derivation(ld.Discard(x @ x @ x) @ ld.Id(x).then(*[s] * 12, f), laws).rewrite("more").proof()
    rows, changes = rows_of(proof)
    for row in next(blocks(rows, changes, {})):
        areas = [row.area(box) for box in range(len(row.graph.boxes))]
        tops = [min(top for at, (_, top, _, _) in areas if at == line) for line in (0, 1)]
        assert len(row.parts) == 2 and tops[0] > 100 and tops[1] < 20, tops
        assert row.parts[1].height < 80 < row.parts[0].height


def test_an_identity_is_lit_where_the_boxes_were():
    proof = Derivation(s >> f >> g >> s, LAWS).rewrite("inverse").proof()
    rows, changes = rows_of(proof)
    before, after = next(blocks(rows, changes, {}))
    (_, first), (_, second) = after.lit(changes[0], True, before)
    boxes = [before.area(box)[1] for box in (1, 2)]
    assert [(left, right) for left, _, right, _ in (first, second)] == [(b[0], b[2]) for b in boxes]


def test_lemmas_come_first_and_too_many_boxes_are_a_typed_error():
    lemma = Derivation(f >> g >> f, LAWS).rewrite("inverse").proof(f, "short cut")
    used = Derivation(s >> f >> g >> f, [LAWS["inverse"].named("inverse"), lemma]).rewrite("short cut").proof()
    words = re.findall(r'font-weight="bold">([^<]*)<', used.draw().svg)
    assert words == ["lemma short cut", "inverse", "proof", "short cut"]
    huge = shrinking(1001, 1)
    with pytest.raises(ld.LimitExceeded, match="have 2,001 boxes, and a picture shows at most 2,000"):
        huge.draw()
    assert list(huge._repr_mimebundle_()) == ["text/plain"]


def test_threads_follow_a_box_through_all_diagrams():
    proof = Derivation(s >> f >> g >> s, LAWS).rewrite("inverse").rewrite("idempotent").proof()
    rows, changes = rows_of(proof)
    assert threads([len(row.boxes) for row in rows], changes) == [[0, 1, 2, 3], [0, 3], [4]]


@pytest.mark.skipif(not (ROOT / "docs").exists(), reason="needs the clone, not the wheel")
def test_the_strip_of_the_docs_is_the_picture_of_its_proof():
    picture = runpy.run_path(str(ROOT / "website" / "pictures" / "gallery.py"))["proofs"]()["turned twice"]
    shown, drawn = (ROOT / "docs" / "proof.svg").read_text(encoding="utf-8"), picture.svg
    assert shown.partition("</style>")[2] == drawn.partition("</style>")[2]
