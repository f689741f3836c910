"""Means in place of draws: a term without a warning is of the laws of its sides, and no label is made of a mean."""

import random
import warnings
from fractions import Fraction

import pytest
import torch
from hypothesis import assume, event, given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.backends.finite import FiniteFunctor, exact_term
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Tokens, TorchFunctor, compile
from learning_diagrams.errors import CompileError

x, y, real = ld.Ty("x"), ld.Ty("y"), ld.Ty("real")
rows = ld.SampleSpace("rows")
at = rows.column("at", x)
k, g, last = (ld.Kernel(name, x, x) for name in ("k", "g", "last"))
join, split, copy = ld.Kernel("join", x @ x, x), ld.Kernel("split", x, x @ x), ld.Copy(x)
hard, seen, meet = ld.Kernel("hard", x, y), ld.Kernel("seen", y, x), ld.Kernel("meet", y @ y, x)  # y draws categories
embed, times = ld.Box("embed", x, real), ld.Box("times", real @ real, real)
KERNELS = [k, g, join, split]
BATCH = {"rows": {"at": torch.tensor([0, 1, 1])}}


def log(law):
    return law.clamp(min=1e-30).log()


def contract(table):
    """The module of a kernel from one or two inputs, linear in each."""
    table = torch.tensor(table, dtype=torch.float32)
    if table.ndim == 2:
        return lambda v: log(v @ table)
    return lambda u, v: log(torch.einsum("ri,rj,ijk->rk", u, v, table))


def example_functor(sample):
    modules = {k: lambda v: torch.zeros(len(v), 2), last: contract([[1, 0], [1, 0]])}
    modules |= {box: contract([[1, 0], [0, 1]]) for box in (g, hard, seen)}
    modules |= {box: contract([[[1, 0], [0, 1]], [[0, 1], [1, 0]]]) for box in (join, meet)}
    modules |= {split: lambda v: (log(v), log(v)), embed: lambda v: v, times: lambda u, v: u * v}
    spaces = {x: Finite(2, sample=sample), y: Finite(2, sample="straight-through")}
    return TorchFunctor(ob={**spaces, real: Euclidean(2)}, ar=modules)


def compiled(lhs, rhs, functor, **options):
    """A loss, and the messages of the warnings of means that count as independent draws."""
    constraint = ld.Constraint("c", lhs, rhs, **options)
    diagram = ld.LearningDiagram(constraint)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loss = compile(ld.LearningDiagram(constraint, frozen=diagram.boxes), functor)
    return loss, [text for each in caught if "depend on one draw" in (text := str(each.message))]


@pytest.mark.parametrize(
    ("side", "end", "kernel", "box"),
    [
        (k >> copy >> join, last, "k", "join"),
        (k >> copy >> g @ last >> join, last, "k", "join"),
        (k >> split >> join, last, "k", "join"),  # outputs of one kernel are independent given its input alone
        (k >> g >> copy >> g @ x >> join, last, "g", "join"),
        (k >> copy >> g @ x >> join >> g, last, "k", "join"),
        (k >> copy >> embed @ embed >> times, embed, "k", "times"),
        (k >> copy >> hard @ hard >> meet, last, "k", "meet"),  # draws at one mean
        (k >> copy >> g @ hard >> g @ seen >> join, last, "k", "join"),
        (k >> hard >> ld.Copy(y) >> meet, last, None, None),  # one draw of a later kernel
        (copy >> k @ k >> join, last, None, None),
        (split >> join, last, None, None),
        (copy >> k @ x >> join, last, None, None),
        (k >> g >> last, last, None, None),
        (k >> copy >> g @ last, copy >> last @ last, None, None),  # two outputs, compared one by one
    ],
)
def test_a_draw_that_meets_itself_in_a_box_is_warned_of_where_its_mean_stands_for_it(side, end, kernel, box):
    _, told = compiled(at >> side, at >> end, example_functor("expectation"))
    assert len(told) == (box is not None)
    if box is not None:
        assert f"box '{box}' depend on one draw of kernel '{kernel}'" in told[0]
        assert told[0].endswith("sample='straight-through' or 'gumbel' draw once")
    assert compiled(at >> side, at >> end, example_functor("straight-through"))[1] == []


def test_one_draw_is_no_more_than_warned_of_and_its_draws_are_equal():
    for wiring, values in ((k >> copy, (0.6931, 0.0)), (copy >> k @ k, (0.6931, None))):
        for sample, value in zip(("expectation", "straight-through"), values, strict=True):
            loss, told = compiled(at >> wiring >> join, at >> last, example_functor(sample))
            assert value is None or loss(BATCH)[0].item() == pytest.approx(value, abs=1e-4)
            assert bool(told) == (sample == "expectation" and wiring.boxes[0] == k)


def test_a_draw_of_each_side_is_not_warned_of():
    assert compiled(at >> k >> g, at >> k >> last, example_functor("expectation"))[1] == []


@st.composite
def circuits(draw, cod):
    diagram = ld.Id(x)
    for box, place in draw(st.lists(st.tuples(st.sampled_from([*KERNELS, copy]), st.integers(0, 2)), max_size=6)):
        if len(box.dom) <= len(diagram.cod) and len(diagram.cod) + len(box.cod) - len(box.dom) <= 3:
            left = place % (len(diagram.cod) - len(box.dom) + 1)
            diagram = diagram >> x**left @ box @ x ** (len(diagram.cod) - left - len(box.dom))
    while len(diagram.cod) < cod:
        diagram = diagram >> split @ x ** (len(diagram.cod) - 1)
    return diagram >> x**cod @ ld.Discard(x ** (len(diagram.cod) - cod))


