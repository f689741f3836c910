"""A plan with a strange value anywhere is trained, or refused by an error of the library."""

import random

import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train

STRANGE = [
    None, 0, -1, 1, 2.5, float("nan"), True, "", "x", "f", "rows", "a" * 300, "\x1b[2J", "../x", [], [1],
    ["a"], [[1]], {}, {"a": 1}, {"name": "mlp"}, {"name": "csv", "path": "rows.npz"}, {"box": "f"}, "Euclidean(3)",
    "Finite(0)", "mnist5k", "adam", "supervised",
]  # fmt: skip


def places(data, place=()):
    yield place
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*place, key))


def strangely_changed(folder, seed):
    """A plan with a part that is lacking, or that has a strange value."""
    generator = random.Random(seed)

    def change(plan):
        plan["splits"] = {"s": {"parts": {"a": 20, "b": 0.25}, "shuffle": 1}}
        plan["validation"] = {"data": {"rows": {"rows": {"split": "s", "part": "b"}}}, "monitor": "accuracy"}
        plan |= {"test": {"rows": {}}, "checkpoints": {"every": 2}, "trackers": ["csv"]}
        plan["sweep"] = {"grid": {"seed": [0]}}
        plan["data"]["rows"]["columns"]["x"] = {"column": "x", "divide": 2.0, "shape": [2]}
        own = {"lr": 0.1, "optimizer": {"name": "sgd", "momentum": 0.9}, "scheduler": {"name": "cosine", "T_max": 5}}
        plan["stages"][0] |= {"scheduler": {"name": "step", "step_size": 2}, "groups": {"f": own}}
        *inner, last = generator.choice([place for place in places(plan) if place])
        here = plan
        for step in inner:
            here = here[step]
        if generator.random() < 0.2:
            del here[last]
        else:
            here[last] = generator.choice(STRANGE)

    return small_plan.written(folder, change)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seeds", [range(30), pytest.param(range(30, 400), marks=pytest.mark.thorough)], ids=str)
def test_a_strange_plan_is_trained_or_refused_by_an_error_of_the_library(tmp_path, seeds):
    outcomes = set()
    for seed in seeds:
        try:
            experiment = Experiment.load(strangely_changed(tmp_path, seed))
            prepare(experiment)
            train(experiment, progress=False)
            outcomes.add("trained")
        except ld.LearningDiagramError as error:
            assert ":" in str(error)
            outcomes.add("refused")
    assert outcomes == {"trained", "refused"}
