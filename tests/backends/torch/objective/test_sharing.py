"""What is evaluated how often: applications and laws once, a draw once for each occurrence of its kernel."""

import pytest
import torch
from hypothesis import given
from torch import nn
from torch.distributions import Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile
from learning_diagrams.diagrams.box import is_deterministic
from strategies import ATOMS, columns, diagrams, equal_pairs, types

torch.set_num_threads(1)
x, digit = ld.Ty("x"), ld.Ty("digit")
rows = ld.SampleSpace("rows")
x_of, y_of = rows.column("x", x), rows.column("y", x)
f, g, join = ld.Box("f", x, x), ld.Box("g", x, x), ld.Box("join", x @ x, x)
h, k = ld.Kernel("h", x, x), ld.Kernel("k", x, x)


class Counted(nn.Linear):
    """A layer that counts its calls on real tensors."""

    def __init__(self):
        super().__init__(2, 2)
        self.calls = 0

    def forward(self, value):
        self.calls += type(value) is torch.Tensor
        return super().forward(value)


class CountedNormal(Normal):
    draws = 0

    def rsample(self, sample_shape=()):
        CountedNormal.draws += 1
        return super().rsample(sample_shape)


class CountedKernel(Counted):
    def forward(self, value):
        return CountedNormal(super().forward(value), 1.0)


def run(*constraints, **modules):
    """Terms of one batch of four rows, and how often each module was called and each law drawn from."""
    modules = {"f": Counted(), "g": Counted(), "h": CountedKernel(), "k": CountedKernel()} | modules
    modules.setdefault("join", lambda p, q: p + q)
    objective = compile(ld.LearningDiagram(*constraints), TorchFunctor(ob={x: Euclidean(2)}, ar=modules))
    CountedNormal.draws = 0
    calls = {name: module.calls for name, module in modules.items() if isinstance(module, Counted)}
    data = {"x": torch.arange(8.0).reshape(4, 2), "y": torch.ones(4, 2)}
    _, terms = objective({"rows": {c.name: data[c.name] for c in objective.diagram.columns}})
    return terms, {name: modules[name].calls - n for name, n in calls.items()}, CountedNormal.draws


def test_one_application_is_evaluated_once_across_constraints():
    _, calls, _ = run(
        ld.Constraint("one", x_of >> f >> g, y_of),
        ld.Constraint("two", f, g, over=x_of),
        ld.Constraint("three", x_of >> ld.Copy(x) >> f @ f >> join, y_of),
    )
    assert (calls["f"], calls["g"]) == (1, 2)


def test_what_no_output_needs_is_not_evaluated():
    unused = (f >> ld.Discard(x)) @ (h >> g >> ld.Discard(x))
    _, calls, draws = run(ld.Constraint("c", x_of >> ld.Copy(x, 3) >> unused @ x, y_of))
    assert calls == {"f": 0, "g": 0, "h": 0, "k": 0} and draws == 0


def test_a_law_is_evaluated_once_and_drawn_once_for_each_occurrence():
    _, calls, draws = run(ld.Constraint("two", x_of >> ld.Copy(x) >> h @ h >> join, y_of))
    assert (calls["h"], draws) == (1, 2)
    _, calls, draws = run(ld.Constraint("one", x_of >> h >> ld.Copy(x) >> join, y_of))
    assert (calls["h"], draws) == (1, 1)


def test_two_uses_of_one_draw_are_equal_and_two_draws_are_not():
    difference = {"join": lambda p, q: p - q}
    zero = ld.Constraint("c", x_of >> h >> ld.Copy(x) >> join, y_of)
    assert run(zero, **difference)[0]["c"].item() == 2.0  # (0 − 1)² on two features
    two = ld.Constraint("c", x_of >> ld.Copy(x) >> h @ h >> join, y_of)
    assert run(two, **difference)[0]["c"].item() != 2.0


def test_the_sides_of_a_constraint_and_two_constraints_draw_independently_from_one_law():
    _, calls, draws = run(ld.Constraint("c", h >> f, h >> g, over=x_of), ld.Constraint("d", h >> f, g, over=x_of))
    assert (calls["h"], draws) == (1, 3)


def test_a_law_that_is_compared_is_not_drawn():
    _, calls, draws = run(ld.Constraint("c", x_of >> h, x_of >> k, divergence="kl"))
    assert (calls["h"], calls["k"], draws) == (1, 1, 0)


def test_over_is_drawn_once_and_seen_by_both_sides():
    terms, calls, draws = run(ld.Constraint("c", f, f >> f, over=x_of >> h), f=Counted())
    assert (calls["h"], calls["f"], draws) == (1, 2, 1)
    terms, _, draws = run(
        ld.Constraint("c", join, ld.Discard(x) @ x, over=x_of >> h >> ld.Copy(x)), join=lambda p, q: p
    )
    assert terms["c"].item() == 0.0 and draws == 1
    terms, _, draws = run(
        ld.Constraint("c", join, ld.Discard(x) @ x, over=x_of >> ld.Copy(x) >> h @ h), join=lambda p, q: p
    )
    assert terms["c"].item() > 0.0 and draws == 2


