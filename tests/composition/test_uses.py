"""Boxes that use others, in edits, unions, morphisms and colimits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.editing.symbol import Symbol

x, y = ld.Ty("x"), ld.Ty("y")
t = ld.SampleSpace("rows").column("t", x)


def problem(names=("u", "u_x", "u_xx"), frozen=(), ob=x):
    """u_xx uses u_x, which uses u; only u_xx and u are applied."""
    u, u_x, u_xx = names
    at = ld.SampleSpace("rows").column("t", ob)
    inner = ld.Box(u, ob, ob)
    outer = ld.Box(u_xx, ob, ob, uses=[ld.Box(u_x, ob, ob, uses=[inner])])
    return ld.LearningDiagram(ld.Constraint("c", at >> outer, at >> inner), frozen=frozen)


@given(st.permutations(["u", "u_x", "u_xx", "p", "q"]))
def test_renaming_follows_what_is_used(names):
    names = names[:3]
    d = problem()
    renamed = d.rename(dict(zip(("u", "u_x", "u_xx"), names, strict=True)))
    assert renamed == problem(names) and renamed.digest() == problem(names).digest()
    to = ld.isomorphic(d, renamed)
    assert to is not None and to.inverse() >> to == ld.Morphism.identity(renamed)
    assert problem(ob=y) == d.rename({x: "y"})


def test_isomorphism_sees_what_is_used():
    two = [ld.Box(name, x, x) for name in "uv"]
    one, other = (
        ld.LearningDiagram(
            ld.Constraint("c", t >> ld.Box("f", x, x, uses=[use]), t >> two[0]), ld.Constraint("d", t >> two[1], t)
        )
        for use in two
    )
    assert ld.isomorphic(one, other) is None and ld.isomorphic(one, one) is not None


def test_substitution_follows_a_single_box_and_refuses_a_composite():
    v, w = ld.Box("v", x, x), ld.Box("w", x, x)
    d = problem(frozen=["u"])
    assert d.substitute({"u": v}) == d.substitute({"u": ld.Id(x) >> v}) == problem(("v", "u_x", "u_xx"), frozen=["v"])
    for composite in (v >> w, ld.Id(x)):
        with pytest.raises(
            ld.TypeMismatch, match=r"'u_x' uses a box that would be replaced by .* call a box by its name"
        ):
            d.substitute({"u": composite})
    # A box that is replaced itself no longer uses anything.
    assert d.substitute({"u": v >> w, "u_xx": w}).constraints[0].lhs == t >> w
    # The other way round: a frozen box becomes a derivative, and what that uses is frozen with it.
    u_x = ld.Box("u_x", x, x, uses=[v])
    frozen = ld.LearningDiagram(ld.Constraint("c", t >> w, t), frozen=[w]).substitute({w: u_x})
    assert {box.name for box in frozen.frozen} == {"u_x", "v"}
    detached = ld.LearningDiagram(ld.Constraint("c", t >> w >> v, t, detach=w)).substitute({w: u_x})
    assert detached.constraints[0].detach == ("u_x",)


def test_a_union_asks_for_one_meaning_of_what_is_used():
    d = problem()
    assert d + d == d and d + ld.LearningDiagram() == d
    other = ld.LearningDiagram(ld.Constraint("d", t >> ld.Kernel("u", x, x), t))
    with pytest.raises(ld.DuplicateName, match="box 'u' is declared twice"):
        d + other
    with pytest.raises(ld.DuplicateName, match="'u' is trained in one learning diagram and is frozen in the other"):
        d + ld.LearningDiagram(ld.Constraint("d", t >> ld.Box("u", x, x), t), frozen=["u"])


def test_gluing_users_glues_what_they_use():
    one, other = problem(), problem(("v", "v_x", "v_xx"))
    assert [b.name for b in ld.coproduct(one, one).boxes] == [f"{s}.{n}" for s in "ab" for n in ("u", "u_x", "u_xx")]
    interface = problem(("h", "g", "f"))
    left, right = ld.Morphism(interface, one, {"f": "u_xx"}), ld.Morphism(interface, other, {"f": "v_xx"})
    assert left(Symbol("box", "g")).name == "u_x" and right(Symbol("box", "h")).name == "v"
    glued = ld.pushout(one, other, {"u_xx": "v_xx", "rows.t": "rows.t"})
    assert len(glued.boxes) == 3 and glued.box("u_xx").uses[0].uses[0].name == glued.boxes[0].name
    assert ld.isomorphic(glued, one) is not None
    u = ld.Box("u", x, x)
    some, none = (
        ld.LearningDiagram(ld.Constraint("c", t >> ld.Box("f", x, x, uses=uses), t >> u)) for uses in ([u], [])
    )
    with pytest.raises(ld.TypeMismatch, match=r"x → x that uses u cannot go to box 'f' : Box x → x$"):
        ld.Morphism(some, none)
    with pytest.raises(ld.TypeMismatch, match=r"they are Box x → x that uses u and Box x → x$"):
        ld.pushout(some, none, {"f": "f"})
