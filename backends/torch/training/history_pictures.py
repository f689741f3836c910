"""The curves of a history: a figure of Matplotlib, and a picture of our own, which is quick enough to be drawn live."""

from __future__ import annotations

from math import ceil
from typing import Any

from learning_diagrams.backends.torch.training.table import WHOLE, Table
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.errors import DataError, FileError, printable
from learning_diagrams.report.curve_picture import curves
from learning_diagrams.report.run_folder import Columns
from learning_diagrams.report.timeline import choose

ACROSS = 3  # curves beside each other
POINTS = 200  # of a curve in the quick picture


def figure(steps: Table, validations: Table) -> Any:
    """A Figure with one plot for each measurement of a step; validation stands in the plot of what it measures."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise FileError("history.plot() needs Matplotlib: pip install 'learning-diagrams[pictures]'") from None
    if not steps:
        raise DataError("there is nothing to plot: the history has no step")
    checks = {name.removeprefix("validation/"): name for name in validations.headings if name not in WHOLE}
    names = [name for name in dict.fromkeys([*steps.headings, *checks]) if name not in WHOLE]
    count = min(ACROSS, len(names))
    drawn = Figure(figsize=(4 * count, 2.6 * ceil(len(names) / count)), layout="constrained")
    for i, name in enumerate(names, start=1):
        axes = drawn.add_subplot(ceil(len(names) / count), count, i)
        axes.set_title(printable(name).replace("$", r"\$"), fontsize=10)
        axes.set_xlabel("step")
        for table, heading, style in ((steps, name, "-"), (validations, checks.get(name), "o:")):
            points = [(row["step"], row[heading]) for row in table if heading in row]
            if points:
                axes.plot(*zip(*points, strict=True), style, label="training" if style == "-" else "validation")
        if name in checks:
            axes.legend(frameon=False, fontsize=8)
    return drawn


def picture(steps: Table, validations: Table) -> Picture:
    """The curves of chosen steps, evenly apart."""
    scene = curves(_columns(steps), _columns(validations))
    return Picture(scene, "training", f"curves of {len(steps)} steps")


def _columns(table: Table) -> Columns:
    rows = [table[i] for i in choose(len(table), POINTS)]
    return {name: [row.get(name) for row in rows] for name in table.headings}
