"""A curve: a measurement over the steps of a run, as a small picture.

>>> curve("total", [1, 2, 3], [4.0, 2.0, 1.0]).width
300
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, log10

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.stacking import below, in_rows
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.report.run_folder import Columns
from learning_diagrams.report.timeline import shown

WIDTH, HEIGHT = 300, 150
LEFT, TOP, RIGHT, LOW = 76.0, 30.0, 292.0, 126.0  # of the field in which the curve runs
FACTOR = 30  # from which ratio of greatest and least value on the scale is logarithmic

GAP = 12  # pixels between two curves
WHOLE = ("step", "epoch")  # the headings of what is no measurement

Numbers = Sequence[float | None]


def curve(name: str, steps: Numbers, values: Numbers, dots: tuple[Numbers, Numbers] = ((), ())) -> Scene:
    """A curve under its name, with its least and greatest value, over all steps.

    dots : steps and values of validations, drawn as rings on a dotted line.
    """
    line, rings = _points(steps, values), _points(*dots)
    ends = [y for _, y in line + rings]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    logarithmic = 0 < low * FACTOR < high
    known = [step for step in (*steps, *dots[0]) if step is not None]
    first, last = min(known, default=0.0), max(known, default=0.0)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        bottom, top, y = (log10(v) if logarithmic else v for v in (low, high, point[1]))
        across = (point[0] - first) / (last - first or 1)
        up = (y - bottom) / (top - bottom) if top > bottom else 0.5
        return LEFT + across * (RIGHT - LEFT), LOW - up * (LOW - TOP)

    end = next((value for value in reversed(values or dots[1]) if value is not None), None)
    elements = [
        svg.text(LEFT, 18, name, 12, "ink", bold=True),
        svg.line_of_text(RIGHT, 18, shown(end), 12, "ink", anchor="end"),
        svg.path(f"M{LEFT} {TOP}V{LOW}H{RIGHT}", "rule", 1),
        svg.line_of_text(LEFT - 6, TOP + 8, shown(high) if high > low else "", 12, "muted", anchor="end"),
        svg.line_of_text(LEFT - 6, LOW if high > low else (TOP + LOW) / 2 + 4, shown(low), 12, "muted", anchor="end"),
        svg.line_of_text(LEFT, LOW + 16, f"step {first:,.0f}", 12, "muted"),
        svg.line_of_text(RIGHT, LOW + 16, f"{last:,.0f}", 12, "muted", anchor="end"),
    ]
    if logarithmic:
        elements.append(svg.line_of_text((LEFT + RIGHT) / 2, LOW + 16, "log scale", 12, "muted", anchor="middle"))
    if line:
        elements.append(svg.path(_way(map(place, line)), "soft" if rings else "line", 1.5, stroke_linejoin="round"))
    if rings:
        elements.append(svg.path(_way(map(place, rings)), "line", 1.5, stroke_dasharray="1 4", stroke_linecap="round"))
        elements += [svg.circle(*place(ring), 3.5, *look) for ring in rings for look in (("paper",), ("line", 1.5))]
    return Scene(WIDTH, HEIGHT, tuple(elements))


def _points(steps: Numbers, values: Numbers) -> list[tuple[float, float]]:
    pairs = zip(steps, values, strict=False)
    return [(x, y) for x, y in pairs if x is not None and y is not None and isfinite(y)]


def _way(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def panels(steps: Columns, validations: Columns) -> dict[str, Scene]:
    """A curve for each measurement of steps; what validation measures stands in the curve of its name, or alone."""
    checks = {name.removeprefix("validation/"): name for name in validations if name not in WHOLE}
    names = [name for name in dict.fromkeys([*steps, *checks]) if name not in WHOLE]
    at, then = steps.get("step", []), validations.get("step", [])
    return {
        name: curve(name, at, steps.get(name, []), (then, validations.get(checks.get(name, ""), []))) for name in names
    }


def curves(steps: Columns, validations: Columns) -> Scene:
    """All curves, three a row."""
    return below(list(in_rows(list(panels(steps, validations).values()), GAP)), GAP)