def test_two_draws_of_a_sample_space_are_the_batch_and_the_batch_rolled_by_one():
    """Over Ω ⊗ Ω, `x @ x` is two draws; `copy >> x @ x` is one."""
    seen = []
    spy = {"join": lambda p, q: (seen.append((p, q)), p + q)[1]}
    run(ld.Constraint("c", join, ld.Discard(x) @ x, over=x_of @ x_of), **spy)
    first, second = seen[-1]
    assert torch.equal(second, first.roll(1, 0)) and not torch.equal(first, second)
    run(ld.Constraint("c", (x_of @ x_of) >> join, x_of @ ld.Discard(rows.ty)), **spy)
    assert torch.equal(seen[-1][1], first.roll(1, 0))
    run(ld.Constraint("c", join, ld.Discard(x) @ x, over=ld.Copy(rows.ty) >> x_of @ x_of), **spy)
    assert torch.equal(*seen[-1])
    triple = ld.Constraint("c", join @ x >> join, x @ ld.Discard(x @ x), over=x_of @ x_of @ x_of)
    run(triple, **spy)
    assert torch.equal(seen[-1][1], first.roll(2, 0))


def test_as_many_rows_are_needed_as_draws_are_made():
    diagram = ld.LearningDiagram(ld.Constraint("c", join, x @ ld.Discard(x), over=x_of @ x_of))
    objective = compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar={"join": lambda p, q: p + q}))
    with pytest.raises(ld.DataError, match="has 1 row, and 2 different rows"):
        objective({"rows": {"x": torch.ones(1, 2)}})


def test_a_state_draws_rows_and_each_state_anew():
    seen = []
    spy = {"join": lambda p, q: (seen.append((p, q)), p + q)[1]}
    run(ld.Constraint("c", join, ld.Discard(x) @ x, over=rows.state @ rows.state >> x_of @ x_of), **spy)
    assert torch.equal(seen[-1][1], seen[-1][0].roll(1, 0))
    run(ld.Constraint("c", join, ld.Discard(x) @ x >> f, over=rows.state >> ld.Copy(rows.ty) >> x_of @ x_of), **spy)
    assert torch.equal(*seen[-1])


def test_dropout_is_evaluated_once_and_batch_statistics_are_updated_once():
    constraint = ld.Constraint("c", x_of >> f >> ld.Copy(x) >> join, y_of)
    another = ld.Constraint("d", f, g, over=x_of)
    with pytest.warns(UserWarning, match="'f' have dropout or batch statistics"):
        terms, _, _ = run(constraint, another, f=nn.Dropout(0.5), join=lambda p, q: p - q)
    assert terms["c"].item() == 2.0
    norm = nn.BatchNorm1d(2)
    with pytest.warns(UserWarning, match="evaluated once"):
        run(constraint, another, f=norm)
    assert norm.num_batches_tracked.item() == 1


def test_outputs_that_are_not_independent_have_no_sum_of_divergences():
    classify = ld.Kernel("classify", x, digit)
    twice = x_of >> classify >> ld.Copy(digit)
    other = x_of >> ld.Copy(x) >> classify @ classify
    F = TorchFunctor(ob={x: Euclidean(2), digit: Finite(3)}, ar={classify: nn.Linear(2, 3)})
    with pytest.raises(ld.CompileError, match="'classify'"):
        compile(ld.LearningDiagram(ld.Constraint("c", twice, other)), F)


def module_of(box):
    """Some map of lines, with unit noise where the box is a kernel."""

    def module(*values):
        point = sum(values, torch.zeros(1 if not values else (len(values[0]), 1))) + len(box.name)
        outputs = tuple(point + i if is_deterministic(box) else Normal(point + i, 1.0) for i in range(len(box.cod)))
        return outputs[0] if len(outputs) == 1 else outputs

    return module


@given(equal_pairs(of=types(min_size=1).flatmap(lambda cod: diagrams(cod=cod, max_size=4, kinds="fk"))))
def test_equal_diagrams_draw_alike(pair):
    """They compile to the same code but for the comment that shows them, and a draw that nobody needs is no error."""
    ends = ld.Id(ld.Ty()).tensor(*(ld.Box(f"end_{ob.name}", ld.Ty(ob), ld.Ty(ob)) for ob in pair[0].cod.inside))
    zeros = ld.Discard(pair[0].dom) @ ld.Id(ld.Ty()).tensor(
        *(ld.Box(f"zero_{ob.name}", ld.Ty(), ld.Ty(ob)) for ob in pair[0].cod.inside)
    )
    batch = {"rows": {f"{name}_column": torch.arange(3.0)[:, None] for name in ATOMS}}
    codes, values = [], []
    for side in pair:
        diagram = ld.LearningDiagram(ld.Constraint("c", columns(side.dom) >> side >> ends, columns(side.dom) >> zeros))
        ob = {name: Euclidean(1) for name in ATOMS}
        objective = compile(diagram, TorchFunctor(ob=ob, ar={box.name: module_of(box) for box in diagram.boxes}))
        codes.append([line for line in objective.code.splitlines() if "#" not in line])
        torch.manual_seed(0)
        values.append(objective(batch, strict=False)[0].item())
    assert codes[0] == codes[1] and values[0] == values[1]
