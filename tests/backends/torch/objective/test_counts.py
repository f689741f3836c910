"""The counts of the terms: what a mean over several batches weighs by."""

import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile

X = ld.Ty("x")
rows = ld.SampleSpace("rows")
a, b = rows.column("a", X), rows.column("b", X)
f = ld.Box("f", X, X)


def test_the_mean_over_batches_is_the_sum_of_the_values_divided_by_the_sum_of_the_counts():
    diagram = ld.LearningDiagram(ld.Constraint("fit", a >> f, b), ld.Constraint("same", a, a >> f))
    objective = compile(diagram, TorchFunctor(ob={X: Euclidean(2)}, ar={f: nn.Linear(2, 2)}))
    present = torch.tensor([True, False, True, True, False, True, True])
    x, y = torch.randn(7, 2), torch.randn(7, 2)
    sums = {"fit": 0.0, "same": 0.0}
    counts = {"fit": 0, "same": 0}
    for part in (slice(0, 2), slice(2, 7)):
        batch = {"rows": {"a": x[part], "b": (y[part], present[part])}}
        terms, number = objective(batch)[1], objective.counts(batch)
        for name, value in terms.items():
            sums[name] += float(value) * int(number[name])
            counts[name] += int(number[name])
    whole = objective({"rows": {"a": x, "b": (y, present)}})[1]
    assert counts == {"fit": 5, "same": 7}
    for name, value in whole.items():
        torch.testing.assert_close(torch.tensor(sums[name] / counts[name]), value.detach())


def test_counts_follow_sizes_and_masks_from_batch_to_batch():
    diagram = ld.LearningDiagram(ld.Constraint("c", a >> f, b))
    o = compile(diagram, TorchFunctor(ob={X: Euclidean(2)}, ar={f: nn.Linear(2, 2)}))
    full, mask = torch.zeros(4, 2), torch.tensor([True, False, True, False])
    batches = [(full, full), (full[:3], full[:3]), (full, (full, mask)), (full, full), ((full, ~mask), (full, mask))]
    assert [o.counts({"rows": {"a": x, "b": y}})["c"].item() for x, y in batches] == [4, 3, 2, 4, 0]
