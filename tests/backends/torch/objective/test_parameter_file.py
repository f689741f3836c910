"""Weights on disk: a round trip, and a typed error for every file that is damaged or of something else."""

import os

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save as to_bytes
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile
from learning_diagrams.backends.torch.objective.parameter_file import checksum

torch.set_num_threads(1)
x = ld.Ty("x")
x_of = ld.SampleSpace("rows").column("x", x)


def objective_of(box="f", width=2, weight=1.0):
    f = ld.Box(box, x, x)
    diagram = ld.LearningDiagram(ld.Constraint("c", f, ld.Id(x), over=x_of, weight=weight), name="small")
    net = nn.Sequential(nn.Linear(2, width), nn.BatchNorm1d(width), nn.Linear(width, 2))
    with pytest.warns(UserWarning, match="batch statistics"):
        return compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar={f: net}))


def same(left, right):
    return all(torch.equal(value, right.state_dict()[key]) for key, value in left.state_dict().items())


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "w.safetensors"
    objective = objective_of()
    objective.save(path)
    return objective, path


def test_save_and_load_are_a_round_trip(saved):
    objective, path = saved
    other = objective_of()
    assert not same(objective, other)
    assert other.load(path) is other and same(objective, other)
    assert other.load(str(path)) is other


def test_the_file_says_which_learning_diagram_it_belongs_to(saved):
    objective, path = saved
    with safe_open(str(path), framework="pt") as file:
        metadata, keys = file.metadata(), list(file.keys())
    assert metadata["digest"] == objective.diagram.digest() and len(metadata["checksum"]) == 64
    assert set(keys) == set(objective.state_dict())


@pytest.mark.parametrize("box", ["forward", "a.b", "ß", "names", "__metadata__"])
def test_any_box_name_of_the_grammar_can_be_saved(box, tmp_path):
    objective, other = objective_of(box), objective_of(box)
    objective.save(tmp_path / "w")
    assert same(objective, other.load(tmp_path / "w"))


@pytest.mark.parametrize("box", ["a/b", "", "x\n", "I"])
def test_under_a_name_that_the_grammar_cannot_carry_weights_are_saved_without_the_plain_form(box, tmp_path):
    objective, other = objective_of(box), objective_of(box)
    with pytest.warns(UserWarning, match="^the weights are saved without the learning diagram's plain form: the box"):
        objective.save(tmp_path / "w")
    assert not same(objective, other) and same(objective, other.load(tmp_path / "w"))
    with safe_open(str(tmp_path / "w"), framework="pt") as file:
        assert file.metadata()["learning_diagram"] == "" and set(file.keys()) == set(objective.state_dict())
    with pytest.raises(ld.FileError, match=r"another learning diagram .*its file does not say which"):
        objective_of(box, weight=2.0).load(tmp_path / "w")


def test_weights_of_another_learning_diagram_are_refused(saved):
    with pytest.raises(ld.FileError, match=r"another learning diagram .*'small'"):
        objective_of(weight=2.0).load(saved[1])
    with pytest.raises(ld.FileError, match="has shape"):
        objective_of(width=3).load(saved[1])


def test_what_is_no_file_of_weights_is_refused(saved, tmp_path):
    objective, path = saved
    with pytest.raises(ld.FileError, match="there is no file"):
        objective.load(tmp_path / "missing")
    for content in (b"", b"text", b"{}" * 100, path.read_bytes()[:-1], path.read_bytes() + b"\0"):
        (tmp_path / "bad").write_bytes(content)
        with pytest.raises(ld.FileError, match=r"not a readable safetensors file.*by its load_state_dict"):
            objective.load(tmp_path / "bad")
    with pytest.raises(ld.FileError):
        objective.load(tmp_path)


def test_a_changed_number_is_found_by_the_checksum(saved, tmp_path):
    content = bytearray(saved[1].read_bytes())
    content[-1] ^= 1
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(ld.FileError, match="damaged"):
        objective_of().load(tmp_path / "bad")


def load_bytes(objective, path, content):
    """Load bytes as a file: a typed error, or the weights that were saved."""
    path.write_bytes(content)
    try:
        objective_of().load(path)
    except ld.LearningDiagramError:
        return
    other = objective_of().load(path)
    assert same(objective, other)


@given(st.data())
def test_flipped_bytes_and_cut_ends_are_typed_errors_or_do_no_harm(saved, tmp_path_factory, data):
    objective, path = saved
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    end = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    load_bytes(objective, tmp_path_factory.getbasetemp() / "flipped", bytes(content[:end]))


@given(st.binary(max_size=300))
def test_random_bytes_are_typed_errors(saved, tmp_path_factory, content):
    load_bytes(saved[0], tmp_path_factory.getbasetemp() / "random", content)


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_file_whole(tmp_path, monkeypatch, fails):
    path = tmp_path / "w"
    old = objective_of()
    old.save(path)
    content = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(ld.FileError, match="No space left on device"):
        objective_of().save(path)
    monkeypatch.undo()
    assert path.read_bytes() == content and os.listdir(tmp_path) == ["w"]


def test_a_failed_load_changes_nothing(saved, tmp_path):
    content = bytearray(saved[1].read_bytes())
    content[-1] ^= 1
    (tmp_path / "bad").write_bytes(content)
    objective = objective_of()
    before = {key: value.clone() for key, value in objective.state_dict().items()}
    with pytest.raises(ld.FileError):
        objective.load(tmp_path / "bad")
    assert all(torch.equal(before[key], value) for key, value in objective.state_dict().items())


