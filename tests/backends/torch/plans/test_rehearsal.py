"""What a stage would fail by before its first step is found before any stage is trained, with its file and line."""

import copy
import warnings

import pytest
import torch

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch import compile
from learning_diagrams.backends.torch.plans import Experiment, prepare, register_metric, train
from learning_diagrams.backends.torch.plans.names.metrics import Accuracy
from learning_diagrams.backends.torch.training import loop
from learning_diagrams.files.setting import Setting

CPU_ONLY = pytest.mark.skipif(torch.cuda.is_available(), reason="the device takes float16")


def two_stages(plan):
    """A second stage that compares the rows of a batch with each other."""
    plan["spaces"]["code"] = "Euclidean(4)"
    plan["modules"]["encode"] = {"name": "mlp", "widths": [8]}
    second = copy.deepcopy(plan["diagram"])
    second["objects"] += ["code"]
    second["boxes"]["encode"] = {"dom": ["point"], "cod": ["code"]}
    second["constraints"]["near"] = {"lhs": "x >> encode", "rhs": "x >> encode", "divergence": {"name": "info_nce"}}
    plan["stages"][1] |= {"diagram": second, "optimizer": "adam"}
    plan["validation"] = {"data": {"rows": {}}}


def load(folder, *settings, change=two_stages):
    return Experiment.load(small_plan.written(folder, change), [Setting.read(text) for text in settings])


FAULTS = [
    ("stages.1.accumulate=2", "accumulate=2 joins means over rows, and term 'near'"),
    ("stages.1.scheduler={name: one_cycle, max_lr: 0.1, total_steps: 3}", "is made for 3 steps, and the run has 5"),
    ("stages.1.scheduler={name: plateau, mode: max}", "that of validation= has mode 'min'"),
    ("stages.1.scheduler={name: one_cycle, max_lr: 0.1, epochs: 1, steps_per_epoch: 3}", "give it total_steps: 5"),
    ("stages.1.batch_size={rows: 8, row: 1}", "batch_size names the sample space 'row'; did you mean 'rows'?"),
    ("stages.1.optimizer={name: adam, betas: [2, 0]}", "Invalid beta parameter"),
]  # fmt: skip


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("setting", "message"), FAULTS)
def test_a_fault_of_the_second_stage_is_found_before_the_first_is_trained(tmp_path, monkeypatch, setting, message):
    monkeypatch.setattr(loop.Loop, "run", lambda *_: pytest.fail("a stage is trained"))
    experiment = load(tmp_path, setting)
    for begin in (prepare, lambda e: train(e, tmp_path / "out", progress=False)):
        with pytest.raises(ld.LearningDiagramError) as fault:
            begin(experiment)
        assert str(fault.value).startswith("the setting stages.1.") and message in str(fault.value)
    assert not (tmp_path / "out").exists()


@CPU_ONLY
def test_all_faults_are_found_at_once(tmp_path):
    settings = ["stages.1.accumulate=2", "stages.0.precision=fp16", "seed=1"]
    wrong = lambda plan: (two_stages(plan), plan["metrics"]["accuracy"].update(target="x"))  # noqa: E731
    with pytest.raises(ld.LearningDiagramError) as fault:
        prepare(load(tmp_path, *settings, change=wrong))
    lines = str(fault.value).splitlines()
    assert len(lines) == 3 and lines[0].split(": ")[1] == "metrics.accuracy"
    assert [line.split(":")[0] for line in lines[1:]] == [f"the setting {each}" for each in (settings[1], settings[0])]


def test_a_batch_that_is_larger_than_the_data_and_is_left_out_is_a_fault(tmp_path):
    with pytest.raises(ld.DataError, match=r"drop_last=True: .* an epoch has no batch"):
        prepare(load(tmp_path, "stages.1.drop_last=true", "stages.1.batch_size=1000"))


def test_a_scheduler_that_waits_for_a_validation_needs_one(tmp_path):
    settings = "stages.1.scheduler={name: plateau}", "stages.1.validation=false"
    with pytest.raises(ld.LearningDiagramError, match="there is no validation"):
        prepare(load(tmp_path, *settings))
    prepare(load(tmp_path, settings[0]))


def test_a_metric_compares_a_prediction_and_a_target_in_one_space(tmp_path):
    coded = lambda plan: (two_stages(plan), plan["metrics"]["accuracy"].update(prediction="x >> encode"))  # noqa: E731
    says = r"metrics.accuracy: metric 'accuracy' compares a prediction in Euclidean\(4\) with a target in Finite\(3\)"
    with pytest.raises(ld.TypeMismatch, match=says):
        prepare(load(tmp_path, change=coded))
    prepared = prepare(load(tmp_path))
    objective = compile(prepared.diagrams[1], prepared.functor)
    x, encode, y = (ld.parse(term, prepared.diagrams[1]) for term in ("x", "encode", "y"))
    with pytest.raises(ld.TypeMismatch, match="both end in the same space"):
        objective.evaluate(prepared.data, {"accuracy": (Accuracy(), x >> encode, y)})


