"""A checkpoint with anything in it, under right hashes: refused as a whole with its reason, or trained on."""

import json
import random
import shutil
import warnings

import pytest
import torch
from safetensors.torch import load_file, save_file

import learning_diagrams as ld
from learning_diagrams.backends.torch.checkpoints.checkpoint_file import STATE, tensors_of
from learning_diagrams.backends.torch.checkpoints.objective_state import ObjectiveState
from learning_diagrams.backends.torch.checkpoints.step_state import StepState
from learning_diagrams.backends.torch.training.loop import Loop
from stopped_runs import accumulated, averaged, game, in_law, plain, signed, validated

torch.set_num_threads(1)
TENSORS = tensors_of(0)
pytestmark = pytest.mark.filterwarnings("ignore")
RUNS = (plain, game, averaged, accumulated, validated, in_law)
PLAIN = [None, True, -1, 0, 2**70, 0.5, 1e308, "x", [], {}]
TAGGED = [{"float": "nan"}, {"float": "inf"}, {"tensor": "history/steps/values"}, {"tuple": [1]}, {"dict": []}]


def newest(place):
    return max(place.glob("checkpoints/*/step-*"))


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: run.__name__)
def kept(request, tmp_path_factory):
    """A run, and the folder of its first two epochs, which has one checkpoint."""
    place = tmp_path_factory.mktemp("kept") / "run"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        request.param(run=place, epochs=2, keep=1, checkpoint_every=1)
    for path in place.glob("checkpoints/*/step-*"):
        if path != newest(place):
            shutil.rmtree(path)
    return request.param, place


def places_in(value, path=()):
    """The paths of all parts of a JSON value."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places_in(part, (*path, key))


def edited_text(chance, path):
    """Put something else in the place of a part of the JSON."""
    state = json.loads((path / STATE).read_text())
    sections = {}
    for place in places_in(state):
        sections.setdefault(place[:3], []).append(place)  # so that a long part is not chosen more often
    place = chance.choice(chance.choice([sections[key] for key in sorted(sections, key=repr) if key]))
    inner = state
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = chance.choice(PLAIN + TAGGED)
    (path / STATE).write_text(json.dumps(state))
    return place, inner[place[-1]]


def edited_tensor(chance, path):
    """Put other numbers, or a tensor of another form, in the place of a tensor."""
    tensors = load_file(path / TENSORS)
    key = chance.choice(sorted(tensors))
    old = tensors[key]
    number = (
        chance.choice([0, -1, 1, 0.5, 1e30, torch.nan, torch.inf]) if old.is_floating_point() else chance.choice([0, 1])
    )
    forms = [old.flatten()[:-1], torch.cat([old.flatten()] * 2), old[None], old.double(), old.to(torch.int64)]
    bits = old.clone()
    if bits.numel():
        bits.view(-1).view(torch.uint8)[chance.randrange(bits.numel() * bits.element_size())] ^= 255
    tensors[key] = chance.choice([torch.full_like(old, number)] * 3 + [bits, chance.choice(forms)]).contiguous()
    save_file(tensors, path / TENSORS, {"format": "learning-checkpoint/1"})
    return key, tensors[key]


def resumed(run, place):
    """Why a run is refused, or the steps that it makes; nothing is changed where no checkpoint is good."""
    try:
        _, history = run(run=place, resume=True, epochs=3)
    except (ld.FileError, ld.NonFiniteTerm, ld.NonFiniteGradient) as error:
        return str(error)
    return len(history.steps)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("count", [5, pytest.param(400, marks=pytest.mark.thorough)])
def test_a_hostile_checkpoint_is_refused_or_trained_on(kept, tmp_path, count):
    run, folder = kept
    chance, outcomes = random.Random(count), []
    shutil.copytree(folder, tmp_path / "whole")
    steps = resumed(run, tmp_path / "whole")
    assert isinstance(steps, int)
    for number in range(count):
        place = tmp_path / str(number)
        shutil.copytree(folder, place)
        edit = chance.choice([edited_text, edited_tensor])(chance, newest(place))
        signed(newest(place))
        try:
            outcomes.append(resumed(run, place))
        except Exception as error:
            raise AssertionError(f"raw, after {edit}") from error
        assert isinstance(outcomes[-1], str) or outcomes[-1] == steps
        shutil.rmtree(place)
    assert sum(isinstance(outcome, str) for outcome in outcomes) > 0


def hostile_step(path):
    tensors = load_file(path / TENSORS)
    tensors["steps/0/state/state/0/step"].fill_(-1)  # with which Adam divides by zero
    save_file(tensors, path / TENSORS, {"format": "learning-checkpoint/1"})


def hostile_count(path):
    text = (path / STATE).read_text()
    (path / STATE).write_text(text.replace('["made", 9]', '["made", 5]'))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (hostile_step, "it holds -1.0 as 'step' of AdamW, which is a whole number ≥ 1"),
        (hostile_count, "and its history has 9"),
    ],
)
def test_the_last_good_checkpoint_is_used_and_without_one_nothing_is_changed(edit, reason, tmp_path, monkeypatch):
    plain(run=tmp_path / "run", checkpoint_every=1, keep=2)
    whole, _ = plain(epochs=4)
    shutil.copytree(tmp_path / "run", tmp_path / "hopeless")
    edit(newest(tmp_path / "run")), signed(newest(tmp_path / "run"))
    with pytest.warns(UserWarning, match=rf"{reason}; an earlier one, of step 8, is taken"):
        objective, history = plain(run=tmp_path / "run", resume=True, epochs=4)
    assert len(history.steps) == 12 and all(map(torch.equal, objective.parameters(), whole.parameters()))
    for path in (tmp_path / "hopeless").glob("checkpoints/*/step-*"):
        shutil.rmtree(path) if path != newest(tmp_path / "hopeless") else edit(path)
    signed(newest(tmp_path / "hopeless"))
    loads = []
    for part in (StepState, ObjectiveState, Loop):
        monkeypatch.setattr(part, "load_state_dict", lambda *args, part=part: loads.append(part))
    before = torch.get_rng_state()
    with pytest.raises(ld.FileError, match=reason):
        plain(run=tmp_path / "hopeless", resume=True)
    assert not loads and torch.equal(torch.get_rng_state(), before)
