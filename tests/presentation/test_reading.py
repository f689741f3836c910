"""A constraint is read once: how often diagrams are read and normalised in all that is done with it."""

import pytest
from hypothesis import given

import learning_diagrams as ld
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.presentation.almost_sure import joint_with_source
from learning_diagrams.presentation.gradient_reach import reached
from learning_diagrams.semantics.program.explanation import explain
from strategies import ROWS, columns, parallel_pairs

x, y = ld.Ty("x"), ld.Ty("y")
point, label = ROWS.column("point", x), ROWS.column("label", y)
BOXES = [ld.Box(f"f{i}", x, y) for i in range(11)]


def pointwise(i=0):
    return ld.Constraint(f"c{i}", point >> BOXES[i], label)


def over(i=0):
    return ld.Constraint(f"c{i}", BOXES[i], BOXES[i + 1], over=point)


def in_law(i=0):
    return ld.Constraint(f"c{i}", ROWS.state >> point >> BOXES[i], ROWS.state >> label)


def compiled(diagram):
    torch = pytest.importorskip("torch")
    from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile

    return compile(diagram, TorchFunctor({x: Euclidean(1), y: Euclidean(1)}, {b: torch.nn.Linear(1, 1) for b in BOXES}))


@pytest.fixture
def count(monkeypatch):
    """The number of diagrams read, and of port graphs normalised, since the test began."""
    counts = {"read": 0, "normalised": 0}
    read = PortGraph.from_diagram.__func__

    def counted_read(cls, *arguments, **options):
        counts["read"] += 1
        return read(cls, *arguments, **options)

    def counted_normalise(*arguments, **options):
        counts["normalised"] += 1
        return normalise(*arguments, **options)

    monkeypatch.setattr(PortGraph, "from_diagram", classmethod(counted_read))
    for module in ("presentation.equation", "presentation.reading", "equality.theory"):
        monkeypatch.setattr(f"learning_diagrams.{module}.normalise", counted_normalise)
    return counts


@pytest.mark.parametrize("constraints", [1, 10])
@pytest.mark.parametrize(
    ("make", "readings", "normal_forms"),
    # An `over` is a third diagram: it is normalised for the digest, and each side once more beside it.
    [(pointwise, 2, 2), (in_law, 2, 2), (over, 3, 5)],
)
def test_each_diagram_of_a_constraint_is_read_once(count, make, readings, normal_forms, constraints):
    diagram = ld.LearningDiagram(*(make(i) for i in range(constraints)))
    for use in (compiled, explain, ld.LearningDiagram.digest, lambda d: [*map(reached, d.constraints)], compiled):
        use(diagram)
    assert count == {"read": readings * constraints, "normalised": normal_forms * constraints}


@pytest.mark.parametrize(("make", "constraints", "readings"), [(pointwise, 1, 12), (pointwise, 10, 30), (over, 1, 13)])
def test_a_review_reads_each_assertion_once(count, make, constraints, readings):
    """Beside the readings of the constraints: equations over a source, with constants, and of constant columns."""
    ld.review(ld.LearningDiagram(*(make(i) for i in range(constraints))))
    assert count["read"] == readings


def test_a_picture_reads_nothing(count):
    ld.LearningDiagram(pointwise(), over(1)).draw()
    assert count["read"] == 5  # of the signature


def test_computed_values_do_not_travel_with_a_pickle():
    constraint = over()
    constraint.reading.assertion, constraint.canonical  # noqa: B018
    assert set(constraint.__getstate__()) == {"name", "lhs", "rhs", "over", "divergence", "weight", "detach"}


@given(parallel_pairs(min_cod=1))
def test_shared_forms_are_those_of_the_diagrams(pair):
    """Law: joints are the normal forms of `source >> copy >> A @ side`, whether or not a source is given."""
    lhs, rhs = pair
    source = columns(lhs.dom)
    for constraint in (ld.Constraint("c", lhs, rhs, over=source), ld.Constraint("c", source >> lhs, source >> rhs)):
        at = PortGraph.from_diagram(constraint.source)
        sides = [PortGraph.from_diagram(side) for side in (constraint.lhs, constraint.rhs)]
        assert constraint.reading.sides == tuple(map(normalise, sides))
        assert constraint.reading.joints == tuple(normalise(joint_with_source(at, side)) for side in sides)
