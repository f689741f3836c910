"""Almost-sure equality: what a constraint asserts of its data, and which constraints are vacuous."""

import pytest
from hypothesis import given

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.structure import Copy, Discard
from learning_diagrams.equality.canonical_form import canonical, digest
from learning_diagrams.presentation.almost_sure import joint_with_source
from learning_diagrams.presentation.constraint import Constraint
from strategies import ROWS, columns, diagrams, equal_pairs, parallel_pairs

x = Ty("x")
f, g, k = Box("f", x, x), Box("g", x, x), Kernel("k", x, x)
column = ROWS.column("x", x)
drawn, constant = Kernel("p", Ty(), x), Box("c", Ty(), x)


@given(diagrams(dom=x))
def test_a_joint_with_the_source_keeps_the_point_it_is_tested_at(side):
    for source in (column, k, Id(x), ROWS.state >> column):
        assert canonical(joint_with_source(*map(PortGraph.from_diagram, (source, side)))) == canonical(
            source >> Copy(x) >> x @ side
        )


@given(equal_pairs(diagrams(max_size=4)))
def test_equal_sides_are_vacuous(pair):
    lhs, rhs = (side @ Id(x) for side in pair)
    assert Constraint("c", lhs, rhs, over=columns(lhs.dom)).reading.is_vacuous
    assert Constraint("c", columns(lhs.dom) >> lhs, columns(lhs.dom) >> rhs).reading.is_vacuous


@given(parallel_pairs(min_cod=1))
def test_over_deterministic_columns_a_constraint_is_vacuous_if_its_sides_after_them_are_equal(pair):
    lhs, rhs = pair
    source = columns(lhs.dom)
    expected = digest(source >> lhs) == digest(source >> rhs)
    assert Constraint("c", lhs, rhs, over=source).reading.is_vacuous == expected
    assert Constraint("c", source >> lhs, source >> rhs).reading.is_vacuous == expected


@pytest.mark.parametrize(
    ("lhs", "rhs", "over", "expected"),
    [
        (f, f, column, True),
        (f, g, column, False),
        (k, k, column, True),
        (f, g, column >> Discard(x) >> constant, False),
        (Copy(x) >> f @ g, Copy(x) >> g @ f, column, False),
        # One draw is shared, so drawing again is not the identity ...
        (Id(x), Discard(x) >> drawn, column >> k, False),
        # ... though both have one distribution.
        (Id(x), Discard(x) >> drawn, drawn, False),
        # A deterministic source without inputs is a constant: it can be written out.
        (Id(x), Discard(x) >> constant, constant, True),
        # The two columns of one sample space that are one.
        (Discard(x) @ x, x @ Discard(x), column @ column << Copy(ROWS.ty), True),
        (Discard(x) @ x, x @ Discard(x), (column >> k) @ (column >> k) << Copy(ROWS.ty), False),
    ],
)
def test_which_constraints_are_vacuous(lhs, rhs, over, expected):
    assert Constraint("c", lhs, rhs, over=over).reading.is_vacuous == expected


def test_data_are_not_one_another():
    other = ROWS.column("other", x)
    assert not Constraint("c", column, other).reading.is_vacuous
    assert Constraint("c", column >> f, column >> f).reading.is_vacuous
    assert not Constraint("c", ROWS.state >> column, ROWS.state >> other).reading.is_vacuous
    assert Constraint("c", ROWS.state >> column, ROWS.state >> column).reading.is_vacuous
