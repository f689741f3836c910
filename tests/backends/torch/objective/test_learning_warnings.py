"""Warnings about what teaches no box: labels, and the means that `over` draws."""

import warnings

import pytest
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


def test_an_update_names_a_frozen_box_that_is_trained_since_its_constraints_left():
    """A box that `unfreeze` thaws, or that stays frozen, is not named."""
    teacher = ld.Kernel("teacher", y, z)
    sides = a >> q >> r, a >> q >> teacher
    copied, other = ld.Constraint("copied", *sides, divergence="jensen_shannon"), ld.Constraint("other", *sides)
    old = ld.LearningDiagram(fit, copied, frozen=[teacher])
    edits = {
        "lost": old.without("copied").add(other),
        "of the same name": old.without("copied").add(ld.Constraint("copied", *sides)),
        "kept": old.add(other).without("copied"),
        "thawed": old.add(other).reweight({"copied": 0.5}).unfreeze(teacher),
        "gone": old.without("copied"),
    }
    named = {}
    for name, edited in edits.items():
        objective = compile(old, TorchFunctor(SPACES, MODULES | {teacher: nn.Linear(3, 4)}))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            objective.update(edited)
        named[name] = [text for each in caught if "trained from now on" in (text := str(each.message))]
    assert [name for name, texts in named.items() if texts] == ["lost", "of the same name"]
    assert named["lost"][0].startswith("box 'teacher' was frozen, and is trained from now on")


def test_an_update_names_a_box_that_follows_no_other_any_more():
    slow = ld.Kernel("slow", y, z)
    old = ld.LearningDiagram(fit, ld.Constraint("near", a >> q >> r, a >> q >> slow), ema={slow: (r, 0.9)})
    new = old.without("near").add(ld.Constraint("nearer", a >> q >> r, a >> q >> slow, weight=2.0))
    objective = compile(old, TorchFunctor(SPACES, MODULES | {slow: nn.Linear(3, 4)}))
    with pytest.warns(UserWarning, match="box 'slow' followed another, and is trained from now on"):
        objective.update(new)
