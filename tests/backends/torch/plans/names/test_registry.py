"""Names are looked up in a registry: what is registered, what the file names among entry points, and nothing else."""

import importlib.metadata
import inspect
import json
import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import torch
import yaml
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite
from learning_diagrams.backends.torch.plans.modules.box_ends import BoxEnds
from learning_diagrams.backends.torch.plans.names import registry
from learning_diagrams.backends.torch.plans.names.registry import MODULES, Count, Registry
from learning_diagrams.backends.torch.plans.names.schedulers import KINDS


def box(ends, width: Count, names: list[str] = ()):
    return (ends, width, names)


@pytest.fixture
def boxes():
    made = Registry("a box", "learning_diagrams.test")
    made.register("box", box)
    return made


def test_a_registered_name_makes_and_its_options_are_checked(boxes):
    assert boxes.make("box", {"width": 3}, "ends") == ("ends", 3, ())
    for options, kind, message in (
        ({}, ld.TypeMismatch, "needs the option 'width'"),
        ({"width": 0}, ld.TypeMismatch, "must be a whole number ≥ 1, got 0"),
        ({"width": True}, ld.TypeMismatch, "must be a whole number ≥ 1, got True"),
        ({"width": 1, "names": [2]}, ld.TypeMismatch, "must be a list of strings, got"),
        ({"widht": 1}, ld.UnknownName, "has no option 'widht'; did you mean 'width'"),
        ({"ends": 1, "width": 1}, ld.UnknownName, "has no option 'ends'"),
    ):
        with pytest.raises(kind, match=message):
            boxes.make("box", options, "ends")


def test_a_name_is_registered_once_and_by_a_callable(boxes):
    boxes.register("box", box)
    with pytest.raises(ld.DuplicateName, match="registered already"):
        boxes.register("box", lambda: None)
    for name, maker in (("a:b", box), ("", box), (3, box), ("c", 3)):
        with pytest.raises(ld.TypeMismatch, match="without a colon"):
            boxes.register(name, maker)


def test_only_the_entry_point_that_is_named_is_loaded(boxes, monkeypatch, tmp_path):
    for name in ("wanted", "unwanted"):
        (tmp_path / f"{name}_plugin.py").write_text("def make(ends): return 'made of ' + ends\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    points = [EntryPoint(name, f"{name}_plugin:make", "learning_diagrams.test") for name in ("wanted", "unwanted")]

    def found(group, name):
        return [point for point in points if (point.group, point.name) == (group, name)]

    monkeypatch.setattr(registry, "entry_points", found)
    assert boxes.make("wanted", {}, "wood") == "made of wood"
    assert "wanted_plugin" in sys.modules and "unwanted_plugin" not in sys.modules
    assert importlib.metadata.entry_points is not found


@pytest.mark.parametrize(
    "name", ["os.system", "torch.nn.Linear", "https://a.b/c", "user/model", "hub:user/model", "../net.py", "box:box"]
)
def test_a_name_that_looks_like_an_import_or_an_address_is_unknown(boxes, name):
    with pytest.raises(ld.UnknownName, match="is not registered"):
        boxes.make(name, {}, "ends")
    with pytest.raises(ld.UnknownName):
        registry.MODULES.make(name, {}, BoxEnds("f", (Euclidean(2),), (Finite(3),), True))


@pytest.mark.parametrize("kind", ["module", "data", "metric", "tracker"])
def test_a_name_that_a_user_may_register_is_known_by_a_plugin(kind):
    by = f"register_{kind}"
    of_kind = next(each for each in vars(registry).values() if getattr(each, "by", "") == by)
    what = of_kind.what.removeprefix("a ")
    with pytest.raises(ld.UnknownName, match=rf"; your own {what} is known once {by} has run, .* --plugin MODULE$"):
        of_kind.make("odd", {})
    assert getattr(registry, by) == of_kind.register


def test_no_scheduler_of_a_user_is_registered():
    with pytest.raises(ld.UnknownName, match=r"a scheduler named 'odd' is not registered; known: .*'step'$"):
        registry.SCHEDULERS.make("odd", {})


def test_the_ends_of_a_box_are_read_and_written():
    ends = BoxEnds("f", (Euclidean(2, 2), Finite(3)), (Euclidean(2), Finite(4)), True)
    assert ends.numbers_in == 7 and ends.numbers_out == 8
    flat = ends.read(torch.arange(8.0).reshape(2, 2, 2), torch.tensor([2, 0]))
    assert flat.tolist() == [[0, 1, 2, 3, 0, 0, 1], [4, 5, 6, 7, 1, 0, 0]]
    law, logits = ends.write(torch.arange(16.0).reshape(2, 8))
    assert law.mean.tolist() == [[0, 1], [8, 9]] and law.base_dist.scale[0].log().tolist() == pytest.approx([2, 3])
    assert logits.tolist() == [[4, 5, 6, 7], [12, 13, 14, 15]]
    with pytest.raises(ld.CompileError, match=r"returns rows of the shape \[7\], and needs \[8\]"):
        ends.write(torch.zeros(2, 7))
    with pytest.raises(ld.CompileError, match="open size"):
        assert BoxEnds("f", (Euclidean(None, 2),), (), True).numbers_in
    assert isinstance(registry.MODULES.make("linear", {}, ends), nn.Module)


def test_the_page_of_plans_has_all_modules_with_their_options():
    page = (Path(__file__).parents[5] / "docs" / "how-to" / "train" / "plan.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(\{.*?\})` \|", page, re.MULTILINE)
    written = {name: yaml.safe_load(options) for name, options in rows}
    options = {
        name: {option.name: option.default for option in [*inspect.signature(maker).parameters.values()][1:]}
        for name, maker in MODULES._makers.items()
        if maker.__module__.startswith("learning_diagrams.")
    }
    assert json.loads(json.dumps(options)) == written


def test_the_page_of_plans_has_all_schedules_with_options_that_they_have():
    page = (Path(__file__).parents[5] / "docs" / "how-to" / "train" / "plan.md").read_text(encoding="utf-8")
    table = page[page.index("| schedule | options that it needs |") : page.index("## Parts of the rows")]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE)
    assert [name for name, _ in rows] == sorted(KINDS)
    for name, text in rows:
        takes = inspect.signature(KINDS[name]).parameters
        needs = {option for option, each in takes.items() if each.default is each.empty} - {"optimizer"}
        written = set(re.findall(r"`(\w+)`", text))
        assert needs <= written <= takes.keys()
