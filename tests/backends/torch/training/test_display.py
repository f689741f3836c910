"""What a user sees of a run: a bar on a terminal, plain lines elsewhere, and nothing where that is asked."""

import contextlib
import io
import os
import sys

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit
from learning_diagrams.backends.torch.training.display import Display

x, rows = ld.Ty("x"), ld.SampleSpace("rows")
column, f = rows.column("x", x), ld.Box("f", x, x)
DATA = {"rows": {"x": torch.randn(8, 2, generator=torch.Generator().manual_seed(0))}}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(monkeypatch, stream, *names, **options):
    """What a run of two epochs writes to stderr."""
    diagram = ld.LearningDiagram(*(ld.Constraint(name, column >> f, column) for name in names or ("near",)))
    objective = compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar={f: nn.Linear(2, 2)}))
    monkeypatch.setattr(sys, "stderr", stream)
    history = fit(objective, DATA, epochs=2, batch_size=4, **options)
    return (stream.getvalue() if stream is not None else ""), history


def test_on_a_terminal_each_term_has_a_line_below_the_bar(monkeypatch):
    text, history = shown(monkeypatch, Terminal(), "near", "far")
    last = text.rpartition("4/4")[2]
    values = [last.index(f"  {name:<5} {history.steps[-1][name]:.4g}") for name in ("total", "far", "near")]
    assert values == sorted(values) and text.endswith("\n") and "epoch 1" not in text


def test_without_a_terminal_each_epoch_is_one_plain_line(monkeypatch):
    text, history = shown(monkeypatch, io.StringIO(), "near", validation=DATA)
    lines = text.splitlines()
    assert len(lines) == 2 and "\r" not in text and "\x1b" not in text
    for line, row in zip(lines, history.epochs, strict=True):
        assert line.startswith(f"epoch {row['epoch']}, step {row['step']}: ")
        for name in ("total", "near", "learning_rate", "validation/near"):
            assert f"{name} {row[name]:.4g}" in line


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "file"])
def test_a_name_cannot_move_the_cursor_or_break_the_line(monkeypatch, stream):
    text, _ = shown(monkeypatch, stream, "a\nb", "\x1b[2Jc")
    assert "\x1b[2J" not in text and "a\nb" not in text and r"\x1b[2Jc" in text


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO(), None], ids=["terminal", "file", "none"])
def test_nothing_is_shown_where_that_is_asked_or_where_there_is_no_stderr(monkeypatch, capsys, stream):
    text, history = shown(monkeypatch, stream, progress=stream is None)
    assert text == "" and capsys.readouterr() == ("", "") and len(history.epochs) == 2


def test_a_notebook_without_widgets_gets_no_warning():
    from tqdm.std import tqdm

    from learning_diagrams.backends.torch.training import display

    assert display.tqdm is tqdm  # a notebook has no terminal, so it never gets a bar, and tqdm.auto would only warn


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
@pytest.mark.parametrize("size", [(0, 0), (24, 80), (5, 20)])
def test_a_terminal_of_any_size_shows_a_line_for_each_term(monkeypatch, size):
    import termios

    own, other = os.openpty()
    termios.tcsetwinsize(other, size)
    with os.fdopen(other, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Display(True, 2) as display:
            for step in range(2):
                display.bar.update()
                display.step({"total": 0.5 + step, "fit": 0.25})
        terminal.flush()
        os.set_blocking(own, False)
        text = b""
        with contextlib.suppress(BlockingIOError):
            while part := os.read(own, 100_000):
                text += part
    os.close(own)
    text = text.decode()
    assert "2/2" in text or size == (5, 20)
    assert "  total 1.5" in text and "  fit   0.25" in text
