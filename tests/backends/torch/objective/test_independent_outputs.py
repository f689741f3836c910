"""Divergences add over output wires where the outputs are independent given the draws, and only there.

On each side no kernel's output may go to two outputs, or to an output and a box. Random sides are held to a check that
reads a list of steps, and knows nothing of port graphs.
"""

import math
import re
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

torch.set_num_threads(1)
x, y = ld.Ty("x"), ld.Ty("y")
rows = ld.SampleSpace("rows")
x_of = rows.column("x", x)
f, add = ld.Box("f", x, x), ld.Box("add", x @ x, x)
k, l, mix, fork = ld.Kernel("k", x, x), ld.Kernel("l", x, x), ld.Kernel("mix", x @ x, x), ld.Kernel("fork", x, x @ x)
p = ld.Kernel("p", x, x)
BOXES = {box.name: box for box in (f, add, k, l, mix, fork)}
KERNELS = {"k", "l", "mix", "fork"}


def functor():
    return TorchFunctor(
        ob={x: Euclidean(1), y: Finite(2)},
        ar={
            "f": lambda v: v + 1, "add": lambda u, v: u + v, "p": lambda v: Normal(v, 1.0),
            "k": lambda v: Normal(v, 1.0), "l": lambda v: Normal(v, 2.0), "mix": lambda u, v: Normal(u - v, 1.0),
            "fork": lambda v: (Normal(v, 1.0), Normal(-v, 1.0)),
        },
    )  # fmt: skip


@st.composite
def plans(draw):
    """Steps (box, wires that it reads), what made each wire, and the wires of the outputs. Wire 0 is the input."""
    steps, makers = [], [None]  # for each wire the step that made it
    for i in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from(sorted(BOXES)))
        reads = [draw(st.integers(0, len(makers) - 1)) for _ in BOXES[name].dom.inside]
        steps.append((name, reads))
        makers += [i] * len(BOXES[name].cod)
    ends = draw(st.lists(st.integers(0, len(makers) - 1), min_size=1, max_size=3))
    return steps, makers, ends


def diagram_of(steps, ends):
    def side(start):
        wires = [start]
        for name, reads in steps:
            returned = ld.apply(BOXES[name], *(wires[i] for i in reads))
            wires += returned if isinstance(returned, tuple | list) else [returned]
        return tuple(wires[i] for i in ends) if len(ends) > 1 else wires[ends[0]]

    return ld.diagram(x, x ** len(ends))(side)


def at_fault(steps, makers, ends):
    """The kernels with a wire that goes to two outputs, or to an output and a box that some output needs."""
    alive, wanted = set(), [makers[wire] for wire in ends]
    while wanted:
        step = wanted.pop()
        if step is not None and step not in alive:
            alive.add(step)
            wanted += [makers[wire] for wire in steps[step][1]]
    read = {wire for step in alive for wire in steps[step][1]}
    return {
        steps[step][0]
        for wire, step in enumerate(makers)
        if step is not None and steps[step][0] in KERNELS and wire in ends and (ends.count(wire) > 1 or wire in read)
    }


def is_law(steps, makers, wire):
    return makers[wire] is not None and steps[makers[wire]][0] in KERNELS


@given(plans())
@pytest.mark.parametrize("on", ["lhs", "rhs"])
def test_exactly_the_sides_with_dependent_outputs_are_refused(on, plan):
    steps, makers, ends = plan
    side = diagram_of(steps, ends)
    other = ld.Copy(x, len(ends)) >> ld.Id(ld.Ty()).tensor(*[f if on == "lhs" else p] * len(ends))
    fits = {("lhs", True): "nll", ("lhs", False): "squared_error", ("rhs", True): "kl", ("rhs", False): "nll"}
    divergence = [fits[on, is_law(steps, makers, wire)] for wire in ends]
    sides = (side, other) if on == "lhs" else (other, side)
    diagram = ld.LearningDiagram(ld.Constraint("c", *sides, over=x_of, divergence=divergence))
    faults = at_fault(steps, makers, ends)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "constraint 'c' is proved by the theory alone")
        try:
            total, _ = compile(diagram, functor())({"rows": {"x": torch.randn(3, 1)}})
        except ld.CompileError as error:
            named = re.search(r"the output of kernel '(\w+)' goes to an output and is used again", str(error))
            assert named and named[1] in faults, error
        else:
            assert not faults and total.isfinite()


