"""What stands on the board in the lecture: the diagrams, and the pictures that the library draws of them."""

from __future__ import annotations

from course.readings import relabelled

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.drawing.diagram_picture import MARGIN, pasting_picture
from learning_diagrams.drawing.elements.look import looks_of
from learning_diagrams.drawing.elements.stacking import below, framed
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.page.equations import Row, equation_rows
from learning_diagrams.drawing.page.loss_text import loss_line
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.presentation.pasting import TwoCell, whisker

# distillation
distillation = regimes.distillation()
image, digit = ld.Ty("image"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
teacher, student = ld.Kernel("teacher", image, digit), ld.Kernel("student", image, digit)
school = ld.LearningDiagram(ld.Constraint("supervised", pixels >> teacher, label), name="school")
labelled = ld.LearningDiagram(ld.Constraint("supervised", pixels >> student, label), name="labels only")
silent = ld.LearningDiagram(
    ld.Constraint("distilled", pixels >> student, pixels >> teacher), frozen=[teacher], name="no labels"
)

# wires and boxes
x, feature, name = ld.Ty("x"), ld.Ty("feature"), ld.Ty("name")
f, g, h = (ld.Box(letter, x, x) for letter in "fgh")
k, mix = ld.Kernel("k", x, x), ld.Box("mix", x @ x, x)
copy, discard = ld.Copy(x), ld.Discard(x)
encode, classify = ld.Box("encode", image, feature), ld.Kernel("classify", feature, name)
anna = encode >> ld.Copy(feature) >> classify @ feature
cleo = ld.Copy(image) >> (encode >> classify) @ encode

# functors
SHAPES = {"image": "28 × 28", "feature": "16", "name": "10", "encode": "28 × 28 → 16", "classify": "16 → 10"}
TENSORS = {"image": "X", "feature": "H", "name": "logits", "encode": "tanh(A X + a)", "classify": "B H + b"}
COSTS = {"image": "0", "feature": "25088", "name": "25408", "encode": "+ 25088", "classify": "+ 320"}
dx, dy = ld.Ty("dx"), ld.Ty("dy")
mean = ld.Ty("y")
ahead, error = ld.Box("f", x, mean), ld.Box("g", mean, ld.Ty("z"))
back_f, back_g = ld.Box("f*", x @ dy, dx), ld.Box("g*", mean @ ld.Ty("dz"), dy)
backward = ld.diagram(x @ ld.Ty("dz"), dx)(lambda a, dz: back_f(a, back_g(ahead(a), dz)))

# kernels
animal, word = ld.Ty("animal"), ld.Ty("word")
prior, likelihood = ld.Kernel("prior", ld.Ty(), animal), ld.Kernel("annotate", animal, word)
evidence, inverse = ld.Kernel("evidence", ld.Ty(), word), ld.Kernel("inverse", word, animal)
side = ld.Ty("side")
coin = ld.Kernel("coin", ld.Ty(), side)
joint = prior >> ld.Copy(animal) >> animal @ likelihood
inverted = evidence >> ld.Copy(word) >> inverse @ word
augment, compare = ld.Kernel("augment", image, image), ld.Box("compare", image @ image, ld.Ty("score"))

# squares and pastings
mask = ld.Ty("mask")
rotate, rotate_mask = ld.Box("rotate", image, image), ld.Box("rotate_mask", mask, mask)
segment = ld.Box("segment", image, mask)
turning = ld.Square(segment, rotate_mask, rotate, segment, name="turns")
scene = ld.Ty("scene")
render, turn_scene = ld.Box("render", scene, image), ld.Box("turn", scene, scene)
rendering = ld.Square(render, rotate, turn_scene, render, name="render")
pasted = rendering.beside(turning)
number = ld.Ty("number")
first, first_, second, second_ = (ld.Box(letter, number, number) for letter in ("f", "f'", "g", "g'"))
a, b = TwoCell("a", first, first_), TwoCell("b", second, second_)
nothing = ld.Id(number)
a_first = whisker(nothing, a, second) >> whisker(first_, b, nothing)
b_first = whisker(first, b, nothing) >> whisker(nothing, a, second_)

# gluing
reader = ld.LearningDiagram(
    ld.Constraint("reads", pixels >> encode >> ld.Kernel("which", feature, digit), label), name="reader"
)
photos = ld.SampleSpace("photos")
sorter = ld.LearningDiagram(
    ld.Constraint(
        "sorts",
        photos.column("photo", image) >> ld.Box("embed", image, feature) >> ld.Kernel("odd", feature, ld.Ty("parity")),
        photos.column("answer", ld.Ty("parity")),
    ),
    name="sorter",
)
glued = ld.colimit({"a": reader, "b": sorter}, [{"a": "encode", "b": "embed"}])

# proofs
flip, mirror, same = ld.Box("flip", x, x), ld.Box("mirror", x, x), ld.Id(x)
FLIPS = {
    "flip twice": ld.Equation(flip >> flip, same),
    "mirror twice": ld.Equation(mirror >> mirror, same),
    "both twice": ld.Equation(flip >> mirror >> flip >> mirror, same),
}
order = ld.Equation(flip >> mirror, mirror >> flip, "order")
pack, unpack = ld.Box("pack", x @ x, x), ld.Box("unpack", x, x @ x)
equivariant = ld.Equation(rotate >> segment, segment >> rotate_mask, "equivariant")
turned_twice = ld.Equation(rotate >> rotate >> segment, segment >> rotate_mask >> rotate_mask)


def pair(lhs: ld.Diagram, rhs: ld.Diagram, sign: str = "=") -> Picture:
    """Two diagrams with a sign between them: "=", "≠", or "⇒" from a prediction to its reference."""
    row = Row("", ld.Equation(lhs, rhs).graphs, (), is_axiom=sign != "⇒", sign=sign)
    text = f"{lhs} {sign} {rhs}"
    return Picture(framed(equation_rows([row], {}), MARGIN), text, text)


def graph(diagram: ld.LearningDiagram) -> Picture:
    """The learning graph alone, without the rows of equations, loss and legend."""
    whole = diagram.draw()
    return Picture(framed(learning_graph(diagram, looks_of(diagram)), MARGIN), whole.title, whole.description)


def reading(names: dict[str, str]) -> Picture:
    """Anna's diagram with what a reading makes of its wires and boxes."""
    return ld.draw(relabelled(anna, names))


def powers(n: int) -> ld.Diagram:
    """A program that uses the result of each step twice."""
    return ld.Id(x).then(*[copy >> mix] * n)


def two_draws() -> Picture:
    """The model that tells a copied draw from two draws."""
    return ld.equal(coin >> ld.Copy(side), coin @ coin, evidence=True).draw()


def three_axioms() -> Picture:
    """The proof that the order of two flips is irrelevant."""
    return ld.prove(order, FLIPS).draw()


def two_axioms() -> Picture:
    """The countermodel, as its tables: with one axiom fewer the order matters."""
    refuted = ld.prove(order, {key: FLIPS[key] for key in ("flip twice", "mirror twice")})
    claim, tables = pair(order.lhs, order.rhs, "≠"), refuted.model.draw()
    return Picture(below([claim.scene, tables.scene], 0), claim.title, tables.description)


def with_formula(diagram: ld.LearningDiagram) -> Picture:
    """The learning graph, and its loss below."""
    drawn = graph(diagram)
    formula = framed(loss_line(diagram, looks_of(diagram)), MARGIN)
    return Picture(below([drawn.scene, formula], 0, centred=True), drawn.title, drawn.description)


def by_equivariance() -> Picture:
    """The proof that two turns follow from one."""
    return ld.prove(turned_twice, [equivariant]).draw()


PASTINGS = {
    "a first": lambda: pasting_picture(a_first, "1 + 9 = 10"),
    "b first": lambda: pasting_picture(b_first, "4 + 1 = 5"),
}
