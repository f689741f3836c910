"""Writes the marks of the picture language, one small picture each, into docs/pictures: `make regimes`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import text_width
from learning_diagrams.drawing.elements.look import looks_of
from learning_diagrams.drawing.elements.plates import Look, plate
from learning_diagrams.drawing.elements.stacking import below, in_rows
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.graph.places.node import Node
from learning_diagrams.drawing.page.equations import equation_rows, rows_of
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.drawing.strings.string_picture import string_diagram

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
MARGIN = 24
x, y, z = ld.Ty("image"), ld.Ty("code"), ld.Ty("class")
rows, others = ld.SampleSpace("photos"), ld.SampleSpace("paintings")
f, g, h = ld.Box("encode", x, y), ld.Box("decode", y, x), ld.Kernel("classify", x, z)


def named(pairs: Sequence[tuple[str, Scene]]) -> Scene:
    """Scenes beside one another, each with a line below it."""
    parts = []
    for text, scene in pairs:
        line = Scene(text_width(text, 12), 16, (svg.line_of_text(0, 12, text, 12, "muted"),))
        parts.append(below([scene, line], 12, centred=True))
    return below(in_rows(parts, 40), 28)


def plates(*looks: tuple[str, str, Look]) -> Scene:
    return named([(text, Scene(130, 32, (plate(65, 16, name, look, 1),))) for text, name, look in looks])


def strings(*pairs: tuple[str, ld.Diagram]) -> Scene:
    return named([(text, string_diagram(PortGraph.from_diagram(diagram), {})) for text, diagram in pairs])


def graph(*constraints: ld.Constraint, **options: object) -> Scene:
    return learning_graph(ld.LearningDiagram(*constraints, **options))


def nodes() -> Scene:
    drum, name = Node("photos", True, 60, 34), Node("image", False, 60, 34)
    return named(
        [
            ("a sample space", Scene(120, 68, tuple(drum.elements()))),
            ("an object", Scene(120, 68, tuple(name.elements()))),
        ]
    )


def kinds() -> Scene:
    return plates(
        ("a function", "encode", Look("function")),
        ("a kernel", "classify", Look("kernel")),
        ("a column", "pixels", Look("column")),
        ("a state: from no input", "noise", Look("kernel", pointed=True)),
    )


def training() -> Scene:
    return plates(
        ("trained", "student", Look("kernel", "trained")),
        ("frozen", "teacher", Look("kernel", "frozen")),
        ("a moving average", "teacher", Look("kernel", "follower")),
        ("given by a theory", "rotate", Look("function")),
    )


def face() -> Scene:
    other = ld.Kernel("teach", x, z)
    return graph(ld.Constraint("agree", h, other, over=rows.column("pixels", x), weight=0.5), frozen=[other])


def loop() -> Scene:
    return graph(ld.Constraint("told", f >> g, ld.Id(x), over=rows.column("pixels", x)))


def shared() -> Scene:
    there = ld.Constraint("there", f >> g, ld.Id(x), over=rows.column("pixels", x))
    return graph(there, ld.Constraint("back", g >> f, ld.Id(y), over=others.column("codes", y)))


def weight() -> Scene:
    number = ld.Ty("number")
    scale, positive = ld.Box("scale", ld.Ty(), number), ld.Box("exp", number, number)
    constraint = ld.Constraint("told", rows.column("pixels", x) >> h, rows.column("label", z), weight=scale >> positive)
    return graph(constraint, frozen=[positive])


def ending() -> Scene:
    turn = ld.Box("turn", x, x)
    return graph(ld.Constraint("invariant", turn >> h, h, over=rows.column("pixels", x)))


def axiom() -> Scene:
    return learning_graph(ld.LearningDiagram(axioms=[ld.Equation(f >> ld.Box("read", y, z), h, "factors")]))


def stops() -> Scene:
    data, label = rows.column("pixels", x), rows.column("label", z)
    side = ld.Constraint("side", data >> h, data >> ld.Kernel("teach", x, z), detach="rhs")
    diagram = ld.LearningDiagram(ld.Constraint("box", data >> f >> ld.Box("read", y, z), label, detach=f))
    return below([graph(side), equation_rows(rows_of(diagram), looks_of(diagram))], 28)


def square() -> Scene:
    left, right = rows.column("picture", x), rows.column("caption", ld.Ty("text"))
    return graph(ld.Constraint("aligned", left >> f, right >> ld.Box("read", ld.Ty("text"), y)))


def law() -> Scene:
    data = rows.state >> rows.column("photo", x)
    return graph(ld.Constraint("alike", ld.Kernel("noise", ld.Ty(), y) >> g, data))


def strands() -> Scene:
    join = ld.Box("join", y @ y, z)
    pair = ld.Copy(rows.ty) >> rows.column("left", x) @ rows.column("right", x)
    return graph(ld.Constraint("same", pair >> f @ f >> join, rows.column("label", z)))


def follower() -> Scene:
    slow = ld.Kernel("slow", x, z)
    return graph(ld.Constraint("agree", h, slow, over=rows.column("pixels", x)), ema={slow: (h, 0.99)})


def game() -> Scene:
    return learning_graph(regimes.gan())


def wires() -> Scene:
    return strings(
        ("copy", f >> ld.Copy(y)),
        ("discard", f >> ld.Discard(y)),
        ("swap", ld.Swap(x, y)),
    )


def draws() -> Scene:
    k, use = ld.Kernel("draw", x, y), ld.Box("use", y @ y, z)
    return strings(("one draw, used twice", k >> ld.Copy(y) >> use), ("two draws", ld.Copy(x) >> k @ k >> use))


def directions() -> Scene:
    diagram = f >> ld.Copy(y) >> g @ ld.Kernel("classify", y, z)
    return named([(way, ld.draw(diagram, direction=way).scene) for way in ("right", "down", "up")])


def folding() -> Scene:
    return string_diagram(PortGraph.from_diagram(ld.Id(x).then(*[f, g] * 6)), {})


def equations() -> Scene:
    told = ld.Constraint("told", rows.column("pixels", x) >> f >> g, rows.column("pixels", x), weight=0.5)
    turn = ld.Box("turn", x, x)
    diagram = ld.LearningDiagram(told, axioms=[ld.Equation(turn >> turn, ld.Id(x), "turns")])
    return equation_rows(rows_of(diagram), {})


def tables() -> Scene:
    return ld.equal(h >> ld.Copy(z), ld.Copy(x) >> h @ h, evidence=True).draw().scene


MARKS: Mapping[str, Callable[[], Scene]] = {
    mark.__name__: mark
    for mark in (
        nodes, kinds, training, face, ending, weight, loop, shared, square, law, strands, follower, game, axiom, stops,
        wires, draws, directions, folding, equations, tables,
    )
}  # fmt: skip


def picture(name: str) -> Picture:
    """The picture of a mark, in a frame of paper that follows the reader's theme."""
    scene = MARKS[name]()
    framed = Scene(scene.width + 2 * MARGIN, scene.height + 2 * MARGIN, (scene.at(MARGIN, MARGIN),))
    return Picture(framed, name, f"the mark {name} of the picture language")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in MARKS:
        picture(name).save(FOLDER / f"{name}.svg")
