"""The experiments on real data: short variants run, twins by hand have the same losses, and a beam finds its words."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "examples" / "reproduce"


def python(*arguments):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


EXPERIMENTS = ("alignment", "captioning", "cycle_consistency", "distillation", "few_shot", "koopman")
LONG = ("alignment", "captioning", "cycle_consistency", "distillation")


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] * (name in LONG)) for name in EXPERIMENTS]
)
def test_a_short_variant_writes_its_results(name, tmp_path):
    python(str(HERE / f"{name}.py"), "--short", "--into", str(tmp_path))
    written = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert written["experiment"] == name and written["rows"] and written["threads"] == 1
    assert all(len(digest) == 64 for digest in written["learning_diagrams"].values()) and written["learning_diagrams"]


@pytest.mark.thorough
def test_twins_by_hand_have_the_same_losses():
    printed = python(
        "-c",
        f"""
import json, sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, {str(ROOT / "benchmarks")!r})
import twins
print(json.dumps({{name: twin(5) for name, twin in twins.TWINS.items()}}))
""",
    )
    differences = json.loads(printed.strip().splitlines()[-1])
    assert (
        set(differences) == {"distillation", "few-shot", "alignment", "captioning"} and max(differences.values()) < 1e-6
    )


class Table:
    """An objective whose speaker gives each word a fixed logit after each place and word, whatever it sees."""

    def __init__(self, logits):
        self.logits = logits  # [place, word so far, word that follows]

    def model(self, box):
        return {"see": lambda images: images, "speak": self.speak}[box.name]

    def speak(self, seen, so_far):
        return self.logits[range(so_far.shape[1]), so_far] + seen[:, None]


def test_a_beam_as_wide_as_all_captions_finds_the_likeliest(monkeypatch):
    """And greedy decoding takes the likeliest word at each place."""
    monkeypatch.syspath_prepend(str(HERE))
    import captioning
    import torch

    length, generator = 4, torch.Generator().manual_seed(0)
    monkeypatch.setattr(captioning, "LENGTH", length)
    logits, seen = (torch.randn(*size, generator=generator) for size in ((length, 5, 5), (6, 5)))
    law = (logits[None] + seen[:, None, None]).log_softmax(3)

    def score(row, caption):
        steps = enumerate(zip([captioning.START, *caption[:-1]], caption, strict=True))
        return sum(law[row, place, before, word].item() for place, (before, word) in steps) / len(caption)

    ended = [[*words, captioning.END] for n in range(length) for words in itertools.product((3, 4), repeat=n)]
    captions = ended + [list(words) for words in itertools.product((3, 4), repeat=length)]
    greedy, widest = (captioning.beam(Table(logits), seen, width).tolist() for width in (1, len(captions)))
    for row in range(len(seen)):
        best = max(captions, key=lambda caption: score(row, caption))
        assert [word for word in widest[row] if word != captioning.PADDING] == best
        caption = [captioning.START]
        while len(caption) <= length and caption[-1] != captioning.END:
            caption.append(
                max((captioning.END, 3, 4), key=lambda word: law[row, len(caption) - 1, caption[-1], word].item())
            )
        assert [word for word in greedy[row] if word != captioning.PADDING] == caption[1:]