def test_what_a_registered_metric_does_not_take_is_found(tmp_path):
    class Wants(Accuracy):
        same_space = False

        def update(self, prediction, target):
            raise RuntimeError("no such numbers")

    register_metric("wants", Wants)
    other = lambda plan: (two_stages(plan), plan["metrics"]["accuracy"].update(name="wants"))  # noqa: E731
    with pytest.raises(ld.DataError, match=r"metrics\.accuracy: metric 'accuracy': update .* failed: no such numbers"):
        prepare(load(tmp_path, change=other))


def test_a_rehearsal_changes_nothing(tmp_path):
    state = torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prepared = prepare(load(tmp_path, "device=cpu"))
    functor = prepared.functor
    assert torch.equal(state, torch.get_rng_state()) and not functor.freezing.frozen
    assert [*functor.modules] == ["f", "encode"] and all(
        p.grad is None for m in functor.modules.values() for p in m.parameters()
    )


@pytest.mark.parametrize(
    "name", ["constant", "cosine", "exponential", "linear", "multi_step", "one_cycle", "plateau", "polynomial", "step"]
)
def test_a_schedule_that_check_accepts_is_trained(tmp_path, name):
    options = {
        "cosine": "T_max: 3",
        "exponential": "gamma: 0.5",
        "multi_step": "milestones: [2]",
        "step": "step_size: 2",
    }
    options["one_cycle"] = "max_lr: 0.1, total_steps: 5"
    one_stage = lambda plan: (two_stages(plan), plan["stages"].pop(0))  # noqa: E731
    chosen = f"stages.0.scheduler={{name: {name}, {options.get(name, '')}}}"
    assert train(load(tmp_path, chosen, change=one_stage), progress=False).finished


def test_a_fault_of_a_constraint_stands_once_at_its_line(tmp_path):
    misnamed = lambda plan: [each.update(divergence="mse") for each in plan["diagram"]["constraints"].values()]  # noqa: E731
    with pytest.raises(ld.LearningDiagramError) as caught:
        prepare(load(tmp_path, change=misnamed))
    (line,) = str(caught.value).splitlines()  # of two stages
    assert "plan.yaml:" in line and ": diagram.constraints." in line and "no divergence named 'mse'" in line


def test_a_fault_around_a_setting_names_the_setting(tmp_path):
    with pytest.raises(ld.LearningDiagramError, match=r": modules.f, with the setting modules.f.name=cnn: "):
        prepare(load(tmp_path, "modules.f.name=cnn"))
    with pytest.raises(ld.LearningDiagramError, match=r"^the setting modules.f.widths=32: option 'widths' of 'mlp'"):
        prepare(load(tmp_path, "modules.f.widths=32"))


def test_a_module_that_gives_no_labels_is_told_at_the_module_with_the_remedy(tmp_path):
    def change(plan):
        boxes, laws = plan["diagram"]["boxes"], plan["diagram"]["constraints"]
        boxes["is_one"] = {"dom": ["point"], "cod": ["kind"]}
        laws["same"] = {"lhs": "x >> f", "rhs": "x >> is_one"}
        plan["diagram"]["frozen"] = ["is_one"]
        plan["modules"]["is_one"] = "linear"

    with pytest.raises(ld.CompileError) as fault:
        prepare(load(tmp_path, change=change))
    (line,) = str(fault.value).splitlines()  # though both stages have the box
    assert ": modules.is_one: the module of box 'is_one' returned dtype float32, where Finite(3) needs int64; " in line
    assert "declare the box kernel: true, so that they are logits, or take the module constant, which gives" in line
    with pytest.raises(ld.CompileError, match=r"^the setting modules\.is_one=mlp: the module of box 'is_one' returned"):
        prepare(load(tmp_path, "modules.is_one=mlp", change=change))
    settings = ["modules.is_one={name: constant, value: 1}", "stages=[{steps: 2, optimizer: adam}]"]
    run = train(load(tmp_path, *settings, change=change), progress=False)
    x, y = torch.randn(9, 2), torch.ones(9, dtype=torch.int64)
    boxes = [ld.parse(name, run.objective.diagram) for name in ("f", "is_one")]
    logits, labels = (run.objective.model(box)(x) for box in boxes)
    assert labels.equal(y) and logits.shape == (9, 3)
    with pytest.raises(ld.CompileError, match=r"modules\.is_one.*: the value of 'constant' is 3, and Finite"):
        prepare(load(tmp_path, "modules.is_one={name: constant, value: 3}", change=change))


def test_a_trained_function_into_labels_is_told_at_its_box(tmp_path):
    def change(plan):
        plan["diagram"]["boxes"]["f"] = {"dom": ["point"], "cod": ["kind"]}

    with pytest.raises(ld.CompileError, match=r"yaml:\d+: diagram\.boxes\.f: box 'f' is trained and .* kernel: true"):
        prepare(load(tmp_path, change=change))
