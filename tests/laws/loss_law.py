"""The law of a compiled loss, for any back end, and grids of squares to state it of.

For a pasting of squares and a source p, let C be the constraints of `pasting.learning_diagram(over=p)`. The law is
    Σ_{c ∈ C} term(c) = L(pasting)(p),
where L is the `LossFunctor` that a back end fixes by its values on 2-cells.
"""

from functools import reduce

from hypothesis import strategies as st

import learning_diagrams as ld

n = ld.Ty("n")
NAMES = "abcdef"


def compiled_loss_is_the_loss_functor(square, over, p, functor, loss, equal):
    """The law, for one square or a pasting of squares.

    Parameters
    ----------
    over : the diagram whose points are p, a law in the sense of the back end.
    functor : the `LossFunctor` of the back end, which must not use its compiler.
    loss : from a learning diagram to its total, by the compiler of the back end.
    equal : the predicate of equality of losses.
    """
    compiled, expected = loss(square.learning_diagram(over=over)), functor(square.pasting)(p)
    if not equal(compiled, expected):
        raise AssertionError(f"Σ term(c) = L({square.name})(p) fails:\n  {compiled}\n  {expected}")


@st.composite
def grids(draw, box, most=2):
    """A pasting of rows × columns squares; each edge is a path of one or two of six boxes, so that boxes recur."""
    rows, columns = draw(st.integers(1, most)), draw(st.integers(1, most))
    names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2)
    paths = names.map(lambda path: ld.Id(n).then(*(box(name, n, n) for name in path)))
    across = [[draw(paths) for _ in range(columns)] for _ in range(rows + 1)]
    down = [[draw(paths) for _ in range(columns + 1)] for _ in range(rows)]
    squares = [
        [ld.Square(across[i][j], down[i][j + 1], down[i][j], across[i + 1][j], f"{i}{j}") for j in range(columns)]
        for i in range(rows)
    ]
    return reduce(ld.Square.above, (reduce(ld.Square.beside, row) for row in squares))
