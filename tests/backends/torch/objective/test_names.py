"""Any name works, for boxes, columns, sample spaces, objects, constraints and learning diagrams; none becomes code."""

import os

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile
from learning_diagrams.backends.torch.functor.box_modules import BoxModules, escape
from learning_diagrams.backends.torch.functor.freezing import Freezing
from learning_diagrams.semantics.program.printer import Names

torch.set_num_threads(1)
SPELL = "x\n    import os; os.environ['INJECTED'] = '1'\n    #"
NAMES = [
    "forward", "a.b", "", "ü/ß", "class", "keys", "names", "frozen", "of", "training", "boxes", "batch", "constants",
    "torch", "total", "loss", "None", "__debug__", "__class__", "1", "%", "a b", "\x00", "\u2028", "'", '"""',
    "']; boom; ['",
    "{x}", "\\", "\\n", "#", SPELL, "x\r\nimport os", "x' or __import__('os') or '", "🙂", "a" * 300,
]  # fmt: skip


def named(box="f", column="x", space="rows", ob="x", constraint="c", title=""):
    x = ld.Ty(ob)
    f = ld.Box(box, x, x)
    x_of = ld.SampleSpace(space).column(column, x)
    net = nn.Linear(2, 2)
    diagram = ld.LearningDiagram(ld.Constraint(constraint, x_of >> f, x_of), name=title)
    objective = compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar={f: net}))
    return objective, f, net


def assert_right(objective, f, net, column="x", space="rows", constraint="c"):
    data = torch.arange(6.0).reshape(3, 2)
    total, terms = objective({space: {column: data}})
    assert torch.equal(total, nn.functional.mse_loss(net(data), data, reduction="sum") / 3)
    assert list(terms) == [constraint]
    assert torch.equal(objective.model(f)(data), net(data))


@pytest.mark.sampled(60)
@pytest.mark.parametrize("what", ["box", "column", "space", "ob", "constraint", "title"])
@pytest.mark.parametrize("name", NAMES)
def test_any_name_works_anywhere(what, name):
    objective, f, net = named(**({"space": "rows" if name != "rows" else "r", what: name}))
    assert_right(objective, f, net, **({what: name} if what in ("column", "space", "constraint") else {}))


@given(st.text(), st.text(), st.text(), st.text())
@example(SPELL, SPELL, SPELL, SPELL)
def test_no_name_becomes_code(box, column, constraint, space):
    if space == "x":
        space = "rows"
    objective, f, net = named(box=box, column=column, constraint=constraint, space=space)
    assert_right(objective, f, net, column, space, constraint)
    plain, *_ = named()
    assert objective.code.count("\n") == plain.code.count("\n")
    assert len(objective.code.splitlines()) == len(plain.code.splitlines())
    names = set(objective.loss.total.__code__.co_names)
    assert names == {"squared_error"} | {name for name in names if name.startswith("weight_")}


def test_a_spell_in_every_name_casts_nothing(monkeypatch):
    monkeypatch.delenv("INJECTED", raising=False)
    objective, f, net = named(SPELL, SPELL, SPELL, constraint=SPELL, title=SPELL)
    assert_right(objective, f, net, SPELL, SPELL, SPELL)
    assert "INJECTED" not in os.environ


@given(st.text(), st.text())
def test_module_keys_are_injective(name, other_name):
    assert (escape(name) == escape(other_name)) == (name == other_name)
    assert "." not in escape(name) and escape(name) != ""


@settings(deadline=None)
@given(st.lists(st.text() | st.sampled_from(NAMES), unique=True, max_size=5))
def test_box_modules_take_any_names_together(names):
    modules = {name: nn.Linear(1, 1) for name in names}
    boxes = BoxModules(modules, names[:1], Freezing(modules))
    assert all(boxes.of(name) is modules[name] for name in names)
    assert boxes.names == tuple(names)


@given(st.lists(st.text() | st.sampled_from(NAMES)))
@example(NAMES)
def test_identifiers_are_fresh_and_valid(hints):
    names = Names({"torch"})
    identifiers = [names.new(hint) for hint in hints]
    assert len({*identifiers, "torch"}) == len(identifiers) + 1
    assert all(name.isidentifier() and name.isascii() for name in identifiers)
    exec("".join(f"{name} = 0\n" for name in identifiers))


