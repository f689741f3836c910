"""Layers made without DisCoPy's checks against those that its own constructors make."""

from discopy import monoidal
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.diagrams.box import Diagram, Ty
from learning_diagrams.diagrams.layers import stack_layers
from learning_diagrams.diagrams.structure import Swap
from strategies import diagrams

x, y = Ty("x"), Ty("y")


@given(diagrams(max_size=8))
def test_layers_are_what_discopy_makes(diagram):
    """Layers made without DisCoPy's checks against those that its constructor makes."""
    for layer in stack_layers(diagram.dom, [(len(each[0]), each[1]) for each in diagram.inside]).inside:
        plain = monoidal.Layer(*layer.boxes_or_types)
        ours, theirs = dict(layer.__dict__), dict(plain.__dict__)
        assert ours.pop("inside") == (layer,) and theirs.pop("inside") == (plain,)
        assert ours == theirs and repr(layer) == repr(plain) and hash(layer) == hash(plain)
        for mine, other in zip((*layer, layer.dom, layer.cod), (*plain, plain.dom, plain.cod), strict=True):
            assert mine.__dict__ == other.__dict__ and type(mine) is type(other)
    assert stack_layers(diagram.dom, [(len(each[0]), each[1]) for each in diagram.inside]) == diagram


@given(st.integers(0, 4), st.integers(0, 4))
def test_a_swap_is_discopys(m, n):
    left, right = Ty(*"abcd"[:m]), Ty(*"efgh"[:n])
    assert Swap(left, right) == Diagram.swap(left, right)
