"""What has no closed form is refused by a typed error, or answered by Unsolved."""

import re
import subprocess
import sys

import pytest
import sympy
from sympy.stats import MultivariateNormal, Normal

import learning_diagrams as ld
from learning_diagrams.backends.symbolic import (
    Bernoulli,
    Euclidean,
    Finite,
    Moments,
    SymbolicFunctor,
    Unsolved,
    compare,
    loss,
)
from learning_diagrams.backends.symbolic.divergences import OUTCOMES, POINTS, SAMPLES
from learning_diagrams.errors import CompileError, DataError, LimitExceeded, TypeMismatch, UnknownName
from learning_diagrams.semantics.divergences import KINDS

a, b = sympy.symbols("a b")
n, d, rows, others = ld.Ty("n"), ld.Ty("d"), ld.SampleSpace("rows"), ld.SampleSpace("others")
x, y, label, z = rows.column("x", n), rows.column("y", n), rows.column("label", d), others.column("z", n)
f, g, k, q = ld.Box("f", n, n), ld.Box("g", n, n), ld.Kernel("k", n, n), ld.Kernel("q", n, d)
AR = {f: lambda x: a * x, g: lambda x: b * x, k: lambda x: Normal("z", a * x, 1), q: lambda x: [b, 1 - b]}
DATA = {"rows": {"x": [1, 2], "y": [3, 4], "label": [0, 1]}, "others": {"z": [1, 2]}}


def value(*constraints, ar=(), data=DATA, ob=(), **options):
    F = SymbolicFunctor({n: Euclidean(), d: Finite(2), **dict(ob)}, {**AR, **dict(ar)})
    return loss(ld.LearningDiagram(*constraints, **options), F, data)


def fits(**options):
    return ld.Constraint("fits", x >> f, y, **options)


def c(lhs, rhs, **options):
    return ld.Constraint("c", lhs, rhs, **options)


def of(columns, others=None):
    return {"rows": columns, "others": others or {"z": [1, 2]}}


