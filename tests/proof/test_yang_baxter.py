"""Quasi-triangular Hopf algebras: their braiding satisfies the Yang–Baxter equation, on units, as a map, on modules.

The statements are those of chyp's `quasi_tri` and `qt_modules`, https://github.com/akissinger/chyp/tree/master/examples,
written anew: the modules have types of their own here.
"""

import pytest

import learning_diagrams as ld
from algebras import HOPF, E, checked, listed, m, m2, n, passing, proved, swap, u, u2, unit, x

# An invertible r in H ⊗ H that turns comultiplication round, and how it acts on H ⊗ H.
r, r_ = ld.Box("r", unit, x @ x), ld.Box("r'", unit, x @ x)
LEFT, RIGHT, RIGHT_ = r @ x @ x >> m2, x @ x @ r >> m2, x @ x @ r_ >> m2
QUASI_TRIANGULAR = HOPF | {
    "r r'": E(r @ r_ >> m2, u2),
    "r' r": E(r_ @ r >> m2, u2),
    "qt": E(n >> swap, n >> LEFT >> RIGHT_),
    "qtL": E(r >> n @ x, r @ r >> x @ swap @ x >> x @ x @ m),
    "qtR": E(r >> x @ n, r >> x @ r @ x >> m @ x @ x),
}
braiding = swap >> LEFT
first, other = braiding @ x >> x @ braiding >> braiding @ x, x @ braiding >> braiding @ x >> x @ braiding
u3 = u @ u @ u


def side_by_side(left, middle, right):
    """Three actions of H on a, b and c, as an action of H ⊗ H ⊗ H."""
    a, b, c = (action.cod for action in (left, middle, right))
    return x @ ld.Swap(x @ x, a) @ b @ c >> x @ a @ x @ ld.Swap(x, b) @ c >> left @ middle @ right


def reversed_wires(a, b, c):
    return ld.Swap(a, b) @ c >> b @ ld.Swap(a, c) >> ld.Swap(b, c) @ a


@pytest.fixture(scope="module")
def on_units():
    """The Yang–Baxter equation on units, which implies all of its forms."""
    laws = listed(QUASI_TRIANGULAR)
    cancel = passing(RIGHT_ >> RIGHT, [x @ x @ r_ @ r >> x @ x @ m2 >> m2, ld.Id(x @ x)], laws, "cancel")
    turn = passing(n >> LEFT, [n >> LEFT >> RIGHT_ >> RIGHT, n >> swap >> RIGHT], [*laws, cancel], "turn")
    passes = (r >> n @ x >> LEFT @ x, r >> n @ x >> swap @ x >> RIGHT @ x, u3 >> other)
    return passing(u3 >> first, passes, [*laws, turn], "units")


def acted(start, state, another, actions, end, premises):
    """From a map, which is how a state on H ⊗ H ⊗ H acts, to the map which is how another does."""
    wires = [action.cod for action in actions]
    before = reversed_wires(*reversed(wires))
    states = (before >> each @ wires[0] @ wires[1] @ wires[2] >> side_by_side(*actions) for each in (state, another))
    return passing(start, (*states, end), premises)


def test_on_units(on_units):
    checked(on_units, E(u3 >> first, u3 >> other), QUASI_TRIANGULAR)


def test_as_a_map(on_units):
    premises = [*listed(QUASI_TRIANGULAR), on_units]
    checked(acted(first, u3 >> first, u3 >> other, (m, m, m), other, premises), E(first, other), QUASI_TRIANGULAR)


A, B, C = (ld.Ty(name) for name in "ABC")
a, b, c = (ld.Box(f"on {ty}", x @ ty, ty) for ty in (A, B, C))
MODULES = QUASI_TRIANGULAR | {
    f"{action}.{name}": law
    for action in (a, b, c)
    for name, law in {
        "assoc": E(m @ action.cod >> action, x @ action >> action),
        "unit": E(u @ action.cod >> action, ld.Id(action.cod)),
    }.items()
}


def both(left, right):
    """H ⊗ H acting on two modules."""
    return x @ ld.Swap(x, left.cod) @ right.cod >> left @ right


def braided(left, right):
    """The braiding of two modules."""
    return ld.Swap(right.cod, left.cod) >> r @ left.cod @ right.cod >> both(left, right)


@pytest.mark.parametrize(("left", "right"), [(a, b), (b, c), (a, c)], ids=str)
def test_r_acts_before_an_action_or_after_it(left, right):
    here = left.cod @ right.cod
    after = r @ here >> both(left, right)
    proved(E(LEFT @ here >> both(left, right), both(left, right) >> after), MODULES, 10_000)


def test_on_modules(on_units):
    premises = [*listed(MODULES), on_units]
    start = C @ braided(a, b) >> braided(a, c) @ B >> A @ braided(b, c)
    end = braided(b, c) @ A >> B @ braided(a, c) >> braided(a, b) @ C
    checked(acted(start, u3 >> other, u3 >> first, (a, b, c), end, premises), E(start, end), MODULES)
