"""A checkpoint that is not what was written is refused with its reason, and the last good one is used."""

import errno
import json
import os
import random
import shutil
import warnings

import pytest
import torch

import learning_diagrams as ld
from learning_diagrams.backends.torch import fit
from learning_diagrams.backends.torch.checkpoints import checkpoint_file
from learning_diagrams.backends.torch.checkpoints.checkpoint_file import MANIFEST, STATE, read, tensors_of
from learning_diagrams.backends.torch.checkpoints.packing import pack
from stopped_runs import DATA, STEPS, plain, signed, supervised

torch.set_num_threads(1)
TENSORS = tensors_of(0)
pytestmark = pytest.mark.filterwarnings("ignore:the modules of")  # dropout is meant


def checkpoints(place):
    """The folders of the checkpoints of a run, the newest first."""
    return sorted(place.glob("checkpoints/*/step-*"), reverse=True)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The folder of a run with checkpoints after 7, 8 and 9 steps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain(run=(place := tmp_path_factory.mktemp("kept") / "run"), checkpoint_every=1, keep=3)
    return place


def damage(chance, paths):
    """Damage a checkpoint in one of many ways."""
    newest, name = paths[0], chance.choice([MANIFEST, STATE, TENSORS])
    content = bytearray((newest / name).read_bytes())
    way = chance.choice(["bits", "cut", "longer", "swapped file", "swapped folder", "gone", "edited", "claims", "link"])
    if way == "bits":
        for _ in range(chance.choice([1, 1, 3, 40])):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    elif way == "cut":
        del content[chance.randrange(len(content)) :]
    elif way == "longer":
        content += chance.randbytes(chance.randrange(1, 99))
    elif way == "swapped file":
        content = bytearray((paths[1] / name).read_bytes())
    elif way == "edited":
        text = content.decode("latin1")
        old, new = chance.choice([("1", "2"), ("[", "{"), (":", ","), ('"', "'"), ("e", "3"), (" ", "")])
        content = bytearray(text.replace(old, new, chance.choice([1, -1])).encode("latin1"))
    if way == "gone":
        (newest / name).unlink()
    elif way == "link":
        (newest / name).unlink()
        (newest / name).symlink_to("/dev/zero")
    elif way == "swapped folder":
        shutil.rmtree(newest)
        shutil.copytree(paths[1], newest)
    elif way == "claims":
        name, manifest = chance.choice([STATE, TENSORS]), json.loads((newest / MANIFEST).read_text())
        key = chance.choice(["bytes", "sha256"])
        manifest["files"][name][key] = chance.choice([2**62, -1, "", None, {}, "0" * 64])
        (newest / MANIFEST).write_text(json.dumps(manifest))
    else:
        (newest / name).write_bytes(content)


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.thorough)])
def test_a_damaged_checkpoint_is_refused_or_has_the_same_effect(kept, tmp_path, count):
    chance, whole, refused = random.Random(count), pack(read(checkpoints(kept)[0]).state), 0
    for number in range(count):
        place = tmp_path / str(number)
        shutil.copytree(kept, place)
        damage(chance, checkpoints(place))
        try:
            text, tensors = pack(read(checkpoints(place)[0]).state)
        except ld.FileError:
            refused += 1
        else:
            assert text == whole[0] and tensors.keys() == whole[1].keys()
            assert all(tensors[key].numpy().tobytes() == value.numpy().tobytes() for key, value in whole[1].items())
        shutil.rmtree(place)
    assert refused > 0.8 * count