CASES = [
    (lambda: loss(ld.LearningDiagram(fits()), SymbolicFunctor({}, AR), DATA), UnknownName, "ob="),
    (lambda: value(c(x >> ld.Box("h", n, n), y)), UnknownName, "'h' has no function"),
    (lambda: value(fits(), data=of({"x": [1]})), UnknownName, "rows.y"),
    (lambda: SymbolicFunctor({n: 3}, {}), TypeMismatch, "'n'"),
    (lambda: SymbolicFunctor([n], {}), TypeMismatch, "ob= of SymbolicFunctor"),
    (lambda: value(fits()).gradient("a"), TypeMismatch, "a symbol of SymPy"),
    (lambda: value(fits(), data=of({"x": [float("nan")], "y": [1]})), CompileError, "must be a number"),
    (lambda: value(fits(), data=of({"x": ([1], 3), "y": [1]})), DataError, "a mask, a list"),
    (lambda: Euclidean(0), TypeMismatch, "a size of Euclidean"),
    (lambda: value(fits(), data={"rows": [1]}), DataError, "mappings"),
    (lambda: loss(ld.LearningDiagram(fits()), SymbolicFunctor({n: Euclidean()}, AR), DATA, -1), TypeMismatch, "step"),
    (lambda: value(fits(), data=of({"x": [1], "y": [1, 2]})), DataError, "one length"),
    (lambda: value(fits(), data=of({"x": [1], "y": Moments(0, 1)})), DataError, "all of them"),
    (lambda: value(c(f @ f, g @ g, over=x @ z), data=of({"x": [1]}, {"z": [1, 2]})), DataError, "[1, 2] rows"),
    (lambda: value(c(f @ f, g @ g, over=x @ x), data=of({"x": [1]})), DataError, "1 row"),
    (lambda: value(fits(), data=of({"x": [None], "y": [1]})), CompileError, "column 'x'"),
    (lambda: value(fits(), ar={f: lambda x: [x, x]}), CompileError, "box 'f' must have the shape []"),
    (lambda: value(fits(), data=of({"x": [[1, [2, 3]]], "y": [1]})), CompileError, "unequal shapes"),
    (lambda: value(c(x >> q, label), data=of({"x": [1], "label": [a]})), CompileError, "a label 0 … 1"),
    (lambda: value(c(x >> q, label), ar={q: lambda x: [a, a]}), CompileError, "sum to 1"),
    (lambda: value(c(x >> q, label), ar={q: lambda x: [2, -1]}), CompileError, "≥ 0"),
    (lambda: value(fits(), ar={f: lambda x: x if x > 0 else 0}), CompileError, "Piecewise"),
    (lambda: value(fits(), ar={f: 3}), CompileError, "function of 1 SymPy value, as lambda"),
    (lambda: SymbolicFunctor({n: Euclidean()}, {f: 3}), CompileError, "box 'f' must be a function of 1 SymPy value"),
    (lambda: SymbolicFunctor({n: Euclidean()}, {3: f}), TypeMismatch, "a mapping from boxes, or their names; got 3"),
    (
        lambda: value(c(x >> ld.Box("two", n, n @ n), x >> ld.Copy(n)), ar={"two": lambda x: x}),
        CompileError,
        "tuple of 2",
    ),
    (lambda: value(c(x >> k, y, divergence="nll"), ar={k: lambda x: a}), CompileError, "random symbol"),
    (
        lambda: value(fits(), data=of({"x": MultivariateNormal("v", [0, 0], [[1, 0], [0, 1]])[0], "y": 0})),
        DataError,
        "independent",
    ),
    (
        lambda: value(fits(divergence="squared_error"), ar={f: lambda x: x**2}, data=of({"x": Moments(0, 1), "y": 0})),
        CompileError,
        "power 4",
    ),
    (lambda: value(fits(divergence="absolute"), data=of({"x": Moments(0, 1), "y": 0})), CompileError, "mean of Abs"),
    (
        lambda: value(c(rows.state >> x, others.state >> z, divergence="sliced_wasserstein")),
        CompileError,
        "'sliced_wasserstein' has no closed form",
    ),
    (lambda: value(c(x >> k, y, divergence="energy")), CompileError, "'energy' has no closed form"),
    (lambda: value(fits(divergence="nearness")), UnknownName, "nearness"),
    (lambda: value(fits(divergence="kl")), CompileError, "'kl' has no closed form here on Euclidean"),
    (
        lambda: value(c(rows.state >> x, others.state >> z), data=of({"x": Normal("x", 0, 1)}, {"z": [1]})),
        CompileError,
        "lists",
    ),
    (lambda: value(c(x >> q, label, divergence={"name": "kl", "class_weight": [1, 2, 3]})), CompileError, "2 outcomes"),
    (lambda: value(fits(), players={"p": {"boxes": ["f"], "terms": ["fits"]}}), CompileError, "players"),
    (lambda: value(c(x >> f, x >> g), ema={g: (f, 0.9)}), CompileError, "moving average"),
    (lambda: value(c(x >> ld.Box("h", n, n, uses=[f]), y), ar={"h": lambda x: x}), CompileError, "uses 'f'"),
    (lambda: value(c(x >> k >> f, y, detach=f)), CompileError, "behind a draw"),
    (lambda: value(c(x >> f, x >> g), ar={g: lambda x: a}, frozen=[g]), CompileError, "two symbols"),
    (lambda: value(fits(), data=of({"x": [a], "y": [1]})), CompileError, "in the data"),
    (
        lambda: value(c(x >> q >> ld.Box("h", d, n), y, divergence="info_nce"), ar={"h": [1, 2]}),
        CompileError,
        "beside random",
    ),
    (lambda: compare(ld.Equation(k, k >> f), SymbolicFunctor({n: Euclidean()}, AR)), CompileError, "draws from ℝⁿ"),
    (
        lambda: compare(ld.Equation(rows.state >> x, others.state >> z), SymbolicFunctor({n: Euclidean()}, AR)),
        CompileError,
        "the data of",
    ),
    (lambda: compare(3, SymbolicFunctor({n: Euclidean()}, AR)), ld.TypeMismatch, "got 3"),
    (lambda: compare(ld.Equation(f, f), None), ld.TypeMismatch, "a SymbolicFunctor"),
    (lambda: value(fits(), data=of({"x": "1 + 1", "y": 0})), DataError, "a list of rows"),
    (lambda: value(c(x >> f, y, divergence="info_nce"), data=of({"x": Moments(0, 1), "y": 0})), CompileError, "rows"),
    (
        lambda: value(
            c(x >> ld.Kernel("h", n, d) >> ld.Box("u", d, n), y), ob={d: Bernoulli(13)}, ar={"h": lambda x: [a] * 13}
        ),
        LimitExceeded,
        "4096",
    ),
    (lambda: SymbolicFunctor({n: Euclidean()}, AR)(f)(), CompileError, "takes 1 value"),
    (lambda: SymbolicFunctor({n: Euclidean()}, AR)("f"), TypeMismatch, "types and diagrams"),
]