# ---- state dicts ----------------------------------------------------------------------------------------------------


def two_boxes(name, other_name):
    x = ld.Ty("x")
    f, g = ld.Box(name, x, x), ld.Box(other_name, x, x)
    diagram = ld.LearningDiagram(ld.Constraint("c", f >> g, ld.Id(x), over=ld.SampleSpace("rows").column("x", x)))
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar={name: nn.Linear(2, 2), other_name: nn.Linear(2, 2)}))


def test_the_keys_of_the_state_are_the_names_of_the_parameters():
    for names in (("f", "g"), ("forward", "a.b"), ("", "boxes.f")):
        objective = two_boxes(*names)
        assert set(objective.state_dict()) == {*dict(objective.named_parameters()), "constants.steps"}
        optimizer = torch.optim.AdamW(objective.trainable_parameters())
        objective({"rows": {"x": torch.ones(3, 2)}})[0].backward()
        optimizer.step()
        state, moments = get_state_dict(objective, optimizer)
        other = two_boxes(*names)
        set_state_dict(
            other,
            torch.optim.AdamW(other.trainable_parameters()),
            model_state_dict=state,
            optim_state_dict=moments,
        )
        assert all(torch.equal(*pair) for pair in zip(objective.parameters(), other.parameters(), strict=True))


@given(st.text() | st.sampled_from(NAMES), st.text() | st.sampled_from(NAMES))
@example("boxes.f.a", "f")
@example("a/weight", "a%2Fweight")
def test_a_state_of_the_older_form_loads_with_a_warning(first, second):
    """Its keys are the name of a box, quoted, then "/", then the name of the parameter in the box."""
    if first == second:
        return
    source, target = two_boxes(first, second), two_boxes(first, second)
    state = {
        f"{name.replace('%', '%25').replace('/', '%2F')}/{key}": value
        for name in (first, second)
        for key, value in source.boxes.of(name).state_dict().items()
    }
    with pytest.warns(UserWarning, match="keys of an older form"):
        target.load_state_dict(state)
    assert all(torch.equal(*pair) for pair in zip(source.parameters(), target.parameters(), strict=True))


def test_a_state_with_a_keyword_as_a_key_loads_with_a_warning():
    source, target = two_boxes("class", "f"), two_boxes("class", "f")
    assert "boxes.%class.weight" in source.state_dict()
    state = {key.replace("%class", "class"): value for key, value in source.state_dict().items()}
    with pytest.warns(UserWarning, match="keys of an older form"):
        target.load_state_dict(state)
    assert all(torch.equal(*pair) for pair in zip(source.parameters(), target.parameters(), strict=True))


@given(st.text() | st.sampled_from(NAMES), st.text() | st.sampled_from(NAMES), st.booleans())
@example("a", "a/b", True)
@example("a/weight", "a%2Fweight", True)
@example("boxes", "boxes.boxes.weight", True)
def test_load_state_dict_is_a_round_trip(first, second, nested):
    if first == second:
        return
    source, target = two_boxes(first, second), two_boxes(first, second)
    wrap = (lambda module: nn.ModuleDict({"objective": module})) if nested else (lambda module: module)
    state = wrap(source).state_dict()
    assert len(state) == 5 and all(key.rsplit(".", 1)[1] in ("weight", "bias", "steps") for key in state)
    kept = dict(state)
    assert str(wrap(target).load_state_dict(state)) == "<All keys matched successfully>"
    assert dict(state) == kept
    for name in (first, second):
        assert torch.equal(source.boxes.of(name).weight, target.boxes.of(name).weight)


def test_a_state_with_a_wrong_key_is_refused():
    objective = two_boxes("f", "g")
    state = objective.state_dict()
    state["boxes.k.weight"] = state.pop("boxes.f.weight")
    with pytest.raises(RuntimeError, match=r"boxes\.k\.weight"):
        objective.load_state_dict(state)
