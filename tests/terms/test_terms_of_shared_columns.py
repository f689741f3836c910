"""Where sample spaces share the name of a column, terms name the space, and are read again over the same file."""

import re

import pytest

import learning_diagrams as ld
from learning_diagrams.interchange.plain_graph import graph_of
from learning_diagrams.presentation.equation import sides_text
from learning_diagrams.terms.parser import parse_term

sound, word = ld.Ty("sound"), ld.Ty("word")
studio, phone = ld.SampleSpace("studio"), ld.SampleSpace("phone")
(clip, spoken), (far, told) = ((space.column("clip", sound), space.column("spoken", word)) for space in (studio, phone))
shake, student = ld.Box("shake", sound, sound), ld.Kernel("student", sound, word)
DIAGRAM = ld.LearningDiagram(
    ld.Constraint("studio words", clip >> student, spoken),
    ld.Constraint("phone words", far >> student, told),
    ld.Constraint("steady", shake >> student, student, over=far),
    axioms={"still": ld.Equation(shake >> shake, shake)},
)
NAMED = {equation.name: equation for equation in DIAGRAM.equations}


def require_read(sides, equation):
    for text, side in zip(sides.split(" = "), (equation.lhs, equation.rhs), strict=True):
        assert ld.equal(parse_term(text, DIAGRAM.signature), side)


def test_a_graph_states_each_constraint_over_its_own_data():
    lines = graph_of(DIAGRAM).nodes[-1].label.splitlines()
    stated = dict(line.split(": ", 1) for line in lines)
    assert stated["phone words"] == "phone.clip >> student = phone.spoken"
    assert stated["steady"] == "shake >> student = student over phone.clip"
    for equation in DIAGRAM.equations:
        require_read(stated[equation.name].partition(" over ")[0], equation)


def test_the_comments_of_a_loss_are_read_over_its_file():
    backend = pytest.importorskip("learning_diagrams.backends.torch")
    from torch import nn

    spaces = {sound: backend.Euclidean(2), word: backend.Finite(3)}
    modules = {shake: nn.Identity(), student: nn.Linear(2, 3)}
    code = backend.compile(DIAGRAM, backend.TorchFunctor(ob=spaces, ar=modules)).code
    comments = dict(re.findall(r"^    # ([\w ]+): (.+)$", code, re.M))
    assert comments["steady"] == "shake >> student = student over phone.clip"
    for name in ("studio words", "phone words"):
        require_read(comments[name], NAMED[name])


def test_a_term_model_tells_columns_apart():
    answer = ld.prove(ld.Equation(clip >> shake, clip), [*DIAGRAM.axioms, ld.Equation(far >> shake, far)])
    text = str(answer)
    assert not answer and "studio.clip" in text and "phone.clip" in text
    assert not re.search(r"(?<![.\w])clip", text)


def test_a_statement_alone_needs_no_space():
    assert sides_text(NAMED["phone words"]) == "clip >> student = spoken"