def test_the_last_good_checkpoint_is_used_and_the_warning_names_the_others(kept, tmp_path):
    place = tmp_path / "run"
    shutil.copytree(kept, place)
    newest, second, _ = checkpoints(place)
    (newest / STATE).write_bytes((newest / STATE).read_bytes()[:-1])
    manifest = json.loads((second / MANIFEST).read_text())
    (second / MANIFEST).write_text(json.dumps(manifest | {"digest": "0" * 64}))
    with pytest.warns(UserWarning) as caught:
        _, history = plain(run=place, resume=True, epochs=4)
    texts = [str(each.message) for each in caught if "refused" in str(each.message)]
    assert f"{newest.name}' is refused: {STATE} has" in texts[0] and "of another learning diagram" in texts[1]
    assert all("an earlier one, of step 7, is taken" in text for text in texts) and len(history.steps) == 12
    assert not any(path.name > "step-000000000012" for path in checkpoints(place))
    for path in checkpoints(place):
        (path / MANIFEST).write_text("{}")
    with pytest.raises(ld.FileError, match=r"no checkpoint of the run is good.*KeyError.*No whole checkpoint is left"):
        plain(run=place, resume=True)


def test_a_claim_that_is_larger_than_the_file_is_refused_before_anything_is_allocated(kept, tmp_path):
    """A header of safetensors that claims 2⁵⁰ numbers, and one that claims a header of 2⁶⁰ bytes."""
    place = tmp_path / "run"
    shutil.copytree(kept, place)
    newest = checkpoints(place)[0]
    claim = {"a": {"dtype": "F32", "shape": [2**50], "data_offsets": [0, 2**52]}}
    for size, header in ((None, json.dumps(claim).encode()), (2**60, b"{}")):
        (newest / TENSORS).write_bytes((size or len(header)).to_bytes(8, "little") + header)
        signed(newest)
        with pytest.raises(ld.FileError, match="is damaged: SafetensorError"):
            read(newest)
    os.truncate(newest / STATE, checkpoint_file.LARGEST[STATE] + 1)  # a file with a hole, which takes no space
    shutil.copy(checkpoints(kept)[0] / TENSORS, newest / TENSORS)
    manifest = json.loads((newest / MANIFEST).read_text())
    manifest["files"] = json.loads((checkpoints(kept)[0] / MANIFEST).read_text())["files"]
    (newest / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ld.FileError, match="bytes, and the manifest says"):
        read(newest)


def test_a_full_disk_is_an_error_at_each_write_and_the_last_good_checkpoint_stays(tmp_path, monkeypatch):
    place, opened, calls = tmp_path / "run", open, []

    class Full:
        """A file on a disk without space left from a certain write on."""

        def __init__(self, file):
            self._file = file

        def __getattr__(self, name):
            return getattr(self._file, name)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self._file.close()

        def write(self, content):
            calls.append(1)
            if len(calls) == fails:
                self._file.write(content[:9])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self._file.write(content)

    monkeypatch.setattr(checkpoint_file, "open", lambda *args: Full(opened(*args)), raising=False)
    for fails in range(1, 7):
        calls.clear()
        with pytest.raises(ld.FileError, match=r"cannot write the checkpoint .*No space left on device"):
            fit(supervised(), DATA, **STEPS, run=place / str(fails), checkpoint_every=1)
        steps = [path.name[-1] for path in checkpoints(place / str(fails))]
        assert steps == ["0"] * (fails > 3) and all(read(path) for path in checkpoints(place / str(fails)))
        assert not [*place.glob("*/checkpoints/*/.step*")]
    fails = -1
    whole = supervised()
    fit(whole, DATA, **STEPS)
    for begun in (1, 4):
        objective = supervised()
        fit(objective, DATA, **STEPS, run=place / str(begun), resume=True)
        assert all(map(torch.equal, objective.parameters(), whole.parameters()))


def test_a_checkpoint_is_no_pickle_and_nothing_of_it_is_run(kept):
    for path in checkpoints(kept):
        assert {each.name for each in path.iterdir()} == {MANIFEST, STATE, TENSORS}
        assert json.loads((path / STATE).read_text()) and b"torch" not in (path / TENSORS).read_bytes()[:9]
    source = " ".join(path.read_text() for path in checkpoint_file.Path(checkpoint_file.__file__).parent.glob("*.py"))
    assert "pickle" not in source and "torch.load" not in source
