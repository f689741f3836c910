"""Proofs about boxes that use others: such a box is opaque, and its label says what it uses."""

import pytest

import learning_diagrams as ld
from learning_diagrams.proof.proof import Proof
from learning_diagrams.semantics.models.countermodel import Countermodel

x = ld.Ty("x")
t = ld.SampleSpace("rows").column("t", x)
u, v, f = (ld.Box(name, x, x) for name in "uvf")
u_x = ld.Box("u_x", x, x, uses=[u])
SQUARE = {"square": ld.Equation(u_x >> u_x, f)}


def test_a_certificate_holds_what_boxes_use():
    proof = ld.prove(ld.Equation(t >> u_x >> u_x >> f, t >> f >> f), SQUARE)
    data = proof.to_dict()
    place = next(i for i, box in enumerate(data["boxes"]) if box["name"] == "u")
    assert [box.get("uses") for box in data["boxes"] if box["name"] == "u_x"] == [[place]]
    verdict = ld.check(data, statement=proof.statement, axioms=SQUARE)
    assert verdict and "u_x : x → x that uses u" in verdict.reason
    plain = {name: ld.Equation(ld.Box("u_x", x, x) >> ld.Box("u_x", x, x), f) for name in SQUARE}
    assert not ld.check(data, axioms=plain)


@pytest.mark.parametrize("uses", [[99], [-1], ["u"], 0, [True]])
def test_a_changed_certificate_is_rejected(uses):
    data = ld.prove(ld.Equation(t >> u_x >> u_x, t >> f), SQUARE).to_dict()
    for box in data["boxes"]:
        if box["name"] == "u_x":
            box["uses"] = uses
    assert not ld.check(data)


def test_a_column_uses_nothing_and_no_box_itself():
    data = ld.prove(ld.Equation(t >> u_x >> u_x, t >> f), SQUARE).to_dict()
    names = [box["name"] for box in data["boxes"]]
    data["boxes"][names.index("t")]["uses"] = [0]
    assert not ld.check(data)
    data["boxes"][names.index("t")].pop("uses")
    data["boxes"][names.index("u_x")]["uses"] = [names.index("u_x")]
    assert not ld.check(data)


def test_equal_users_of_unequal_boxes_are_not_proved_equal():
    """No rule looks into a box: from u = v nothing follows of what uses them, and a countermodel says so."""
    v_x = ld.Box("v_x", x, x, uses=[v])
    answer = ld.prove(ld.Equation(u_x, v_x), {"same": ld.Equation(u, v)})
    assert isinstance(answer, Countermodel)
    data = answer.to_dict()
    assert Countermodel.from_dict(data) == answer and data["boxes"]["u_x"]["uses"] == ["u"]
    assert isinstance(ld.prove(ld.Equation(u_x >> u, u_x >> v), {"same": ld.Equation(u, v)}), Proof)


def test_one_name_is_one_box_in_a_certificate():
    other = ld.Box("u_x", x, x, uses=[v])
    with pytest.raises(ld.LearningDiagramError):
        proof = ld.prove(ld.Equation(u_x >> other >> f, u_x >> other), {"unit": ld.Equation(f, ld.Id(x))})
        proof.to_dict()
