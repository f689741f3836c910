"""Divergences add over output wires only where the outputs of a side are independent given its draws.

That is: no kernel's output is wired to two outputs, or to an output and a box.
"""

import re

import pytest
import torch
from discopy import markov
from hypothesis import given
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile
from learning_diagrams.semantics.lowering import require_free_outputs
from strategies import diagrams, steps_of

torch.set_num_threads(1)


def shared_kernels(side):
    """The names of the kernels whose output is an output and is used again, read off the layers of a diagram.

    A use counts where an output needs it: a wire is the number of an application and of its output, and what is
    reachable backwards from the outputs is needed.
    """
    scan = [("input", i) for i in range(len(side.dom))]
    applied = []
    for offset, box in steps_of(side):
        taken = scan[offset : offset + len(box.dom)]
        if isinstance(box, markov.Copy):
            made = taken * len(box.cod)
        elif isinstance(box, markov.Swap):
            made = taken[::-1]
        else:
            made = [(len(applied), i) for i in range(len(box.cod))]
            applied.append((box, taken))
        scan[offset : offset + len(box.dom)] = made
    needed, waiting = set(), [number for number, _ in scan if number != "input"]
    while waiting:
        number = waiting.pop()
        if number not in needed:
            needed.add(number)
            waiting += [before for before, _ in applied[number][1] if before != "input"]
    consumed = {wire for number in needed for wire in applied[number][1]}
    return {
        applied[wire[0]][0].name
        for wire in scan
        if wire[0] != "input"
        and not isinstance(applied[wire[0]][0], ld.Box)
        and (scan.count(wire) > 1 or wire in consumed)
    }


@given(diagrams(max_size=7))
def test_exactly_the_sides_in_which_a_law_is_used_again_are_refused(side):
    shared = shared_kernels(side)
    if not shared:
        require_free_outputs(side, "here")
        return
    with pytest.raises(ld.CompileError, match="here: the output of kernel") as error:
        require_free_outputs(side, "here")
    assert re.search("kernel '(.*?)' goes", str(error.value))[1] in shared


x, d = ld.Ty("x"), ld.Ty("d")
rows = ld.SampleSpace("rows")
x_of, y_of = rows.column("x", x), rows.column("y", x)
f, g, join = ld.Box("f", x, x), ld.Box("g", x, x), ld.Box("join", x @ x, x)
k, n, plain = ld.Kernel("k", x, d), ld.Kernel("n", x, x), markov.Box("plain", x, d)
split, read = ld.Kernel("split", x, d @ d), ld.Box("read", d, x)
two, drop = ld.Copy(d), ld.Discard(d)


class Split(nn.Linear):
    def forward(self, value):
        made = super().forward(value)
        return made, -made


class Noise(nn.Linear):
    def forward(self, value):
        return torch.distributions.Normal(super().forward(value), 1.0)


def compiled(lhs, rhs, over=x_of, divergence=None):
    modules = {"f": nn.Linear(2, 2), "g": nn.Linear(2, 2), "join": nn.Bilinear(2, 2, 2), "k": nn.Linear(2, 3)}
    modules |= {"plain": nn.Linear(2, 3), "split": Split(2, 3), "read": nn.Linear(3, 2), "n": Noise(2, 2)}
    spaces = {x: Euclidean(2), d: Finite(3, sample="straight-through")}
    constraint = ld.Constraint("c", lhs, rhs, over=over, divergence=divergence)
    return compile(ld.LearningDiagram(constraint), TorchFunctor(ob=spaces, ar=modules))


FREE = {
    "two draws": (ld.Copy(x) >> k @ k, ld.Copy(x) >> plain @ plain),
    "a function copied": (f >> ld.Copy(x), g >> ld.Copy(x)),
    "a draw seen by two functions": (k >> two >> read @ read, ld.Copy(x) >> f @ g),
    "a copy that is discarded": (k >> two >> d @ drop, plain),
    "a copy that only discarded boxes see": (k >> two >> d @ (read >> ld.Discard(x)), plain),
    "a kernel of two outputs": (split, split >> ld.Swap(d, d)),
    "a draw used twice by one box": (k >> two >> read @ read >> join, f),
    "a law after a draw": (n >> k, plain),
}
BOUND = {
    "two outputs": (k >> two, ld.Copy(x) >> k @ k, "k"),
    "an output and a box": (k >> two >> d @ read, ld.Copy(x) >> plain @ f, "k"),
    "an output and a kernel": (n >> ld.Copy(x) >> x @ k, f >> ld.Copy(x) >> x @ k, "n"),
    "three outputs, one discarded": (k >> ld.Copy(d, 3) >> d @ drop @ d, ld.Copy(x) >> k @ k, "k"),
    "on the right": (ld.Copy(x) >> k @ k, k >> two, "k"),
    "a plain box": (plain >> two, ld.Copy(x) >> k @ k, "plain"),
    "one of two outputs": (split >> two @ drop, ld.Copy(x) >> k @ k, "split"),
}


@pytest.mark.parametrize("case", FREE)
def test_independent_outputs_compile_and_their_term_is_the_sum_over_wires(case):
    lhs, rhs = FREE[case]
    objective = compiled(lhs, rhs)
    torch.manual_seed(0)
    total, _ = objective({"rows": {"x": torch.randn(4, 2)}})
    assert total.isfinite() and total > 0 and objective.code.count("cross_entropy(") == 0


@pytest.mark.parametrize("case", BOUND)
def test_outputs_that_share_a_law_are_a_compile_error_that_names_the_kernel(case):
    lhs, rhs, kernel = BOUND[case]
    with pytest.raises(ld.CompileError, match=f"constraint 'c': the output of kernel '{kernel}' goes to an output"):
        compiled(lhs, rhs)


def test_draws_of_over_may_be_outputs_and_used_again():
    once = ld.Copy(x) >> x @ f
    objective = compiled(once, ld.Copy(x) >> f @ x, over=x_of >> n)
    assert objective({"rows": {"x": torch.randn(4, 2)}})[0] > 0
    copied = compiled(ld.Copy(d) >> d @ read >> drop @ x, read >> f, over=x_of >> k)
    assert copied({"rows": {"x": torch.randn(4, 2)}})[0] > 0
    labels = compiled(ld.Copy(d) >> (read >> k) @ (read >> k), ld.Copy(d), over=x_of >> k)
    assert labels.code.count("cross_entropy(") == 2
    assert labels({"rows": {"x": torch.randn(4, 2)}})[0].isfinite()


def test_terms_add_over_wires_exactly():
    objective = compiled(ld.Copy(x) >> k @ f, ld.Copy(x) >> plain @ g)
    data = torch.randn(5, 2)
    total, _ = objective({"rows": {"x": data}})
    F = objective.functor
    p, r = F(k)(data).log_softmax(-1), F(plain)(data).log_softmax(-1)
    expected = (r.exp() * (r - p)).sum(1).mean() + (F(f)(data) - F(g)(data)).square().sum(1).mean()
    torch.testing.assert_close(total, expected, rtol=1e-5, atol=1e-6)
