"""Curves while a run goes on: at most two pictures a second, a hundredth of the time, and the last one stays."""

import sys
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, History, TorchFunctor, compile, fit
from learning_diagrams.backends.torch.checkpoints.pace import Pace
from learning_diagrams.backends.torch.training.live_plot import LivePlot

x, rows = ld.Ty("x"), ld.SampleSpace("rows")
column = rows.column("x", x)
f = ld.Box("f", x, x)


def history_of(steps):
    history = History()
    for step in range(1, steps + 1):
        history.add_step(step, 1, 2.0 / step, {"$fit^": 1.0 / step})
    history.add_validation(1, steps, {"$fit^": 0.5, "accuracy": 0.9})
    return history


@pytest.mark.parametrize(("cost", "pictures"), [(0.0, 20), (0.004, 20), (0.05, 2)])
def test_pictures_come_twice_a_second_and_take_a_hundredth_of_the_time(cost, pictures):
    """1,000 steps of 10 ms, and pictures of which each takes `cost` seconds."""
    now, shown, history = [0.0], [], history_of(3)

    def show(picture):
        now[0] += cost
        shown.append(now[0])

    plot = LivePlot(history, show, Pace(0.5, clock=lambda: now[0]))
    for _ in range(1000):
        now[0] += 0.01
        plot(None)
    assert len(shown) == pytest.approx(pictures, abs=1) and (len(shown) - 1) * cost <= 0.01 * now[0]
    assert all(after - before >= 0.5 for before, after in pairwise(shown))
    plot.__exit__(None, None, None)
    assert len(shown) == pytest.approx(pictures + 1, abs=1)


def test_a_notebook_has_one_display_with_a_static_picture(monkeypatch):
    shown = []

    def display(picture, display_id):
        shown.append(("new", display_id, picture))
        return SimpleNamespace(update=lambda picture: shown.append(("update", True, picture)))

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    fit(learner(), {"rows": {"x": torch.ones(8, 2)}}, steps=4, batch_size=4, progress=False, live=True)
    assert [how for how, _, _ in shown] == ["new", "update"] and shown[0][1] is True
    html = shown[-1][2]._repr_mimebundle_()["text/html"]
    assert "<svg" in html and "fit" in html and ">4</text>" in html and "<script" not in html


def test_a_notebook_shows_a_history_as_its_curves():
    bundle = history_of(3)._repr_mimebundle_()
    assert "accuracy" in bundle["text/html"] and bundle["text/plain"] == repr(history_of(3))
    assert set(History()._repr_mimebundle_()) == {"text/plain"}


def test_outside_a_notebook_nothing_is_shown(monkeypatch, capsys):
    for modules in ({"IPython": None}, {"IPython": SimpleNamespace(get_ipython=lambda: None)}):
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=None))
        fit(learner(), {"rows": {"x": torch.ones(8, 2)}}, steps=2, batch_size=4, progress=False, live=True)
    assert capsys.readouterr() == ("", "")


def test_a_figure_has_a_plot_for_each_measurement():
    pytest.importorskip("matplotlib")
    figure = history_of(3).plot()
    assert [axes.get_title() for axes in figure.axes] == ["total", r"\$fit^", "accuracy"]
    lines = {axes.get_title(): [list(line.get_xdata()) for line in axes.lines] for axes in figure.axes}
    assert lines == {"total": [[1, 2, 3]], r"\$fit^": [[1, 2, 3], [3]], "accuracy": [[3]]}
    figure.canvas.draw()


def test_without_matplotlib_or_steps_the_error_says_so(monkeypatch):
    pytest.importorskip("matplotlib")
    with pytest.raises(ld.DataError, match="no step"):
        History().plot()
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ld.FileError, match=r"learning-diagrams\[pictures\]"):
        history_of(1).plot()


def learner():
    diagram = ld.LearningDiagram(ld.Constraint("fit", column >> f, column))
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar={f: nn.Linear(2, 2)}))
