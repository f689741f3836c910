"""What is explained of a learning diagram when nothing is said of its spaces."""

import re
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
from hypothesis import given

import learning_diagrams as ld
import strategies
from learning_diagrams.presentation.fields.constraint_field import MEANING, ConstraintField
from learning_diagrams.semantics.program.explanation import explain

x, digit = ld.Ty("x"), ld.Ty("digit")
rows, other = ld.SampleSpace("rows"), ld.SampleSpace("other")
x_of, y_of = rows.column("x", x), other.column("y", x)
f, k, g = ld.Box("f", x, x), ld.Kernel("k", x, digit), ld.Box("g", digit, x)


def explained(*constraints, **options):
    return explain(ld.LearningDiagram(*constraints, **options))


TESTED = {
    "at every row of rows": ld.Constraint("c", x_of >> f, x_of),
    "at every row of rows and other (independent draws, paired by position)": ld.Constraint(
        "c", x_of @ y_of >> f @ x, x_of @ y_of
    ),
    "over x, drawn once for every row of rows; both sides see that draw": ld.Constraint("c", f, ld.Id(x), over=x_of),
    "in law: the sides are compared as distributions": ld.Constraint("c", rows.state >> x_of >> f, other.state >> y_of),
    "drawn once for 256 draws": ld.Constraint("c", f, ld.Id(x), over=ld.Kernel("noise", ld.Ty(), x)),
}


@pytest.mark.parametrize("where", TESTED)
def test_it_says_where_a_constraint_is_tested(where):
    assert where in explained(TESTED[where])


def test_it_says_how_a_constraint_is_measured_and_with_which_laws():
    text = explained(
        ld.Constraint("c", x_of >> k, x_of >> k >> g >> k, divergence={"name": "renyi", "alpha": 0.5}, weight=2)
    )
    assert "measured  renyi, alpha 0.5: log(Σ_k r_k^α p_k^(1−α)) / (α − 1)" in text
    assert "laws: separating, jointly convex, tensors" in text and "weight    2.0" in text
    assert "by the divergence that the space of x has" in explained(ld.Constraint("c", x_of >> f, x_of))


def test_each_wire_is_named_with_the_unit_and_the_laws_of_its_divergence():
    names = ("absolute", "squared_error", "squared_error")
    a, b, c = (ld.Ty(name) for name in "abc")
    made, other = (ld.Box(name, x, a @ b @ c) for name in ("made", "other"))
    text = explained(ld.Constraint("c", x_of >> made, x_of >> other, divergence=list(names)))
    first, second = re.findall(r"measured  (.*)\n +in (.*)\n +laws: (.*)", text)
    assert first[0].startswith("absolute on a: ") and second[0].startswith("squared_error on b and c: ")
    assert text.count("measured  ") == 2 and all(first) and all(second)


@pytest.mark.parametrize(
    ("names", "wires"),
    [
        (
            ["absolute", "squared_error", "absolute"],
            ["absolute on x (wire 1) and x (wire 3)", "squared_error on x (wire 2)"],
        ),
        (["absolute"] * 3, ["absolute on every wire"]),
    ],
)  # fmt: skip
def test_wires_of_one_object_are_told_apart_by_their_numbers(names, wires):
    made, other = (ld.Box(name, x, x @ x @ x) for name in ("made", "other"))
    text = explained(ld.Constraint("c", x_of >> made, x_of >> other, divergence=names))
    assert re.findall(r"measured  (.*?):", text) == wires and text.count("laws: ") == len(wires)


def test_objects_whose_spaces_decide_are_said_once():
    made, other = (ld.Box(name, x, x @ x @ digit) for name in ("made", "other"))
    text = explained(ld.Constraint("c", x_of >> made, x_of >> other))
    assert re.findall(r"measured  (.*)", text) == [
        "by the divergence that the space of x has",
        "by the divergence that the space of digit has",
    ]


def test_it_counts_boxes_calls_and_draws():
    text = explained(
        ld.Constraint("one", x_of >> f >> f, x_of), ld.Constraint("two", x_of >> f >> k >> g, x_of >> f), frozen=[g]
    )
    assert "3 boxes: 2 trained, 1 frozen" in text
    assert "4 calls of a box a step (f 2, g 1, k 1); 6 if nothing were shared" in text and "1 draw a step" in text


