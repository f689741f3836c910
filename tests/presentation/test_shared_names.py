"""A column is written `space.column` wherever its bare name is not unique: prints, proofs, models, code."""

import re

import pytest

import learning_diagrams as ld
from learning_diagrams.diagrams.symbol import boxes_of, shared_columns, text_of
from learning_diagrams.drawing.page.layout import description
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.program.explanation import explain

X = ld.Ty("x")
A, B, C = (ld.SampleSpace(space).column(name, X) for space, name in (("rows", "a"), ("more", "a"), ("more", "c")))
F, G = ld.Box("f", X, X), ld.Box("g", X, X)
ALONE = re.compile(r"(?<![\w.])a(?![\w.])")


def regime():
    return ld.LearningDiagram(ld.Constraint("c", F, G, over=A), ld.Constraint("d", B @ C >> F @ F, B @ C))


def test_a_summary_a_description_code_and_an_explanation_say_the_space():
    texts = [str(regime()), description(regime()), explain(regime())]
    for text in texts:
        assert "rows.a" in text and "more.a" in text and "more.c" not in text
    assert not ALONE.search(texts[0]) and not ALONE.search(texts[1])
    assert str(regime().restrict("c")).endswith("f = g  (over=a)")


def test_the_repr_of_a_statement_says_it_where_the_statement_needs_it():
    assert repr(ld.Equation(A @ B, A @ B)) == "Equation(rows.a @ more >> x @ more.a = rows.a @ more >> x @ more.a)"
    assert repr(ld.Constraint("c", A >> F, A)) == "Constraint('c', a >> f = a)"
    assert "over=rows.a @ more >> x @ more.a" in repr(ld.Constraint("c", F @ F, G @ G, over=A @ B))


def test_a_box_of_the_name_counts():
    box = ld.Box("a", X, X)
    assert text_of(A >> box, shared_columns(boxes_of([A >> box]))) == "rows.a >> a"


@pytest.mark.parametrize("goal", [ld.Equation(A @ B >> F @ X, A @ B >> G @ X)])
def test_proofs_and_countermodels_say_it(goal):
    model = str(ld.prove(goal))
    assert "rows.a(" in model and "more.a(" in model and not ALONE.search(model)
    proof = ld.prove(goal, axioms={"same": ld.Equation(F, G)})
    assert isinstance(proof, Proof) and "rows.a" in str(proof) and not ALONE.search(str(proof))


def test_evidence_and_the_goal_of_a_countermodel_say_it():
    said = str(ld.equal(A @ B >> F @ F, A @ B >> F @ G, evidence=True))
    assert "rows.a(input 1) = rows.a" in said and "more.a(input 2) = more.a" in said and not ALONE.search(said)
    model = ld.prove(ld.Equation(A >> F, A >> G), axioms={"one": ld.Equation(B >> F, B >> G)})
    assert str(model).startswith("rows.a >> f = rows.a >> g does not follow")
    for picture in (model.draw().svg, ld.equal(A @ B >> F @ F, A @ B >> F @ G, evidence=True).draw().svg):
        assert ">rows.a<" in picture and ">more.a<" in picture and ">a<" not in picture