def test_a_folder_that_does_not_exist_is_a_file_error(tmp_path):
    with pytest.raises(ld.FileError, match="cannot write"):
        objective_of().save(tmp_path / "missing" / "w")


# ---- files with the right checksum, and weights of other learning diagrams -------------------------------------------


def rewrite(path, change, **metadata):
    """A file in which the tensors and the metadata are changed, and the checksum is right."""
    with safe_open(str(path), framework="pt") as file:
        kept = file.metadata() | metadata
        tensors = change({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118 - not a dict
    path.with_name("changed").write_bytes(to_bytes(tensors, kept | {"checksum": checksum(tensors)}))
    return path.with_name("changed")


def only(key, function):
    return lambda tensors: tensors | {key: function(tensors[key])}


@pytest.mark.parametrize(
    ("key", "function", "fault"),
    [
        ("boxes.f.0.weight", torch.Tensor.double, "dtype float64, here float32"),
        ("boxes.f.0.weight", torch.Tensor.half, "dtype float16, here float32"),
        ("boxes.f.1.num_batches_tracked", torch.Tensor.bool, "dtype bool, here int64"),
        ("boxes.f.0.weight", lambda value: value.index_fill(0, torch.tensor(1), float("nan")), "not finite"),
        ("boxes.f.2.bias", lambda value: value + float("inf"), "not finite"),
        ("boxes.f.1.running_var", lambda value: value * float("nan"), "not finite"),
    ],
)
def test_dtypes_and_finiteness_are_looked_at_where_the_checksum_is_right(tmp_path, key, function, fault):
    objective_of().save(tmp_path / "w")
    objective = objective_of()
    before = {name: value.clone() for name, value in objective.state_dict().items()}
    with pytest.raises(ld.FileError, match=fault):
        objective.load(rewrite(tmp_path / "w", only(key, function)))
    assert all(torch.equal(value, before[name]) for name, value in objective.state_dict().items())


def test_an_infinite_number_that_the_module_has_too_is_loaded(tmp_path):
    table = nn.Linear(2, 2)
    table.register_buffer("mask", torch.tensor([[0.0, -torch.inf], [0.0, 0.0]]))
    f = ld.Box("f", x, x)
    objective = compile(
        ld.LearningDiagram(ld.Constraint("c", f, ld.Id(x), over=x_of)),
        TorchFunctor(ob={x: Euclidean(2)}, ar={f: table}),
    )
    with pytest.warns(UserWarning, match="not finite"):
        objective.save(tmp_path / "w")
    objective.load(tmp_path / "w")


def test_a_file_of_the_older_form_loads_with_a_warning(saved, tmp_path):
    objective = objective_of()
    objective.save(tmp_path / "w")
    older = rewrite(
        tmp_path / "w",
        lambda tensors: {key.replace("boxes.f.", "f/"): value for key, value in tensors.items()},
        format="learning-diagram-weights/1",
    )
    other = objective_of()
    with pytest.warns(UserWarning, match="older form"):
        other.load(older)
    assert same(objective, other)


def test_what_would_wait_or_nest_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/null", tmp_path / "a\0b"):
        with pytest.raises(ld.FileError):
            objective_of().load(path)
    objective_of().save(tmp_path / "w")
    deep = rewrite(tmp_path / "w", dict, learning_diagram="[" * 100_000, digest="\x1b[31m")
    with pytest.raises(ld.FileError, match="does not say which") as caught:
        objective_of().load(deep)
    assert "\x1b" not in str(caught.value)


def test_weights_of_another_learning_diagram_are_taken_box_by_box(tmp_path):
    f, g, h, k = (ld.Box(name, x, x) for name in "fghk")

    def build(*boxes, width=2):
        diagram = ld.LearningDiagram(*(ld.Constraint(box.name, box, ld.Id(x), over=x_of) for box in boxes))
        nets = {
            box: nn.Linear(2, 2) if box is not g else nn.Sequential(nn.Linear(2, width), nn.Linear(width, 2))
            for box in boxes
        }
        return compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar=nets))

    source, target = build(f, g, h), build(f, g, k, width=3)
    source.save(tmp_path / "w")
    before = {name: value.clone() for name, value in target.state_dict().items()}
    with pytest.raises(ld.FileError, match="strict=False"):
        target.load(tmp_path / "w")
    with pytest.warns(UserWarning) as caught:
        target.load(tmp_path / "w", strict=False)
    text = str(caught[0].message)
    assert "boxes taken: 'f';" in text and "not here: 'h'" in text
    assert "box 'g' stays as it was" in text and "box 'k' stays as it was" in text and "shape" in text
    for name, value in target.state_dict().items():
        kept = source.state_dict() if name.startswith("boxes.f.") else before
        assert torch.equal(value, kept[name])


def test_what_a_file_cannot_hold_is_said(tmp_path):
    f = ld.Box("f", x, x)
    net = nn.Linear(2, 2)
    net.register_buffer("graph", torch.eye(2).to_sparse())
    objective = compile(
        ld.LearningDiagram(ld.Constraint("c", f, ld.Id(x), over=x_of)), TorchFunctor(ob={x: Euclidean(2)}, ar={f: net})
    )
    with pytest.raises(ld.FileError, match=r"'boxes\.f\.graph' is sparse"):
        objective.save(tmp_path / "w")
