"""Networks of torchvision, timm and transformers are trained by a plan and exported, where they are installed."""

from importlib import import_module

import numpy as np
import pytest
import torch

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train

IMAGE, WORDS = ("Euclidean(3, 32, 32)", "picture"), ("Tokens(40, 9)", "words")
SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
NETWORKS = {
    "torchvision:resnet18": (IMAGE, {}),
    "torchvision:googlenet": (IMAGE, {"aux_logits": False}),
    "timm:resnet18": (("Euclidean(1, 32, 32)", "grey"), {}),
    "timm:vit_tiny_patch16_224": (IMAGE, {"img_size": 32}),
    "transformers:bert": (WORDS, SMALL),
    "transformers:bert with its pooler": (WORDS, SMALL | {"output": "pooler_output"}),
    "transformers:vit": (IMAGE, SMALL | {"image_size": 32, "patch_size": 8}),
}


def experiment(folder, network):
    """A plan that trains the network for three steps on eight rows."""
    (space, column), options = NETWORKS[network]
    name = network.partition(" ")[0]
    package = name.partition(":")[0]
    try:
        import_module(package)
    except (ImportError, RuntimeError) as error:  # torchvision beside another PyTorch raises a RuntimeError
        pytest.skip(f"{package} cannot be imported: {error}")

    def change(plan):
        plan["spaces"]["point"] = space
        plan["modules"]["f"] = {"name": name, **options}
        plan["data"]["rows"]["columns"]["x"] = column
        plan["stages"] = [{"steps": 3, "batch_size": 4, "optimizer": "adam", "lr": 0.001}]

    path = small_plan.written(folder, change)
    draws = np.random.default_rng(0)
    pictures = draws.random((8, 3, 32, 32), np.float32)
    words = draws.integers(1, 40, (8, 9))
    np.savez(folder / "rows.npz", picture=pictures, grey=pictures[:, :1], words=words, y=np.arange(8) % 3)
    return Experiment.load(path)


def outputs(objective, x):
    with torch.no_grad():
        return objective.model(objective.diagram.box("f")).eval()(x)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_plan_trains_a_network_of_another_package_which_is_exported(tmp_path, network):
    run = train(experiment(tmp_path, network), tmp_path / "out", progress=False)
    assert [len(history.steps) for history in run.histories] == [3]
    run.objective.export(tmp_path / "f.pt2")
    x = torch.as_tensor(np.load(tmp_path / "rows.npz")[NETWORKS[network][0][1]])
    (logits,) = torch.export.load(tmp_path / "f.pt2").module()(x)
    assert torch.isfinite(logits).all() and torch.allclose(logits, outputs(run.objective, x), atol=1e-4)


@pytest.mark.thorough
@pytest.mark.parametrize("network", NETWORKS)
def test_the_runtime_of_onnx_computes_a_network_of_another_package(tmp_path, network):
    runtime = pytest.importorskip("onnxruntime")
    objective = train(experiment(tmp_path, network), progress=False).objective
    objective.export(tmp_path / "f.onnx")
    session = runtime.InferenceSession(tmp_path / "f.onnx", providers=["CPUExecutionProvider"])
    x = torch.as_tensor(np.load(tmp_path / "rows.npz")[NETWORKS[network][0][1]])
    for rows in (x, x[:1]):
        (logits,) = session.run(None, {"x": rows.numpy()})
        assert np.allclose(logits, outputs(objective, rows), atol=1e-4)


def test_another_number_of_channels_is_refused_with_the_line_of_the_box(tmp_path):
    experiment(tmp_path, "torchvision:resnet18")
    plan = tmp_path / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("(3, 32", "(1, 32").replace("picture", "grey"))
    with pytest.raises(ld.LearningDiagramError, match=r"plan.yaml:\d+: .*box 'f' cannot take .*1, 32, 32"):
        prepare(Experiment.load(plan))
