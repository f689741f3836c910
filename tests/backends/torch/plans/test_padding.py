"""Plans whose sequences have padding: by a token, by a column of bits, or by the presence of a column."""

import numpy as np
import pytest
import torch

import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train


def changed(way, module):
    def change(plan):
        second = {"token": [], "column": ["seen"], "presence": ["seen"]}[way]
        column = {"token": {}, "column": {"which": "seen"}, "presence": {"x.presence": "seen"}}[way]
        lhs = {"token": "x >> f", "column": "x @ which >> f", "presence": "x @ x.presence >> f"}[way]
        lhs = lhs if way == "token" else f"copy(rows) >> ({lhs.removesuffix(' >> f')}) >> f"
        plan["diagram"] = {
            "objects": ["words", "kind", *second],
            "sample_spaces": {"rows": {"x": "words", **column, "y": "kind"}},
            "boxes": {"f": {"dom": ["words", *second], "cod": ["kind"], "kernel": True}},
            "constraints": {"fit": {"lhs": lhs, "rhs": "y"}},
        }
        padding = "" if way == "column" else ", padding=0"
        plan["spaces"] = {"words": f"Tokens(7, 5{padding})", "kind": "Finite(3)"}
        plan["spaces"] |= {"seen": "Mask(5)"} if second else {}
        plan["modules"] = {"f": {"name": module, "width": 8}}
        columns = {"x": "words", "y": "y"} | ({"which": "seen"} if way == "column" else {})
        plan["data"] = {"rows": {"source": {"name": "npz", "path": "words.npz"}, "columns": columns}}
        plan["metrics"] = {}
        plan["stages"] = [{"epochs": 2, "batch_size": 8, "optimizer": "adam"}]

    return change


@pytest.mark.sampled(3)
@pytest.mark.parametrize("module", ["gru", "transformer"])
@pytest.mark.parametrize("way", ["token", "column", "presence"])
def test_a_plan_trains_alike_whatever_stands_in_its_padding(tmp_path, way, module):
    generator = np.random.default_rng(0)
    lengths = generator.integers(0, 6, 24)
    seen = np.arange(5) < lengths[:, None]
    words = np.where(seen, generator.integers(1, 7, (24, 5)), 0)
    finals = []
    for filling in (words, np.where(seen, words, 3 if way == "column" else 0)):
        np.savez(tmp_path / "words.npz", words=filling, seen=seen, y=lengths % 3)
        run = train(Experiment.load(small_plan.written(tmp_path, changed(way, module))), progress=False)
        finals.append(run.objective.state_dict())
        assert run.histories[0].epochs[1]["total"] > 0
    assert all(torch.allclose(value, finals[1][name], atol=1e-5) for name, value in finals[0].items())


def test_the_presence_of_a_column_is_no_column_of_the_source(tmp_path):
    np.savez(tmp_path / "words.npz", words=np.ones((4, 5), int), seen=np.ones((4, 5), bool), y=np.arange(4) % 3)
    prepared = prepare(Experiment.load(small_plan.written(tmp_path, changed("presence", "gru"))))
    assert {*prepared.data["rows"]} == {"x", "y"}
