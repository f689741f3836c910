"""An axiom that is false for the modules is found before any stage is trained, unless an earlier stage changes them."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, run_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, register_module, train
from learning_diagrams.backends.torch.training import loop
from learning_diagrams.files.setting import Setting


class Shift(nn.Module):
    """Adds a number, which is trained or not."""

    def __init__(self, by, learns=False):
        super().__init__()
        self.by = nn.Parameter(torch.tensor(float(by))) if learns else by

    def forward(self, x):
        return x + self.by


def shift(box, by: float = 1.0, learns: bool = False):
    return Shift(by, learns)


def with_axiom(plan):
    """A second stage whose diagram has the axiom: later, then earlier, is nothing."""
    register_module("early_shift", shift)
    plan["modules"] |= {
        "later": {"name": "early_shift", "by": 1.0},
        "earlier": {"name": "early_shift", "by": -1.0},
    }
    second = copy.deepcopy(plan["diagram"])
    second["boxes"] |= {name: {"dom": ["point"], "cod": ["point"]} for name in ("later", "earlier")}
    second["constraints"]["moved"] = {"lhs": "x >> later >> f", "rhs": "y"}
    second["constraints"]["back"] = {"lhs": "x >> earlier >> f", "rhs": "y"}
    second["axioms"] = {"undo": {"lhs": "later >> earlier", "rhs": "Id(point)"}}
    plan["stages"][1]["diagram"] = second


def in_first_stage_too(plan):
    """Both stages have the boxes; the first one has no axiom."""
    with_axiom(plan)
    first = copy.deepcopy(plan["stages"][1]["diagram"])
    del first["axioms"]
    plan["diagram"] = first


def load(folder, *settings, change=with_axiom):
    return Experiment.load(small_plan.written(folder, change), [Setting.read(text) for text in settings])


def fault_of(experiment, begin=prepare):
    with pytest.raises(ld.FalseAxiom) as caught:
        begin(experiment)
    return str(caught.value)


@pytest.mark.parametrize("change", [with_axiom, in_first_stage_too])
def test_a_false_axiom_of_the_second_stage_is_found_at_its_line_before_the_first_is_trained(
    tmp_path, monkeypatch, change
):
    prepare(load(tmp_path, change=change))
    monkeypatch.setattr(loop.Loop, "run", lambda *_: pytest.fail("a stage is trained"))
    for begin in (prepare, lambda each: train(each, tmp_path / "out", progress=False)):
        message = fault_of(load(tmp_path, "modules.earlier.by=-2", change=change), begin)
        where, _, text = message.partition(": stages[1].diagram.axioms.undo: ")
        assert where.rpartition(":")[2].isdigit()
        assert text.startswith("axiom 'undo' is false on the first batch: later >> earlier = Id(point)\n")
        assert "write it under `constraints`" in text and "axioms='trust'" not in text
    assert not (tmp_path / "out").exists()


def test_the_axioms_of_a_diagram_in_a_file_are_at_the_line_of_that_file(tmp_path):
    def change(plan):
        with_axiom(plan)
        plan["diagram"] = {"format": "learning-diagram/1", **plan["stages"][1].pop("diagram")}
        small_plan.yaml.safe_dump(plan["diagram"], (tmp_path / "own.yaml").open("w"), sort_keys=False)
        plan["diagram"] = "own.yaml"

    line = lambda text: (tmp_path / "own.yaml").read_text().splitlines().index(text) + 1  # noqa: E731
    message = fault_of(load(tmp_path, "modules.earlier.by=-2", change=change))
    assert message.startswith(f"{tmp_path / 'own.yaml'}:{line('  undo:')}: axioms.undo: axiom 'undo' is false")
    assert message.count("is false on the first batch") == 1  # though both stages have the axiom


def test_two_false_axioms_have_a_place_each_beside_the_other_faults_of_stages(tmp_path):
    def change(plan):
        with_axiom(plan)
        plan["stages"][1]["diagram"]["axioms"]["it's redone"] = {"lhs": "earlier >> later", "rhs": "Id(point)"}

    message = fault_of(load(tmp_path, "modules.earlier.by=-2", change=change))
    assert "stages[1].diagram.axioms.undo: " in message
    assert 'stages[1].diagram.axioms["it\'s redone"]: ' in message  # a name whose text has other quotes


TRAINED = "modules.earlier={name: early_shift, by: -2, learns: true}"


def test_an_axiom_over_a_box_that_an_earlier_stage_trains_is_judged_when_its_stage_begins(tmp_path):
    experiment = load(tmp_path, TRAINED, change=in_first_stage_too)
    prepare(experiment)
    with pytest.raises(ld.FalseAxiom, match=r"^stage 2 of the plan: axiom 'undo' is false"):
        train(experiment, progress=False)


def test_a_box_is_not_trained_before_where_the_earlier_stage_freezes_it_or_does_not_have_it(tmp_path):
    def frozen(plan):
        in_first_stage_too(plan)
        plan["diagram"]["frozen"] = ["earlier"]

    for change in (frozen, with_axiom):
        assert ": stages[1].diagram.axioms.undo: " in fault_of(load(tmp_path, TRAINED, change=change))


def test_points_that_a_trained_box_makes_judge_nothing(tmp_path):
    """`later` is undone on negative numbers alone, and the first stage decides which `encode` gives."""

    class Kept(nn.Module):
        def forward(self, x):
            return x.clamp(max=0)

    def change(plan):
        with_axiom(plan)
        register_module("early_kept", kept)
        plan["spaces"]["code"] = "Euclidean(2)"
        plan["modules"] = {"f": "linear", "encode": "linear", "clip": "early_kept"}
        plan["diagram"]["objects"] += ["code"]
        plan["diagram"]["boxes"] = {
            "encode": {"dom": ["point"], "cod": ["code"]},
            "f": {"dom": ["code"], "cod": ["kind"], "kernel": True},
        }
        plan["diagram"]["constraints"]["fit"]["lhs"] = "x >> encode >> f"
        plan["metrics"] = {}
        second = copy.deepcopy(plan["diagram"])
        second["boxes"]["clip"] = {"dom": ["code"], "cod": ["code"]}
        second["constraints"]["clipped"] = {"lhs": "x >> encode >> clip >> f", "rhs": "y"}
        second["axioms"] = {"kept": {"lhs": "clip", "rhs": "Id(code)"}}
        plan["stages"][1]["diagram"] = second

    def kept(box):
        return Kept()

    prepare(load(tmp_path, change=change))
    with pytest.raises(ld.FalseAxiom, match="stage 2 of the plan: axiom 'kept'"):
        train(load(tmp_path, change=change), progress=False)


def test_an_axiom_is_judged_on_a_streamed_source_and_training_stays_as_it_was(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")

    def change(plan):
        with_axiom(plan)
        plan["data"]["rows"]["source"] = {"name": "parquet", "path": "rows.parquet", "shuffle": 16}

    x = pyarrow.FixedSizeListArray.from_arrays(np.random.default_rng(0).normal(size=80), 2)
    parquet.write_table(pyarrow.table({"x": x, "y": np.arange(40) % 3}), tmp_path / "rows.parquet")
    assert "axioms.undo: " in fault_of(load(tmp_path, "modules.earlier.by=-2", change=change))
    runs = [train(load(tmp_path, change=change), progress=False) for _ in range(2)]
    assert [list(map(dict, each.steps)) for each in runs[0].histories] == [
        list(map(dict, each.steps)) for each in runs[1].histories
    ]


x, rows = ld.Ty("x"), ld.SampleSpace("rows")
a, b = rows.column("a", x), rows.column("b", x)
f, later, earlier = (ld.Box(name, x, x) for name in ("f", "later", "earlier"))
FIRST = ld.LearningDiagram(ld.Constraint("fit", a >> f, b))
SECOND = ld.LearningDiagram(
    ld.Constraint("fit", a >> later >> f, b), axioms={"undo": ld.Equation(later >> earlier, ld.Id(x))}
)
PLAN = ld.Plan(ld.Stage(FIRST, 2, batch_size=4), ld.Stage(SECOND, 2, batch_size=4))
TABLE = {"a": torch.randn(8, 1), "b": torch.randn(8, 1)}


def functor(by):
    return TorchFunctor(ob={x: Euclidean(1)}, ar={f: nn.Linear(1, 1), later: Shift(1), earlier: Shift(by)})


def test_a_plan_in_python_finds_it_before_its_first_stage_too(monkeypatch):
    run_plan(PLAN, functor(-1), {"rows": TABLE}, progress=False)
    monkeypatch.setattr(loop.Loop, "run", lambda *_: pytest.fail("a stage is trained"))
    with pytest.raises(ld.FalseAxiom, match=r"^stage 2 of the plan: axiom 'undo' is false"):
        run_plan(PLAN, functor(-2), {"rows": TABLE}, progress=False)


@pytest.mark.parametrize("seed", [0, None])
def test_no_draw_of_training_is_moved(seed):
    states = []
    for plan in (PLAN, ld.Plan(ld.Stage(FIRST, 2, batch_size=4), ld.Stage(FIRST, 2, batch_size=4))):
        torch.manual_seed(3)
        run_plan(plan, functor(-1), {"rows": TABLE}, progress=False, seed=seed)
        states.append(torch.get_rng_state())
    assert states[0].equal(states[1])


def test_data_that_can_be_read_once_are_left_to_training():
    batches = [{name: column[:4] for name, column in TABLE.items()}] * 4
    read = []

    class Once:
        def __iter__(self):
            for batch in batches:
                read.append(batch)
                yield batch

    seen = []
    with pytest.raises(ld.FalseAxiom, match=r"^stage 2"):
        run_plan(PLAN, functor(-2), {"rows": Once()}, progress=False, step_callbacks=[lambda p: seen.append(len(read))])
    assert seen  # the first stage was trained
