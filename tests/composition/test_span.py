"""Spans: every symbol stands in the panel of its learning diagram, glued ones on sand, renamed ones with both names."""

from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.editing.symbol import symbols
from strategies import glue_or_reject, gluings, small_learning_diagrams


def classifier(task, backbone):
    rows, image, digit = ld.SampleSpace(f"{task} rows"), ld.Ty("image"), ld.Ty(f"{task} label")
    encode, classify = ld.Box(backbone, image, ld.Ty("feature")), ld.Kernel("classify", ld.Ty("feature"), digit)
    x, y = rows.column("x", image), rows.column("y", digit)
    return ld.LearningDiagram(ld.Constraint("fit", x >> encode >> classify, y), name=task)


CATS, DOGS = classifier("cats", "backbone"), classifier("dogs", "trunk")


def panels(colimit):
    """For each panel its title, the boxes in it, the texts in it, and the number of sands."""
    svg = "{http://www.w3.org/2000/svg}"
    groups = ElementTree.fromstring(colimit.draw().svg).iter(f"{svg}g")
    for group in groups:
        if len(group) and group[0].get("class") == "rule":
            texts = ["".join(text.itertext()) for text in group.iter(f"{svg}text")]
            boxes = [node.get("data-box") for node in group.iter(f"{svg}g") if node.get("data-box")]
            sands = sum(node.get("class") == "sand" for node in group.iter())
            yield texts[0], boxes, texts, sands


def test_the_shared_part_the_parts_and_the_result_are_there_with_both_names():
    glued = ld.colimit({"a": CATS, "b": DOGS}, [{"a": "backbone", "b": "trunk"}])
    (shared, boxes, texts, sands), first, second, result = panels(glued)
    assert (shared, boxes, sands) == ("shared", ["backbone"], 3) and "a backbone = b trunk" in texts
    assert [first[0], second[0], result[0]] == ["a: cats", "b: dogs", "glued"]
    assert [panel[3] for panel in (first, second, result)] == [3, 3, 3]
    assert "→ backbone" in second[2] and "→ backbone" not in first[2] and "→ a.classify" in first[2]
    assert {"a.classify", "b.classify", "backbone"} <= set(result[1]) and "b classify" in result[2]


def test_a_coproduct_has_no_shared_part_and_no_sand():
    beside = ld.colimit({"a": CATS, "b": DOGS})
    titles = [(title, sands) for title, _, _, sands in panels(beside)]
    assert titles == [("a: cats", 0), ("b: dogs", 0), ("side by side", 0)]
    assert ld.colimit({}).draw().scene.width == 1000


def test_constraints_of_equal_content_are_glued_too():
    names = "backbone", "classify", "cats rows.x", "cats rows.y"
    twice = ld.colimit({"a": CATS, "b": CATS}, [{"a": name, "b": name} for name in names])
    (_, _, texts, _), *_ = panels(twice)
    assert "fit" in texts


def test_axioms_stand_in_the_parts_and_renamed_ones_have_both_names():
    x = ld.Ty("x")
    f, g = ld.Box("f", x, x), ld.Box("g", x, x)
    one = ld.LearningDiagram(axioms={"p": ld.Equation(f >> f, f)})
    two = ld.LearningDiagram(axioms={"q": ld.Equation(f >> f, f), "p": ld.Equation(g >> g, g)})
    glued = ld.colimit({"l": one, "m": two}, [{"l": "f", "m": "f"}])
    shared, first, second, result = (texts for _, _, texts, _ in panels(glued))
    assert "l p = m q" in shared and "p" in first and "→ p" not in first
    assert {"q", "→ p", "p", "→ m.p"} <= set(second) and {"l p = m q", "m p"} <= set(result)
    assert "axiom 'q' of m becomes axiom 'p'" in glued.draw().svg.replace("&#x27;", "'")


@settings(max_examples=15)
@given(st.data())
def test_every_symbol_stands_in_its_panel_and_sand_lies_under_what_is_glued(data):
    parts = {at: data.draw(small_learning_diagrams()) for at in "ab"}
    colimit = glue_or_reject(parts, data.draw(gluings(parts)))
    picture = colimit.draw()
    assert picture.scene.width <= 1000 and picture.svg == colimit.draw().svg
    images = [set(injection.images.values()) for injection in colimit.injections.values()]
    glued = {s for i, own in enumerate(images) for s in own if any(s in other for other in images[:i])}
    found = {title: (boxes, sands) for title, boxes, _, sands in panels(colimit)}
    for at, injection in colimit.injections.items():
        boxes, sands = next(value for title, value in found.items() if title.partition(":")[0] == at)
        assert sands == sum(image in glued for image in injection.images.values())
        assert len(boxes) == sum(symbol.kind in ("box", "column") for symbol in injection.images)
    assert ("shared" in found) == bool(glued)
    whole = found["glued" if glued else "side by side"]
    assert len(whole[0]) == sum(s.kind in ("box", "column") for s in symbols(colimit.diagram))