def compiled(lhs, rhs, divergence=None, **options):
    return compile(ld.LearningDiagram(ld.Constraint("c", lhs, rhs, divergence=divergence, **options)), functor())


FINE = {
    "a deterministic output": (x_of >> f >> ld.Copy(x) >> x @ f, ["squared_error"] * 2, None),
    "a draw that two boxes see": (x_of >> k >> ld.Copy(x) >> f @ x >> x @ f, ["squared_error"] * 2, None),
    "two draws of one law": (x_of >> ld.Copy(x) >> k @ k, ["nll"] * 2, None),
    "a use that is discarded": (x_of >> k >> ld.Copy(x, 3) >> (l >> ld.Discard(x)) @ ld.Discard(x) @ x, ["nll"], None),
    "a draw of over": (ld.Copy(x, 3) >> x @ x @ f, ["squared_error"] * 3, x_of >> k),
    "a draw of over and a law": (ld.Copy(x) >> x @ l, ["squared_error", "nll"], x_of >> k),
    "wires of one kernel": (x_of >> fork >> x @ f, ["nll", "squared_error"], None),
}


@pytest.mark.parametrize("name", FINE)
def test_what_is_independent_given_its_draws_is_a_sum_over_outputs(name):
    side, divergence, over = FINE[name]
    zeros = ld.Id(ld.Ty()).tensor(*[f >> f] * len(side.cod))
    start = ld.Copy(x, len(side.cod)) if over is not None else x_of >> ld.Copy(x, len(side.cod))
    loss = compiled(side, start >> zeros, divergence, **({} if over is None else {"over": over}))
    (summed,) = [line for line in loss.code.splitlines() if line.startswith("    c = ")]
    assert summed.count(" + ") == len(side.cod) - 1 and loss({"rows": {"x": torch.randn(3, 1)}})[0].isfinite()


REFUSED = {
    "two outputs": (x_of >> k >> ld.Copy(x), "k"),
    "an output and a box": (x_of >> k >> ld.Copy(x) >> x @ f, "k"),
    "an output and a kernel": (x_of >> k >> ld.Copy(x) >> l @ x, "k"),
    "a wire of several": (x_of >> fork >> ld.Swap(x, x) >> ld.Copy(x) @ x >> x @ add, "fork"),
    "behind a box": (x_of >> f >> l >> ld.Copy(x) >> f @ x, "l"),
    "an output and two boxes that are one": (x_of >> k >> ld.Copy(x, 3) >> f @ f @ x >> add @ x, "k"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_dependent_output_names_constraint_and_kernel(name, swapped):
    side, kernel = REFUSED[name]
    other = x_of >> ld.Copy(x, len(side.cod)) >> ld.Id(ld.Ty()).tensor(*[p] * len(side.cod))
    sides = (other, side) if swapped else (side, other)
    with pytest.raises(ld.CompileError, match=f"constraint 'c': the output of kernel '{kernel}' goes to an output"):
        compiled(*sides, "kl")


def test_two_explicit_sides_on_I_keep_to_the_rule_and_by_samples_need_not():
    start = ld.Kernel("start", ld.Ty(), x)
    ar = {"start": lambda: Normal(torch.zeros(1), 1.0)}
    for divergence, fine in (("kl", False), ({"name": "energy_distance", "samples": 9}, True)):
        constraint = ld.Constraint("c", start >> ld.Copy(x), start @ start, divergence=divergence)
        F = TorchFunctor(ob={x: Euclidean(1)}, ar=ar)
        if fine:
            assert compile(ld.LearningDiagram(constraint), F)({})[0].isfinite()
            continue
        with pytest.raises(ld.CompileError, match="the output of kernel 'start' goes to an output"):
            compile(ld.LearningDiagram(constraint), F)


def test_drawn_first_the_outputs_are_compared_as_one_draw_makes_them():
    """u against v + 1 for u = v, and for independent u, v of N(0, 1): 1, and 2 + 1 within five standard errors."""
    for source, expected in ((k >> ld.Copy(x), 1.0), (ld.Copy(x) >> k @ k, 3.0)):
        torch.manual_seed(0)
        loss = compiled(x @ ld.Discard(x), ld.Discard(x) @ f, over=x_of >> source)
        value = loss({"rows": {"x": torch.zeros(4000, 1)}})[0].item()
        assert value == pytest.approx(expected, abs=1e-5 if expected == 1 else 5 * 4 / math.sqrt(4000))
