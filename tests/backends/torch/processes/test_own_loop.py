"""A loop of one's own: `DistributedDataParallel` round a `JoinedObjective`, on rows that each process reads itself."""

import os

import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.distributed import DistributedSampler

import learning_diagrams as ld
from joined_runs import DATA, X, Y, Z, f, h, label, linear, made, net, point, target
from learning_diagrams.backends.torch import JoinedObjective, Rows, batches, fit
from learning_diagrams.backends.torch.streaming.streamed_rows import StreamedRows
from process_pool import Pool

torch.set_num_threads(1)
CONSTRAINTS = [
    ld.Constraint("fit", point >> f, label),
    ld.Constraint("contrast", point >> h, target, divergence="info_nce"),
]
TABLE = DATA["rows"]


def part(first, last):
    values, mask = TABLE["y"]
    return {"rows": {"x": X[first:last], "y": (values[first:last], mask[first:last]), "z": Z[first:last]}}


def own_loop(rows):
    """Three steps on batches that are rows of this process, in unequal numbers, or all rows."""
    torch.manual_seed(0)
    several, rank = "RANK" in os.environ, int(os.environ.get("RANK", 0))
    objective = made(CONSTRAINTS, {f: net(), h: linear(4, 4)})
    model = JoinedObjective(objective, rows)
    model = DistributedDataParallel(model) if several else model
    optimizer = torch.optim.AdamW(objective.trainable_parameters(), lr=0.01)
    objective.train()
    totals = []
    for first, middle, last in ((0, 2, 8), (8, 11, 12), (12, 13, 17)):
        own = (first, last) if rows == "all" or not several else ((first, middle), (middle, last))[rank]
        total, terms = model(part(*own))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        objective.after_step()
        totals += [total.item(), *(term.item() for term in terms.values())]
    counts = {name: int(count) for name, count in JoinedObjective(objective, rows).counts(part(*own)).items()}
    return totals, counts, [parameter.detach() for parameter in objective.trainable_parameters()]


@pytest.fixture(scope="module")
def pool():
    with Pool(2) as processes:
        yield processes


@pytest.mark.parametrize("rows", ["own", "all"])
def test_the_loop_of_one_process_is_that_of_several(pool, rows):
    totals, counts, weights = own_loop(rows)
    for answer in pool.run(own_loop, rows):
        assert answer[0] == pytest.approx(totals, rel=1e-10)
        assert answer[1] == counts
        torch.testing.assert_close(answer[2], weights, rtol=1e-10, atol=1e-10)


def half_masked():
    """One process has a mask and the other has none; one has a wrong column."""
    rank, objective = int(os.environ["RANK"]), made(CONSTRAINTS, {f: nn.Linear(4, 3).double(), h: linear(4, 4)})
    batch, joined = part(0, 4), JoinedObjective(objective)
    if rank:
        batch["rows"]["y"] = batch["rows"]["y"][0]
    terms = joined(batch)[1]
    if rank:
        batch["rows"]["x"] = batch["rows"]["x"].float()[:, :3]
    try:
        joined(batch)
    except ld.DataError as error:
        return terms["fit"].item(), str(error)


def test_masks_and_faults_of_one_process_are_those_of_all(pool):
    (first, error), (second, other) = pool.run(half_masked)
    assert first == second and error == other
    assert error.startswith("the batch of process 1: column 'x' of sample space 'rows' has shape [4, 3]")


class Counted(Dataset):
    """Rows that count how often they are read."""

    def __init__(self, rows):
        self.reads = [0] * rows

    def __len__(self):
        return len(self.reads)

    def __getitem__(self, i):
        self.reads[i] += 1
        return X[i], Y[i]


def sampled(drop_last, passes=2):
    """`fit` on a loader with a DistributedSampler."""
    rank, rows = int(os.environ["RANK"]), Counted(16 if drop_last is None else 17)
    sampler = DistributedSampler(rows, 2, rank, seed=4, drop_last=bool(drop_last))
    epochs, set_epoch = [], sampler.set_epoch
    sampler.set_epoch = lambda epoch: epochs.append(epoch) or set_epoch(epoch)
    loader = DataLoader(rows, 4, sampler=sampler)
    objective = made([ld.Constraint("fit", point >> f, label)], {f: linear(4, 3)})
    try:
        history = fit(objective, {"rows": Rows(loader, ("x", "y"))}, epochs=passes, progress=False)
    except ld.DataError as error:
        return str(error)
    return [row["fit"] for row in history.steps], [*history.counts], epochs, rows.reads


