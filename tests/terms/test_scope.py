"""What a term may speak of: scopes made of anything that has names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.structure import Swap
from learning_diagrams.equality.canonical_form import digest
from learning_diagrams.errors import DuplicateName, ParseError, TypeMismatch
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.terms.parser import parse
from learning_diagrams.terms.printer import print_term
from learning_diagrams.terms.scope import signature_of
from strategies import ROWS, columns, diagrams

x, y = Ty("x"), Ty("y")
f, g, wide, k = Box("f", x, y), Box("g", y, x), Box("wide", x @ y, y @ x), Kernel("k", x, x)
pixels, state = ROWS.column("pixels", x), ROWS.state
signature = Signature.of([f, g, wide, k, pixels, state])


def same(lhs, rhs):
    return (lhs.dom, lhs.cod, digest(lhs)) == (rhs.dom, rhs.cod, digest(rhs))


def test_a_scope_is_made_of_anything_that_has_names():
    d = LearningDiagram(Constraint("c", pixels >> k, pixels))
    for scope in (
        [f, g, pixels],
        [[f, (g, {pixels})]],
        [{"f": f, "g": g >> f, "deep": {"p": pixels}}],
        [Signature.of([f, g]), d],
        [d, f @ g],
        (each for each in (f, g, pixels)),
    ):
        assert same(parse("state(rows) >> pixels >> f >> g", *scope), state >> pixels >> f >> g)
    assert same(parse("id(x @ rows) >> swap(x, rows)", x, ROWS), Swap(x, ROWS.ty))
    assert same(parse("id(x @ y)", x @ y), Id(x @ y))
    with pytest.raises(ParseError, match="'pixels'; known: none"):
        parse("pixels", ROWS)


@pytest.mark.parametrize("thing", [3, None, "f", b"f", Box, ["f"], {"f": "f"}, [[3]]])
def test_what_has_no_names_is_no_scope(thing):
    with pytest.raises(TypeMismatch, match="a scope is made of boxes"):
        parse("f", f, thing)


def test_a_scope_inside_itself_is_refused():
    scope = []
    scope.append(scope)
    with pytest.raises(TypeMismatch, match="a scope is made of boxes"):
        parse("f", scope)


def test_one_name_for_two_things_in_a_scope():
    with pytest.raises(DuplicateName, match="box 'f' is declared twice"):
        parse("f", f, Box("f", y, x))
    with pytest.raises(DuplicateName, match="names an object and a sample space"):
        parse("f", f, SampleSpace("x"))


@given(diagrams(max_size=6), st.lists(diagrams(max_size=2), max_size=2), st.booleans())
def test_printing_then_parsing_is_the_identity_in_any_scope(diagram, others, over_data):
    """For random diagrams over random scopes, with columns and states."""
    term = ROWS.state >> columns(diagram.dom) >> diagram if over_data else diagram
    scope = [others, {"term": term}, ROWS, SampleSpace("other").column("x_column", x), Box("rows.y_column", x, x)]
    assert same(parse(print_term(term, signature_of(scope)), *scope), term)
    assert same(parse(print_term(term), term), term)