def test_the_joint_law_of_several_outputs_is_of_the_draws_that_boxes_read():
    p, step = ld.Kernel("p", ld.Ty(), x), ld.Kernel("step", x, x)
    text = explained(ld.Constraint("c", p >> ld.Copy(x) >> x @ step, p @ (p >> step)))
    first, read = re.search(r"step_out = boxes\['step'\]\((\w+)\)[^$]*join\((\w+), \w+\)\)", text).groups()
    assert first == read, "the first output of the prediction is what its step reads"
    apart = re.search(r"divergence_in_law\(join\((\w+),", text)[1]
    assert apart not in re.findall(r"boxes\['step'\]\((\w+)\)", text), "that of the reference is another draw"


def test_the_default_in_law_is_said_of_sides_that_are_compared_by_samples_alone():
    coin, other = ld.Kernel("coin", ld.Ty(), x), ld.Kernel("other", ld.Ty(), x)
    assert "by the default in law: energy_distance" in explained(ld.Constraint("c", coin >> f, other >> f))
    assert "by the divergence that the space of x has" in explained(ld.Constraint("c", coin, other))


class Owner(ConstraintField):
    name, default, shape, description = "owner", "", str, "who answers for it"


@dataclass(frozen=True, eq=False, repr=False)
class Owned(ld.Constraint):
    owner: str = field(default="", kw_only=True, metadata={MEANING: Owner()})


def test_a_new_field_is_explained_where_it_is_declared():
    text = explained(Owned("c", x_of >> f, x_of, owner="ann", weight=2, detach="rhs"))
    assert "    owner     ann\n    detached  rhs: no gradient of this term passes there\n    weight    2.0" in text
    assert "# c: x >> f = x, rhs detached, owner ann\n" in text
    assert "owner" not in explained(Owned("c", x_of >> f, x_of))


@pytest.mark.parametrize(
    "options, formula",
    [
        ({"label_smoothing": 0.1}, "−Σ_k ((1 − ε) r_k + ε/n) log p_k, where ε = label_smoothing, n outcomes"),
        ({"class_weight": [1, 2]}, "w_r · (Σ_k r_k log(r_k / p_k)), where w = class_weight"),
        ({"label_smoothing": 0.0}, "Σ_k r_k log(r_k / p_k)"),
    ],
)
def test_the_formula_is_that_of_the_value_with_the_options(options, formula):
    text = explained(ld.Constraint("c", x_of >> k, rows.column("d", digit), divergence={"name": "kl"} | options))
    assert f": {formula}\n" in text


def test_what_the_theory_proves_is_said_to_be_nothing():
    assert "the theory proves it" in explained(ld.Constraint("c", x_of >> f, x_of >> f))


def test_axioms_are_said_to_be_no_terms():
    text = explained(ld.Constraint("c", x_of >> f, x_of), axioms={"twice": ld.Equation(f >> f, ld.Id(x))})
    assert "axioms: they hold by construction, and are no terms of the loss\n  twice: f >> f = id(x)" in text


@given(strategies.learning_diagrams())
def test_every_learning_diagram_whose_sides_can_be_compared_is_explained(diagram):
    try:
        text = explain(diagram)
    except ld.CompileError as error:
        assert "do not add" in str(error) or "one divergence" in str(error) or "ends in" in str(error)
    else:
        assert diagram.digest() in text and "def loss(batch, boxes, constants):" in text


def test_nothing_of_it_needs_torch():
    code = (
        "import sys, learning_diagrams as ld\n"
        "from learning_diagrams.semantics.program.explanation import explain\n"
        "x = ld.SampleSpace('s').column('x', ld.Ty('x'))\n"
        "explain(ld.LearningDiagram(ld.Constraint('c', x >> ld.Box('f', ld.Ty('x'), ld.Ty('x')), x)))\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_a_box_that_stands_in_axioms_alone_is_not_said_to_be_trained():
    x = ld.Ty("x")
    fit, turn = ld.Box("fit", x, x), ld.Box("turn", x, x)
    point = ld.SampleSpace("rows").column("point", x)
    axiom = ld.Equation(turn >> turn, ld.Id(x), "involution")
    text = explain(ld.LearningDiagram(ld.Constraint("c", point >> fit, point), axioms=[axiom]))
    assert "turn: x → x, function, in axioms alone" in text and "fit: x → x, function, trained" in text
    assert "2 boxes: 1 trained, 0 frozen, 1 in axioms alone" in text
    assert "1 box: 1 trained, 0 frozen" in explain(ld.LearningDiagram(ld.Constraint("c", point >> fit, point)))
