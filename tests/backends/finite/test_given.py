"""What a finite functor is given: columns of several kinds, and bad input, which is a typed error with a name."""

from fractions import Fraction

import numpy as np
import pytest
import torch

import learning_diagrams as ld
from learning_diagrams.backends.finite import FiniteFunctor, StochasticMap, drawn_term, exact_term
from learning_diagrams.backends.finite.term import kl, total_variation
from learning_diagrams.backends.torch import Finite

x, bit, unit = ld.Ty("x"), ld.Ty("bit"), ld.Ty()
h, g, negate = ld.Kernel("h", unit, bit), ld.Kernel("g", bit, bit), ld.Box("negate", bit, bit)
rows = ld.SampleSpace("rows")
x_of = rows.column("x", x)
F = FiniteFunctor({bit: 2}, {g: [["9/10", "1/10"], ["1/10", "9/10"]]})

BAD = {
    r"of shape \[2, 2\] \(inputs \[2\], then outputs \[2\]\), got \[2\]": lambda: FiniteFunctor({bit: 2}, {g: [1, 0]}),
    "entries of shape": lambda: FiniteFunctor({bit: 2}, {g.name: [1, 0]})(g),
    "sum to 1": lambda: FiniteFunctor({bit: 2}, {h: [1, 1]})(h),
    r'0\.1 is not 1/10 in binary: write "1/10" or Fraction\(1, 10\)$': lambda: FiniteFunctor(
        {bit: 2}, {g: [[0.1, 0.9], [0, 1]]}
    )(g),
    r"at \(1\), with the sum 3/2$": lambda: FiniteFunctor({bit: 2}, {g: [[0, 1], [0.5, 1]]})(g),
    r"has the entry 'a', which is no finite number": lambda: FiniteFunctor({bit: 2}, {h: ["a", 1]})(h),
    r"has the entry nan, which is no finite number": lambda: FiniteFunctor({bit: 2}, {h: [float("nan"), 1]})(h),
    "is deterministic": lambda: FiniteFunctor({bit: 2}, {negate: [["1/2", "1/2"], [0, 1]]})(negate),
    r"the map of box 'negate' must take 1 positional argument, one for each of bit; its signature is \(a, b\)":
        lambda: FiniteFunctor({bit: 2}, {negate: lambda a, b: a})(negate),
    "does not lie in": lambda: FiniteFunctor({bit: 2}, {negate: lambda b: b + 1})(negate),
    "has no map": lambda: FiniteFunctor({bit: 2}, {})(g),
    "has no size": lambda: FiniteFunctor({}, {g: []})(g),
    "has no data": lambda: FiniteFunctor({x: 2}, {})(x_of),
    "draws more rows": lambda: exact_term(
        ld.Constraint("c", x_of @ ld.Discard(rows.ty), ld.Discard(rows.ty) @ x_of),
        FiniteFunctor({x: 2}, {}, data={"rows": {"x": [1]}}),
        kl,
    ),
    "more than 20,000,000 entries": lambda: FiniteFunctor({x: 100}, {"w": lambda a: (a,) * 5})(
        ld.Box("w", x, ld.Ty(*"xxxxx"))
    ),
    "'sky' has the size Finite\\(2\\); the size of an object is": lambda: FiniteFunctor({"sky": Finite(2)}, {}),
    "has the size True": lambda: FiniteFunctor({"sky": True}, {}),
    "has the size 0": lambda: FiniteFunctor({"sky": 0}, {}),
    "keys of ob= are single objects": lambda: FiniteFunctor({bit @ bit: 2}, {}),
    "keys of ar= are boxes or their names, got 3": lambda: FiniteFunctor({bit: 2}, {3: []}),
    r"ob of FiniteFunctor is a mapping, as in \{'bit': 2\}; got \['bit'\]": lambda: FiniteFunctor(["bit"], {}),
    "ar of FiniteFunctor is a mapping": lambda: FiniteFunctor({bit: 2}, [g]),
    r"data\['rows'\] of FiniteFunctor is a mapping": lambda: FiniteFunctor({}, {}, {"rows": [0, 1]}),
    "a function gives a whole number for each output": lambda: FiniteFunctor({bit: 2}, {g: lambda b: ["1/2", "1/2"]}),
    "column 'x' of sample space 'rows' has the value 'rain' in row 1": lambda: FiniteFunctor(
        {}, {}, {"rows": {"x": [0, "rain"]}}
    ),
    "has the value 0.5 in row 0": lambda: FiniteFunctor({}, {}, {"rows": {"x": np.array([0.5])}}),
    "is a list of whole numbers": lambda: FiniteFunctor({}, {}, {"rows": {"x": 3}}),
    "sample space 'rows' has no rows": lambda: FiniteFunctor({}, {}, {"rows": {"x": []}}),
    "unequal lengths": lambda: FiniteFunctor({}, {}, {"rows": {"x": ([0, 1], [True])}}),
    "is named 'kll'; did you mean 'kl'": lambda: exact_term(ld.Constraint("c", x_of, x_of), F, "kll"),
    "a divergence is a function, or one of kl": lambda: drawn_term(ld.Constraint("c", x_of, x_of), F, 3),
    "an exact term is of a Constraint and": lambda: exact_term(ld.Equation(x_of, x_of), F, kl),
    "do not compose": lambda: StochasticMap.id((2,)) >> StochasticMap.id((3,)),
}


def test_a_divergence_by_its_name_is_the_function_and_columns_may_be_arrays_and_tensors():
    at = rows.column("x", bit)
    c = ld.Constraint("c", at >> negate, at >> g)
    tables = {negate: lambda b: 1 - b, g: [["1/2", "1/2"], [0, 1]]}
    columns = [0, 1, 1], np.array([0, 1, 1]), torch.tensor([0, 1, 1]), ([0, 1, 1], np.array([True, True, True]))
    values = {
        exact_term(c, FiniteFunctor({bit: 2}, tables, {"rows": {"x": column}}), measure)
        for column in columns
        for measure in ("total_variation", total_variation)
    }
    assert values == {Fraction(5, 6)}


def test_many_rows_have_the_term_of_their_empirical_distribution():
    """2,000 rows, whose identity would be a table of 4 million entries."""
    at = rows.column("x", bit)
    c, tables = ld.Constraint("c", at >> g, at >> g >> g), {g: [["1/2", "1/2"], ["1/4", "3/4"]]}
    few, many = (FiniteFunctor({bit: 2}, tables, {"rows": {"x": [0, 1, 1, 1] * n}}) for n in (1, 500))
    for term in (exact_term, drawn_term):
        assert term(c, few, "total_variation") == term(c, many, "total_variation") > 0


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_a_typed_error(message):
    with pytest.raises(ld.LearningDiagramError, match=message):
        BAD[message]()
