"""The networks of a plan compute, and its columns are read, in the dtype that its spaces say."""

import numpy as np
import pytest
import torch

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train

NETWORKS = ("linear", "mlp")


def prepared(folder, change):
    return prepare(Experiment.load(small_plan.written(folder, change)))


def dtypes(plan, box="f"):
    return {parameter.dtype for parameter in plan.functor.modules[box].parameters()}


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16", "float32"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_in_the_dtype_of_its_space(tmp_path, name, dtype):
    def change(plan):
        plan["spaces"]["point"] = f"Euclidean(2, dtype=torch.{dtype})"
        plan["modules"]["f"] = name
        plan["data"]["rows"]["columns"]["x"] = {"column": "x", "divide": 3}
        plan["stages"] = [{"steps": 2, "optimizer": "sgd"}]
        plan["metrics"] = {}

    plan = prepared(tmp_path, change)
    assert dtypes(plan) == {plan.data["rows"]["x"].dtype} == {getattr(torch, dtype)}
    train(plan.experiment, progress=False)


def test_a_space_that_says_no_dtype_has_that_of_the_others(tmp_path):
    def change(plan):
        plan["spaces"] = {"point": "Euclidean(2, dtype=torch.float64)", "kind": "Euclidean(1)", "code": "Euclidean(3)"}
        plan["diagram"]["objects"].append("code")
        plan["diagram"]["boxes"] = {
            "f": {"dom": ["point"], "cod": ["code"]}, "g": {"dom": ["code"], "cod": ["kind"]},
            "zero": {"dom": [], "cod": ["code"]},
        }  # fmt: skip
        plan["diagram"]["constraints"] = {
            "fit": {"lhs": "x >> f >> g", "rhs": "y"}, "small": {"lhs": "x >> f", "rhs": "discard(rows) >> zero"},
        }  # fmt: skip
        plan["modules"] |= {"g": "linear", "zero": "linear"}
        plan["data"]["rows"]["columns"]["y"] = {"column": "y", "shape": [1], "divide": 3}
        plan["metrics"] = {}

    plan = prepared(tmp_path, change)
    assert dtypes(plan) | dtypes(plan, "g") | dtypes(plan, "zero") == {torch.float64}
    assert plan.data["rows"]["y"].tolist()[1] == [1 / 3]
    train(plan.experiment, progress=False)


def test_complex_points_keep_their_imaginary_part(tmp_path):
    def change(plan):
        plan["spaces"] = {"point": "Euclidean(2, dtype=torch.complex64)", "kind": "Euclidean(2, dtype=torch.complex64)"}
        plan["diagram"]["boxes"]["f"]["kernel"] = False
        plan["modules"]["f"] = "linear"
        plan["data"]["rows"]["columns"] = {"x": {"column": "z", "divide": 2}, "y": "z"}
        plan["metrics"] = {}

    path = small_plan.written(tmp_path, change)
    np.savez(tmp_path / "rows.npz", z=np.full((8, 2), 4 + 2j))
    plan = prepare(Experiment.load(path))
    assert plan.data["rows"]["x"][0].tolist() == [2 + 1j, 2 + 1j] and dtypes(plan) == {torch.complex64}
    train(plan.experiment, progress=False)


def test_a_network_between_two_dtypes_is_told_of_at_its_line(tmp_path):
    def change(plan):
        plan["spaces"] = {"point": "Euclidean(2, dtype=torch.float64)", "kind": "Euclidean(3, dtype=torch.float32)"}
        plan["diagram"]["boxes"]["f"]["kernel"] = False
        plan["data"]["rows"]["columns"]["y"] = {"column": "x", "shape": [2]}

    with pytest.raises(ld.LearningDiagramError, match=r"plan\.yaml:\d+: "):
        prepared(tmp_path, change)
