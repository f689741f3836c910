"""Warnings about what teaches no box: labels, and the means that `over` draws."""

import warnings

import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

x, y, z, rows = ld.Ty("x"), ld.Ty("y"), ld.Ty("z"), ld.SampleSpace("rows")
a, label = rows.column("a", x), rows.column("label", z)
q, r, s = ld.Kernel("q", x, y), ld.Kernel("r", y, z), ld.Box("s", y, y)
known = ld.Kernel("known", y, y)
SPACES = {x: Euclidean(2), y: Finite(3, sample="straight-through"), z: Finite(4)}
MODULES = {q: nn.Linear(2, 3), r: nn.Linear(3, 4), s: lambda v: v.argmax(-1), known: lambda v: 9 * v}
sharp = ld.Constraint(
    "sharp", y @ ld.Discard(y), ld.Discard(y) @ y, over=a >> ld.Copy(x) >> q @ q, divergence="total_variation"
)
fit = ld.Constraint("fit", a >> q >> r, label)
cut = ld.Constraint("cut", a >> q >> s >> r, label)


def said(*constraints, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        objective = compile(ld.LearningDiagram(*constraints, **options), TorchFunctor(SPACES, MODULES))
    return objective, [str(each.message) for each in caught]


def test_a_term_that_compares_labels_teaches_nothing_also_beside_a_term_that_does():
    for others in ([], [fit]):
        _, texts = said(sharp, *others)
        (text,) = texts
        assert text.startswith("the term of constraint 'sharp' depends on 'q' through labels alone")


def test_a_box_that_reaches_the_loss_as_labels_alone_learns_nothing():
    """A frozen kernel in the place of the box passes the gradient, and so does a second term."""
    objective, texts = said(cut, frozen=[s])
    (text,) = texts
    assert text.startswith("the loss depends on 'q' through labels alone")
    batch = {"rows": {"a": torch.randn(8, 2), "label": torch.randint(4, (8,))}}
    assert objective.flow(batch).keys() == {"q"}
    for constraints, frozen in (([cut, fit], [s]), ([ld.Constraint("c", a >> q >> known >> r, label)], [known])):
        objective, texts = said(*constraints, frozen=frozen)
        assert not texts and "q" not in objective.flow(batch)


def test_a_detached_side_is_no_reason_for_a_warning():
    _, texts = said(ld.Constraint("c", a >> q >> r, a >> q >> known >> r, detach="rhs"), frozen=[known])
    assert not texts