@pytest.mark.parametrize(("action", "error", "says"), CASES, ids=[case[2] for case in CASES])
def test_what_has_no_closed_form_is_refused_by_name(action, error, says):
    with pytest.raises(error, match=re.escape(says)):
        action()


def test_all_divergences_but_two_have_a_closed_form_on_some_space():
    assert KINDS.keys() - {*OUTCOMES, *POINTS, *SAMPLES, "info_nce"} == {"energy", "sliced_wasserstein"}


def test_minimisers_are_found_or_unsolved():
    (line,) = value(fits()).minimisers()
    assert line.at == {a: sympy.Rational(11, 5)} and line.value == sympy.Rational(2, 5) and line.kind == "global"
    one = c(x >> f, x >> g, divergence="difference")
    wells = value(one, ar={f: lambda x: 3 * a**4 - 4 * a**3 - 12 * a**2, g: lambda x: 0}).minimisers()
    assert [(well.at[a], well.value, well.kind) for well in wells] == [(-1, -5, "local"), (2, -32, "local")]
    kinked = {f: lambda x: a**2 - sympy.Abs(a), g: lambda x: 0}
    assert value(one, ar=kinked).hessian() == sympy.Matrix([[2]])
    for answer, says in (
        (value(one, ar=kinked).minimisers(), ""),
        (value(one, ar={f: lambda x: a**3, g: lambda x: 0}).minimisers(), "decides of none"),
        (value(one, ar={f: lambda x: sympy.exp(a) + a, g: lambda x: 0}).minimisers(), "finds no point"),
        (value(one, ar={f: lambda x: sympy.sin(a) - a**2, g: lambda x: 0}).minimisers(), "does not solve"),
        (value(fits(), frozen=[f]).minimisers(), "no parameter"),
        (value(ld.Constraint("c", x >> f >> g, y, detach=f)).minimisers(), "stop-gradient"),
    ):
        assert isinstance(answer, Unsolved) and not answer and says in answer.reason


def test_comparisons_go_through_labels_bits_and_columns():
    bits, h = ld.Ty("bits"), ld.Box("h", d, d)
    ob, twice = {n: Euclidean(), d: Finite(3), bits: Bernoulli(2)}, ld.Box("twice", bits, bits)
    ar = {h: [1, 2, 0], twice: lambda v: [1 - v[1], 1 - v[0]], f: lambda x: sympy.Abs(x), g: lambda x: sympy.sqrt(x**2)}
    F = SymbolicFunctor(ob, ar)
    assert compare(ld.Equation(h >> h >> h, ld.Id(d)), F) and compare(ld.Equation(twice >> twice, ld.Id(bits)), F)
    assert compare(ld.Equation(x >> f, x >> g), F)
    answer = compare(ld.Equation(h >> h, h), F)
    assert (answer.holds, answer.difference, answer.at) == (False, (1,), (0,))
    answer = compare(ld.Equation(f @ n, n @ f), F)
    assert [str(entry) for entry in (*answer.difference, *answer.at)] == [
        "-n_1 + Abs(n_1)",
        "n_2 - Abs(n_2)",
        "n_1",
        "n_2",
    ]


def test_without_sympy_the_error_says_what_to_install():
    program = (
        "import sys; sys.modules['sympy'] = None\n"
        "from learning_diagrams.errors import LearningDiagramError\n"
        "try:\n    import learning_diagrams.backends.symbolic\n"
        "except LearningDiagramError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "pip install 'learning-diagrams[symbolic]'" in done.stdout, done.stderr
