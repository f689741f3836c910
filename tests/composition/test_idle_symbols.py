"""Boxes that only discards read, as a counit: gluing keeps them, and their names change no other name."""

import pytest
from hypothesis import given

import learning_diagrams as ld
from learning_diagrams.editing.supports import reduced
from strategies import learning_diagrams

C = ld.Ty("C")
cop, eps, f, g = ld.Box("cop", C, C @ C), ld.Box("eps", C, ld.Ty()), ld.Box("f", C, C), ld.Box("g", C, C)
counital = ld.LearningDiagram(axioms=[ld.Equation(cop >> eps @ C, ld.Id(C), "counital")], name="comonoid")
total = ld.LearningDiagram(axioms=[ld.Equation(f >> eps, eps, "total")])
twice = ld.Equation(cop >> eps @ eps, eps)


def names(diagram):
    return [box.name for box in diagram.boxes]


@pytest.mark.parametrize(
    "glued",
    [ld.coproduct(counital, ld.LearningDiagram()), counital + total, total + counital,
     ld.pushout(counital, total, along={"eps": "eps"}), ld.pushout(counital, total, along={"C": "C", "eps": "eps"})],
)  # fmt: skip
def test_a_counit_stays_and_proves_in_symmetric(glued):
    assert "eps" in names(glued)
    assert ld.prove(twice, glued.axioms, theory="symmetric")
    if "f" in names(glued):
        assert ld.prove(ld.Equation(f >> f >> eps, eps), glued.axioms, theory="symmetric")


def test_symbols_of_one_name_are_told_apart_as_others_are():
    assert names(ld.coproduct(counital, counital)) == ["a.cop", "a.eps", "b.cop", "b.eps"]
    assert names(ld.pushout(counital, counital, along={"eps": "eps"})) == ["a.cop", "b.cop", "eps"]
    assert ld.pushout(counital, counital, along={"eps": "eps", "cop": "cop"}) == counital


def test_a_box_before_a_discard_can_be_glued():
    half = ld.LearningDiagram(axioms=[ld.Equation(f @ g >> C @ ld.Discard(C), f @ ld.Discard(C), "x")])
    assert names(ld.pushout(half, half, along={"g": "g"})) == ["a.f", "b.f", "g"]


def test_an_idle_name_makes_way_for_a_name_that_counts():
    live = ld.LearningDiagram(axioms=[ld.Equation(ld.Box("eps", C, C) >> f, f, "live")])
    assert names(ld.pushout(counital, live, along={"C": "C"})) == ["a.eps", "cop", "eps", "f"]
    assert names(counital + live) == ["cop", "eps", "f"]  # where `+` cannot have both, it has that which counts


@given(learning_diagrams(), learning_diagrams())
def test_equal_learning_diagrams_have_equal_gluings(a, b):
    assert ld.coproduct(a, b) == ld.coproduct(reduced(a), reduced(b))
    assert ld.coproduct(a, a + ld.LearningDiagram()) == ld.coproduct(reduced(a), reduced(a))


def test_an_interpretation_may_say_where_an_idle_box_goes():
    target = ld.LearningDiagram(axioms=[ld.Equation(f, f, "there is C")])
    assert ld.interprets({cop: ld.Copy(C), eps: ld.Discard(C)}, counital, target)
    assert ld.interprets({cop: ld.Copy(C)}, counital, target)
    assert ld.interprets({"eps": "eps", "cop": "cop"}, counital, counital)
    with pytest.raises(ld.TypeMismatch, match="box 'eps' : C → I goes to a diagram C → I, got f : C → C"):
        ld.interprets({cop: ld.Copy(C), eps: f}, counital, target)