def test_each_process_reads_its_share_of_a_loader_with_a_distributed_sampler(pool):
    (first, counts, epochs, reads), second = pool.run(sampled, None)
    assert (first, counts, epochs) == second[:3] and epochs == [1, 2]
    assert [row["fit"] for row in counts] == [8, 8, 8, 8]
    assert len(set(first)) == 4
    assert sum(reads) == sum(second[3]) == 16  # half of the rows in each of two passes
    assert [own + other for own, other in zip(reads, second[3], strict=True)] == [2] * 16
    assert 1 in reads  # the second pass is in another order
    for answer in pool.run(sampled, False):
        assert answer.startswith("the DistributedSampler of sample space 'rows' repeats 1 row")
    (first, *_), second = pool.run(sampled, True)
    assert len(first) == 4 and first == second[0]


class Part:
    """A part of a stream, which counts the rows that are read."""

    def __init__(self, start, rows):
        self.start, self.rows, self.read = start, rows, 0

    def pieces(self, start):
        for i in range(self.start + start, self.start + self.rows):
            self.read += 1
            yield {"x": (X[i : i + 1].numpy(), None), "y": (Y[i : i + 1].numpy(), None)}


def streamed(number=None, **options):
    """`fit` on a stream, of which each process reads its share."""
    rank = int(os.environ["RANK"])
    parts = [Part(start, min(3, 17 - start)) for start in range(0, 17, 3)]
    share = (rank if number is None else number, 2)
    objective = made([ld.Constraint("fit", point >> f, label)], {f: linear(4, 3)})
    stream = StreamedRows(parts, batch_size=3, share=share)
    own, options = {"rows": stream}, {"epochs": 2, "progress": False} | options
    if options.get("validation"):
        options["validation"] = own
    try:
        history = fit(objective, own, **options)
    except ld.LearningDiagramError as error:
        return str(error)
    return [row["fit"] for row in history.steps], [row["fit"] for row in history.counts], [part.read for part in parts]


def test_each_process_reads_its_share_of_a_stream(pool):
    batches_of_all = [[*range(i, min(i + 3, 8)), *range(8 + i, min(8 + i + 3, 16))] for i in (0, 3, 6)]
    data = [{"x": X[rows], "y": Y[rows]} for rows in batches_of_all]
    history = fit(made([ld.Constraint("fit", point >> f, label)], {f: linear(4, 3)}), {"rows": data}, epochs=2)
    for terms, counts, _ in (answers := pool.run(streamed)):
        assert terms == pytest.approx([row["fit"] for row in history.steps], rel=1e-12)
        assert counts == [6, 6, 4] * 2
    assert [reads for *_, reads in answers] == [[6, 6, 4, 0, 0, 0], [0, 0, 2, 6, 6, 2]]  # two passes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"number": 1}, "the share of sample space 'rows' is (1, 2), and this is process 0 of 2"),
        ({"validation": True}, "every process measures validation on all rows"),
        ({"resume": True, "run": "run"}, "resume= goes back to a batch of all processes"),
    ],
)
def test_a_share_that_cannot_be_equal_is_refused(options, message):
    with Pool(2) as processes:
        answers = processes.run(streamed_with, options, last=True)
    assert answers[0].startswith(message) and message in answers[1].replace("(0, 2)", "(1, 2)")


def streamed_with(options):
    return streamed(**options)


def test_a_loop_in_one_process_is_that_of_the_objective():
    objective = made(CONSTRAINTS, {f: linear(4, 3), h: linear(4, 4)})
    for batch in batches(DATA, epochs=1, batch_size=8, objective=objective, strict=False):
        assert torch.equal(JoinedObjective(objective)(batch, False)[0], objective(batch, False)[0])
    with pytest.raises(ld.TypeMismatch, match="JoinedObjective takes an objective"):
        JoinedObjective(nn.Linear(1, 1))
    with pytest.raises(ld.DataError, match="'own' or 'all', got 'each'"):
        JoinedObjective(objective, "each")
