"""A box that follows another one starts as its copy; a copy of any box is made where the plan says so."""

import copy

import pytest
import torch

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare, train


def averaged(modules, **parts):
    """A change of the small plan: a box `g` follows `f`, and has a module of its own where one is given."""

    def change(plan):
        plan["diagram"]["boxes"]["g"] = copy.deepcopy(plan["diagram"]["boxes"]["f"])
        plan["diagram"]["ema"] = {"g": {"source": "f", "decay": 0.9}}
        plan["diagram"]["constraints"]["agree"] = {"lhs": "x >> f", "rhs": "x >> g"}
        plan["modules"] |= modules
        plan.update(parts)

    return change


def load(folder, change):
    return Experiment.load(small_plan.written(folder, change))


def equal(modules, first, second):
    pairs = zip(modules[first].state_dict().values(), modules[second].state_dict().values(), strict=True)
    return all(map(torch.equal, *zip(*pairs, strict=True)))


@pytest.mark.parametrize("modules", [{}, {"g": {"copy_of": "f"}}], ids=["default", "copy_of"])
def test_a_box_that_follows_another_starts_as_its_copy(tmp_path, modules):
    prepared = prepare(load(tmp_path, averaged(modules)))
    made = prepared.functor.modules
    assert made["f"] is not made["g"] and equal(made, "f", "g") and prepared.notes == ()
    before = prepare(load(tmp_path, lambda plan: None)).functor.modules["f"]
    assert equal({"f": made["f"], "before": before}, "f", "before")


def test_a_box_that_starts_elsewhere_is_noted(tmp_path):
    experiment = load(tmp_path, averaged({"g": {"name": "mlp", "widths": [8]}}))
    note = prepare(experiment).notes[0]
    assert "modules.g: box 'g' follows box 'f' (ema), and starts from other parameters" in note
    with pytest.warns(UserWarning, match="starts as a copy of 'f'"):
        train(experiment, progress=False)


def test_a_copy_is_trained_by_itself(tmp_path):
    def change(plan):
        averaged({"g": {"copy_of": "f"}})(plan)
        del plan["diagram"]["ema"]
        plan["diagram"]["constraints"]["agree"] = {"lhs": "x >> g", "rhs": "y", "weight": 0.1}

    experiment = load(tmp_path, change)
    assert equal(prepare(experiment).functor.modules, "f", "g")
    assert not equal(train(experiment, progress=False).objective.functor.modules, "f", "g")


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"g": {"copy_of": "h"}}, "modules.g: there is no box 'h' to copy; known: 'f'"),
        ({"g": {"copy_of": "g"}}, "modules.g: box 'g' is a copy of 'g', and so of itself"),
        ({"g": {"copy_of": "f"}, "f": {"copy_of": "g"}}, "and so of itself"),
        ({"g": {"copy_of": "f"}, "f": "cnnn"}, "modules.f: a module named 'cnnn' is not registered"),
        ({"g": {"copy_of": "f", "width": 3}}, "modules.g.width: unknown key 'width'"),
        ({"g": {"copy_of": 3}}, "modules.g.copy_of: must be a string"),
    ],
)
def test_a_copy_of_nothing_is_refused(tmp_path, modules, message):
    with pytest.raises(ld.LearningDiagramError) as caught:
        prepare(load(tmp_path, averaged(modules)))
    assert message in str(caught.value)


def test_a_copy_has_the_spaces_of_what_it_copies(tmp_path):
    def change(plan):
        plan["diagram"]["boxes"]["h"] = {"dom": ["point"], "cod": ["point"]}
        plan["diagram"]["constraints"]["fit"]["lhs"] = "x >> h >> f"
        plan["modules"]["h"] = {"copy_of": "f"}

    with pytest.raises(ld.TypeMismatch, match="a copy has the spaces of what it copies"):
        prepare(load(tmp_path, change))
