"""The errors: type and text of every error that a user can meet; each says what, where, what was given, what to do."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams import NonFiniteTerm, ParseError, TypeMismatch, UnknownName
from learning_diagrams.backends.torch import Euclidean, Finite, Space, TorchFunctor, compile, fit
from learning_diagrams.errors import (
    CompileError,
    DataError,
    DuplicateName,
    FalseAxiom,
    FileError,
    InvalidWeight,
    LimitExceeded,
    brief,
    plural,
)

image, feature, digit = ld.Ty("image"), ld.Ty("feature"), ld.Ty("digit")
digits, other = ld.SampleSpace("digits"), ld.SampleSpace("other")
pixels, label, target = digits.column("pixels", image), digits.column("label", digit), other.column("target", feature)
encode, back = ld.Box("encode", image, feature), ld.Box("back", feature, image)
start, argmax = ld.Box("start", ld.Ty(), image), ld.Box("argmax", image, digit)
noise = ld.Kernel("noise", image, feature)
student, teacher = ld.Kernel("student", image, digit), ld.Kernel("teacher", image, digit)
split, embed = ld.Box("split", image, feature @ feature), ld.Box("embed", digit, feature)
clash = ld.Box("clash", image, ld.Ty("digits"))
loops = [ld.Box(name, image, image) for name in "abc"]

X, Y = torch.zeros(8, 4), torch.arange(8) % 2
DATA = {"digits": {"pixels": X, "label": Y}}
PIXELS = {"digits": {"pixels": X}}
INFINITE = {"digits": {"pixels": X / 0, "label": Y}}
OUTPUT = SimpleNamespace(logits=X)  # as the models of Hugging Face return
PAIRED = {"digits": {"pixels": X}, "other": {"target": X[:3, :3]}}
SPACES = {"image": Euclidean(4), "feature": Euclidean(3), "digit": Finite(2)}
fitted = ld.Constraint("fit", pixels >> student, label)
d = ld.LearningDiagram(fitted)


def same(lhs, rhs, **options):
    return ld.Constraint("c", lhs, rhs, **options)


def fit_with(**options):
    return ld.Constraint("fit", pixels >> student, label, **options)


def functor(spaces=SPACES, **modules):
    return TorchFunctor(ob=spaces, ar=modules)


def linear(n=4, m=2):
    return nn.Linear(n, m)


def loss(constraint=fitted, frozen=(), **modules):
    return compile(ld.LearningDiagram(constraint, frozen=frozen), functor(**modules or {"student": linear()}))


def made_with_axiom():
    diagram = ld.LearningDiagram(fitted, axioms={"undo": ld.Equation(loops[0] >> loops[1], ld.Id(image))})
    return compile(diagram, functor(student=linear(), a=torch.sin, b=torch.cos))


def encoded(module):
    """A box image → feature with this module, where image is Euclidean(4) and feature Euclidean(3)."""
    return loss(same(pixels >> encode >> back, pixels), encode=module, back=linear(3, 4))


def batch(**columns):
    return loss()({"digits": {**DATA["digits"], **columns}})


def written(function, dom=image, cod=feature):
    return ld.diagram(dom, cod)(function)


def foreign():
    leaked = []
    written(lambda x: leaked.append(x) or encode(x))
    written(lambda x: encode(leaked[0]))


def narrow(x):
    raise ValueError("9 pixels are needed")


def needs_values(x):
    return torch.zeros(len(x), 7 if x.sum().item() == 0 else 2)


def embedded():
    return {"student": linear(), "embed": nn.Embedding(2, 3), "encode": linear(4, 3)}


def tied():
    first, second = linear(), linear()
    second.weight = first.weight
    functor(student=first, teacher=second)


shared = linear()
half = same(pixels @ ld.Discard(other.ty) >> encode, ld.Discard(digits.ty) @ target)
far, near = (ld.Box(name, image @ image, image) for name in ("far", "near"))
twice = same(pixels @ pixels >> far, pixels @ pixels >> near)
distilled = ld.Constraint("distilled", pixels >> student, pixels >> teacher)
mixed = ld.LearningDiagram(same(pixels >> encode, pixels >> noise, divergence="squared_error"))
nan, inf = float("nan"), float("inf")
BELOW_0 = "; a factor below 0 is what the module of a box from I returns: weight=BOX, in files {box: BOX}"

# name, what provokes it, type, the message or its first line
TABLE = [
    # diagrams
    ("compose", lambda: pixels >> label, TypeMismatch,
     "these do not compose: the left side ends in image, the right side starts from digits"),
    ("compose-type", lambda: student >> digit, TypeMismatch,
     "only diagrams compose by >>, got the type digit; a type stands beside a diagram, as f @ x, or in Id(digit)"),
    ("box-on-data", lambda: ld.LearningDiagram(same(ld.Box("f", digits.ty, image), pixels)), TypeMismatch,
     "box 'f' touches the sample space 'digits'; only columns and states do: compose 'f' with a column"),
    # constraints
    ("parallel", lambda: ld.Constraint("fit", pixels >> student, pixels), TypeMismatch,
     "the sides of constraint 'fit' are not parallel:"),
    ("side", lambda: ld.Constraint("fit", image, student), TypeMismatch,
     "the left side of constraint 'fit' must be a diagram, got the type image; write Id(image) for the identity on "
     "a type"),
    ("no-source", lambda: ld.Constraint("fit", student, teacher), TypeMismatch,
     "constraint 'fit' has no source: its domain image is not a product of sample spaces; give over=, a diagram from "
     "a sample space into image, such as a column"),
    ("codomain-I", lambda: same(pixels >> ld.Discard(image), ld.Discard(digits.ty)), TypeMismatch,
     "constraint 'c' ends in I, so there is nothing to compare; let its sides end in an object"),
    ("over-cod", lambda: same(student, teacher, over=label), TypeMismatch,
     "over= of constraint 'c' ends in digit, its sides start from image"),
    ("divergence-count", lambda: fit_with(divergence=["kl", "kl"]), TypeMismatch,
     "constraint 'fit' gives 2 divergences for 1 output wire (digit); give one, or one for each wire"),
    *(
        (f"weight-{w}", lambda w=w: fit_with(weight=w), InvalidWeight,
         f"the weight of constraint 'fit' must be a finite number ≥ 0, got {w!r}{BELOW_0 if w == -1 else ''}")
        for w in (nan, -1, inf, True, "0.5", None)
    ),
    # learning diagrams
    ("two-constraints", lambda: ld.LearningDiagram(fitted, fitted), DuplicateName,
     "two constraints are named 'fit'; give each a name of its own"),
    ("two-boxes", lambda: d.add(same(pixels >> ld.Box("student", image, feature), pixels >> encode)), DuplicateName,
     "box 'student' is declared twice: as Box image → feature and as Kernel image → digit; a name has one meaning"),
    ("object-and-space", lambda: d.add(same(pixels >> clash, pixels >> clash)), DuplicateName,
     "'digits' names an object and a sample space; give one of them another name"),
    ("frozen", lambda: ld.LearningDiagram(fitted, frozen=["studnet"]), UnknownName,
     "no box that a term uses is named 'studnet'; did you mean 'student'? known: 'student'"),
    ("frozen-str", lambda: ld.LearningDiagram(fitted, frozen="student"), TypeMismatch,
     "frozen= takes a list of boxes, as in frozen=[teacher]; got 'student'"),
    ("unfreeze", lambda: d.unfreeze(student), UnknownName, "box 'student' is not frozen; known: none"),
    *(
        (name, edit, UnknownName, "no constraint is named 'fti'; did you mean 'fit'? known: 'fit'")
        for name, edit in (
            ("without", lambda: d.without("fti")),
            ("restrict", lambda: d.restrict("fti")),
            ("reweight", lambda: d.reweight({"fti": 2})),
        )
    ),
    ("rename-clash", lambda: d.add(distilled).rename({"student": "teacher"}), DuplicateName,
     "box 'student' and box 'teacher' would both be named 'teacher'"),
    ("rename-two-things", lambda: d.rename({"fit": "student"}).rename({"student": "s"}), DuplicateName,
     "'student' names more than one symbol (box and constraint); pass the symbol itself instead"),
    ("rename-unknown", lambda: d.rename({teacher: "s"}), UnknownName,
     "there is no box named 'teacher'; known: 'student'"),
    ("substitute-types", lambda: d.substitute({student: encode}), TypeMismatch,
     "box 'student' : image → digit cannot be replaced by a diagram image → feature: encode"),
    ("substitute-stochastic", lambda: mixed.substitute({encode: noise}), TypeMismatch,
     "box 'encode' is deterministic, and noise is not, because of the kernel 'noise'; declare 'encode' as a Kernel, "
     "or 'noise' as a Box"),
    ("paths", lambda: ld.path_equations(loops, max_length=9), LimitExceeded,
     "the boxes have 435818526 path equations up to length 9, more than the limit 10000; lower max_length or raise "
     "limit="),
    ("text", lambda: d.rename({"student": "a b"}).to_dict(), ParseError,
     "the box name 'a b' cannot be written as text: a name is words of letters, digits and underscores, joined by "
     "dots, and not I; give it another name, in a learning diagram by .rename({'a b': …})"),
    ("draw", lambda: d.draw("a"), FileError, "cannot draw to 'a': the name must end in .svg, .png, .pdf, .tikz, .tex"),
    # wires
    ("wire-type", lambda: written(lambda x: encode(encode(x))), TypeMismatch,
     "encode takes wires of type image, got feature"),
    ("wire-count", lambda: written(lambda x: encode(x, x)), TypeMismatch,
     "encode takes wires of type image, got image @ image"),
    ("wire-foreign", foreign, TypeMismatch,
     "encode was called on wire 0 : image, which belongs to a diagram that is written already"),
    ("wire-outside", lambda: encode("x"), TypeMismatch,
     "encode was called on 'x': boxes are called on wires, inside a function under @ld.diagram; outside, compose "
     "them by >> and @"),
    ("wire-no-wire", lambda: written(lambda x: encode("x")), TypeMismatch, "encode takes wires of type image, got 'x'"),
    ("return-type", lambda: written(lambda x: x), TypeMismatch,
     "<lambda> must return wires of type feature, got image"),
    ("return-nothing", lambda: written(lambda x: None), TypeMismatch,
     "<lambda> must return wires of type feature, got none"),
    ("unpack", lambda: written(lambda x: [*encode(x)]), TypeMismatch,
     "one wire of type feature cannot be unpacked: the box that made it has one output"),
    # functor
    ("no-space", lambda: functor({"image": Euclidean(4)})(digit), UnknownName,
     "object 'digit' has no space; give one in ob=, or spaces= of update; known: 'image'"),
    ("no-module", lambda: loss(studnet=linear()), UnknownName,
     "box 'student' has no module; give one in ar=, or modules= of update; did you mean 'studnet'? known: 'studnet'"),
    ("space-shape", lambda: Space(3), CompileError, "the shape of a space is a tuple, as in Space((3, 4)), got 3"),
    ("space-size", lambda: Finite(0), CompileError, "Finite takes a number of outcomes ≥ 1, as in Finite(10); got 0"),
    ("module-kind", lambda: functor(student=3), TypeMismatch,
     "the module of box 'student' must be callable, got 3; a constant is lambda: value"),
    ("one-module", lambda: functor(student=shared, teacher=shared), DuplicateName,
     "the module of box 'teacher' is also that of box 'student'; sharing is written in the diagram, by using one box "
     "twice"),
    ("one-parameter", tied, DuplicateName,
     "'weight' of the module of box 'teacher' is also that of box 'student'; sharing is written in the diagram, by "
     "using one box twice"),
    # compile
    ("in-law", lambda: loss(same(digits.state >> pixels, start, divergence="absolute"), start=lambda: X[0]),
     CompileError,
     "constraint 'c' starts from I, so its sides are compared in law, and divergence 'absolute' compares row by row on "
     "Euclidean(4); what fits: 'mmd', 'energy_distance', 'sliced_wasserstein'; or give over="),
    ("trained-labels", lambda: loss(same(pixels >> argmax, label), argmax=linear()), CompileError,
     "box 'argmax' is trained and ends in Finite(2), but a function into labels has no gradient; use "
     "Kernel('argmax', …), whose module returns logits"),
    ("labels-feed", lambda: loss(same(pixels >> student >> embed, pixels >> encode), **embedded()), CompileError,
     "kernel 'student' ends in Finite(2) and its output feeds a box: a discrete draw has no gradient of its own, so "
     "its space must say how to draw: sample='straight-through', 'gumbel' or 'expectation'; or let it end in "
     "Euclidean"),
    ("law-copied", lambda: loss(same(pixels >> student >> ld.Copy(digit), label >> ld.Copy(digit))), CompileError,
     "constraint 'c': the output of kernel 'student' goes to an output and is used again, so the outputs of this "
     "side are not independent and their divergences do not add; compare the joint in one object, or draw first with "
     "over=, or compare samples of sides that start from I, as a state does, by divergence='energy_distance'"),
    ("divergence-misfit", lambda: loss(fit_with(divergence="squared_error")), CompileError,
     "constraint 'fit': divergence 'squared_error' does not fit Finite(2) with a deterministic value as reference "
     "(rhs) and a distribution as prediction (lhs); what fits: 'chi_squared', 'hellinger', 'jensen_shannon', 'kl', "
     "'nll', 'renyi', 'total_variation'"),
    ("option", lambda: loss(fit_with(divergence={"name": "kl", "temp": 4})), CompileError,
     "constraint 'fit': divergence 'kl' takes temperature, label_smoothing, class_weight, got 'temp'"),
    *(
        (f"temperature-{t!r}", lambda t=t: loss(fit_with(divergence={"name": "kl", "temperature": t})), CompileError,
         f"constraint 'fit': temperature of divergence 'kl' must be a number > 0, got {t!r}")
        for t in (0, -1.0, "4", True)
    ),
    # modules
    ("arity-in", lambda: encoded(lambda a, b: a), CompileError,
     "the module of box 'encode' must take 1 positional argument, one for each of image; its signature is (a, b): "
     "missing a required argument: 'b'"),
    ("shape-in", lambda: encoded(narrow), CompileError,
     "the module of box 'encode' cannot take [rows, 4] float32, which is what image is sent to; with 97 rows it "
     "raised ValueError: 9 pixels are needed"),
    ("shape-out", lambda: encoded(linear(4, 5)), CompileError,
     "the module of box 'encode' returned [rows, 5] float32, where Euclidean(3) needs [rows, 3]"),
    ("shape-out-later", lambda: loss(student=needs_values)(DATA), CompileError,
     "the module of kernel 'student' returned logits of shape [8, 7], where Finite(2) needs [8, 2]"),
    ("dtype-out", lambda: encoded(lambda x: x[:, :3].long()), CompileError,
     "the module of box 'encode' returned dtype int64, where Euclidean(3) needs a floating dtype"),
    ("arity-out", lambda: loss(same(pixels >> split, pixels >> split >> ld.Swap(feature, feature)), split=linear(4,
     3)), CompileError,
     "the module of box 'split' must return a tuple of 2 tensors or Distributions, one for each of feature @ "
     "feature; it returned one Tensor"),
    *(
        (f"output-{kind}", lambda out=out: encoded(lambda x: out), CompileError,
         f"the module of box 'encode' returned {kind}, where a tensor or a torch Distribution is needed; wrap it in a "
         "module that returns the tensor")
        for kind, out in (("dict", {"logits": X}), ("NoneType", None), ("tuple", (X, X)), ("SimpleNamespace", OUTPUT))
    ),
    ("kernel-tensor", lambda: loss(same(pixels >> noise, pixels >> encode), noise=linear(4, 3), encode=linear(4, 3)),
     CompileError,
     "kernel 'noise' ends in Euclidean(3), so its module must return a torch Distribution, and it returned a Tensor "
     "[rows, 3] float32; declare it a Box if it is a function"),
    ("logits-shape", lambda: loss(student=linear(4, 7)), CompileError,
     "the module of kernel 'student' returned logits of shape [rows, 7], where Finite(2) needs [rows, 2]"),
    ("box-law", lambda: encoded(lambda x: Normal(x[:, :3], 1.0)), CompileError,
     "box 'encode' is deterministic, and its module returned a Normal; declare it a Kernel"),
    # batches
    ("batch-kind", lambda: loss()(X), DataError,
     "a batch maps sample spaces to columns, {'digits': {'label': …, 'pixels': …}}; got a Tensor"),
    ("batch-no-space", lambda: loss()({}), DataError,
     "sample space 'digits' is missing; a batch looks like {'digits': {'label': …, 'pixels': …}}"),
    ("batch-space", lambda: loss()(DATA | {"digit": {}}), DataError,
     "the batch has a sample space 'digit' that the learning diagram does not have; did you mean 'digits'? known: "
     "'digits'; pass strict=False to ignore it"),
    ("batch-no-column", lambda: loss()(PIXELS), DataError,
     "column 'label' of sample space 'digits' is missing; known: 'pixels'"),
    ("batch-column", lambda: batch(z=Y), DataError,
     "sample space 'digits' has a column 'z' that the learning diagram does not have; known: 'label', 'pixels'; pass "
     "strict=False to ignore it"),
    ("batch-rows", lambda: batch(label=Y[:3]), DataError,
     "the columns of sample space 'digits' have unequal numbers of rows: 'label' has 3, 'pixels' has 8"),
    ("batch-label-dtype", lambda: batch(label=Y.float()), DataError,
     "column 'label' of sample space 'digits' has dtype float32, where Finite(2) needs int64; labels are whole "
     "numbers: .long()"),
    ("batch-dtype", lambda: batch(pixels=X.double()), DataError,
     "column 'pixels' of sample space 'digits' has dtype float64, and the model computes in float32; convert it, as "
     "in .to(torch.float32)"),
    ("batch-shape", lambda: batch(pixels=X[:, :3]), DataError,
     "column 'pixels' of sample space 'digits' has shape [8, 3], where Euclidean(4) needs [rows, 4]"),
    ("batch-label", lambda: batch(label=Y + 1), DataError,
     "column 'label' of sample space 'digits' holds labels 1 … 2, where Finite(2) has 0 … 1"),
    ("batch-empty", lambda: batch(pixels=X[:0], label=Y[:0]), DataError,
     "sample space 'digits' has no row; a mean over no row has no value"),
    ("batch-paired", lambda: loss(half, encode=linear(4, 3))(PAIRED), DataError,
     "rows of a product of sample spaces are paired by position, and their numbers differ: 'digits' has 8, 'other' "
     "has 3"),
    ("batch-draws", lambda: loss(twice, far=torch.add, near=torch.sub)({"digits": {"pixels": X[:1]}}), DataError,
     "sample space 'digits' has 1 row, and 2 different rows are drawn together; give more rows"),
    ("axiom-false", lambda: made_with_axiom()(DATA), FalseAxiom,
     "axiom 'undo' is false on the first batch: a >> b = Id(image)"),
    ("proof", lambda: ld.check({}, "f = g"), ld.ProofError, "statement= takes an Equation(lhs, rhs), got 'f = g'"),
    ("not-finite", lambda: fit(loss(), INFINITE, epochs=1, progress=False), NonFiniteTerm,
     "term 'fit' became nan at step 1; column 'pixels' of sample space 'digits' holds NaN or ∞ in row 0 of the batch; "
     "leave the row out, or give (values, mask); lower lr, set clip_norm, or look at the data of that constraint; the "
     "error's history ends with this step, which was not made"),
]


@pytest.mark.parametrize(("provoke", "kind", "text"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_the_error_says_what_where_what_was_given_and_what_to_do(provoke, kind, text):
    with pytest.raises(ld.LearningDiagramError) as caught:
        provoke()
    assert type(caught.value) is kind
    message = str(caught.value)
    assert text in (message, message.splitlines()[0])


def test_the_table_has_every_kind_of_error():
    elsewhere = {ld.NonFiniteGradient, ld.ProcessError}  # in tests/backends/torch, under step and processes
    assert {kind for _, _, kind, _ in TABLE} | elsewhere == set(ld.LearningDiagramError.__subclasses__())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (image, "the type image"),
        (ld.Ty(), "the type I"),
        (pixels >> student, "the diagram pixels >> student"),
        (student, "the diagram student"),
        ("x", "'x'"),
        (None, "None"),
        ("x" * 118, repr("x" * 118)),
        ("x" * 119, "'" + "x" * 119 + "…"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_value_is_shown_as_it_prints_and_cut_at_120_characters(value, text):
    assert brief(value) == text


def test_a_number_agrees_with_its_noun():
    assert [plural(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