def random_functors(seed):
    """One functor with exact tables, and into PyTorch; the outputs of `split` are independent given its input."""
    generator = random.Random(seed)

    def law():
        weights = [generator.randrange(1, 9), generator.randrange(1, 9)]
        return [Fraction(w, sum(weights)) for w in weights]

    def numbers(table):
        return [numbers(each) if isinstance(each, list) else float(each) for each in table]

    tables = {"k": [law(), law()], "g": [law(), law()], "join": [[law(), law()], [law(), law()]]}
    modules = {name: contract(numbers(table)) for name, table in tables.items()}
    first, second = [law(), law()], [law(), law()]
    tables["split"] = [[[p * q for q in right] for p in left] for left, right in zip(first, second, strict=True)]
    left, right = contract(numbers(first)), contract(numbers(second))
    modules["split"] = lambda v: (left(v), right(v))
    exact = FiniteFunctor({x: 2}, tables, {"rows": {"at": [0, 1, 1]}})
    return exact, TorchFunctor(ob={x: Finite(2, sample="expectation")}, ar=modules)


@given(st.data())
def test_without_a_warning_a_loss_of_tables_is_the_exact_term_of_each_output(data):
    cod = data.draw(st.integers(1, 2))
    lhs, rhs = (data.draw(circuits(cod)) for _ in "lr")
    exact, functor = random_functors(data.draw(st.integers(0, 10**6)))
    options = {"over": at, "divergence": "total_variation"}
    try:
        loss, told = compiled(lhs, rhs, functor, **options)
    except CompileError:  # an output of a kernel that is used again
        assume(False)
    event("a warning" if told else "no warning")
    if told:
        return
    ends = [x**i @ ld.Discard(x) @ x ** (1 - i) for i in (1, 0)] if cod == 2 else [ld.Id(x)]
    terms = [exact_term(ld.Constraint("c", lhs >> e, rhs >> e, **options), exact, "total_variation") for e in ends]
    assert loss(BATCH)[0].item() == pytest.approx(float(sum(terms)), abs=1e-5)


image, flags, digit = ld.Ty("image"), ld.Ty("flags"), ld.Ty("digit")
photo, flag, number = rows.column("photo", image), rows.column("flag", flags), rows.column("number", digit)
see, guess = ld.Kernel("see", image, flags), ld.Kernel("guess", image, digit)
draw_in, bright = ld.Box("draw_in", flags, image), ld.Box("bright", image, flags)
turn, odd, spread = ld.Box("turn", flags, flags), ld.Box("odd", digit, digit), ld.Kernel("spread", digit, flags)
MODULES = {see: lambda v: v, draw_in: lambda v: v, bright: lambda v: (v > 0).float(), turn: lambda v: v.flip(1)}
MODULES |= {guess: lambda v: v, odd: lambda v: v.argmax(-1), spread: lambda v: v}


def discrete_loss(side, end, flag_sample="expectation", digits=Finite(3, sample="expectation"), **options):  # noqa: B008
    spaces = {image: Euclidean(3), flags: Bernoulli(3, sample=flag_sample), digit: digits}
    modules = MODULES if digits.shape == () else {**MODULES, guess: lambda v: v[:, None].expand(-1, 2, 3)}
    functor = TorchFunctor(ob=spaces, ar=modules)
    diagram = ld.LearningDiagram(ld.Constraint("c", side, end, **options))
    return compile(ld.LearningDiagram(*diagram.constraints, frozen=diagram.boxes), functor)


@pytest.mark.parametrize(
    ("side", "end", "options", "box", "needs"),
    [
        (photo >> see >> turn, flag, {}, "turn", "bits"),
        (photo >> see >> draw_in >> bright, flag, {}, "bright", "bits"),  # through a box
        (photo >> see >> turn >> turn, flag, {}, "turn", "bits"),
        (photo >> see, photo >> see >> turn, {}, "turn", "bits"),
        (turn, ld.Id(flags), {"over": photo >> see}, "turn", "bits"),  # at a point that is a mean
        (photo >> guess >> odd, number, {}, "odd", "labels"),
        (photo >> guess >> odd, number, {"digits": Tokens(3, 2, sample="expectation")}, "odd", "tokens"),
    ],
)
def test_a_box_that_makes_labels_or_bits_of_a_mean_is_refused(side, end, options, box, needs):
    with pytest.raises(CompileError, match=f"box '{box}' gets the mean of kernel .* needs {needs} of draws") as error:
        discrete_loss(side, end, **options)
    assert "make it a frozen Kernel whose module returns logits" in str(error.value)


def test_a_box_that_makes_bits_of_a_mean_stays_where_the_term_is_constant():
    with pytest.warns(UserWarning, match="so its term is the constant 0"):
        assert discrete_loss(turn, turn, over=photo >> see) is not None


@pytest.mark.parametrize(
    ("side", "end", "options"),
    [
        (photo >> see, photo >> bright, {}),
        (photo >> see, flag >> turn, {}),  # bits of data are no mean
        (photo >> see >> draw_in, photo, {}),
        (photo >> see, photo >> see >> turn, {"flag_sample": "straight-through"}),
        (photo >> see, photo >> guess >> spread >> turn, {"flag_sample": "straight-through"}),  # bits drawn at a mean
    ],
)
def test_a_box_that_makes_labels_or_bits_of_points_stays(side, end, options):
    assert discrete_loss(side, end, **options) is not None
