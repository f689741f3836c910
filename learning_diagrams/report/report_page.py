"""The report of a run: one HTML file that shows the learning graph, the curves, the conflicts and the worst rows.

The file needs no other file and asks for none. What a run says is escaped, and no script runs but that of the page.
"""

from __future__ import annotations

import os
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from learning_diagrams.drawing.elements.palette import contrast, scope, style
from learning_diagrams.errors import FileError, TypeMismatch, brief, printable
from learning_diagrams.report.markup import Markup, element, json_script
from learning_diagrams.report.run_folder import Run, read_run
from learning_diagrams.report.sections import conflicts, curves, environment, graph, worst
from learning_diagrams.report.timeline import LEVELS, Timeline
from learning_diagrams.storage.atomic_write import write_whole


def write_report(folder: str | os.PathLike[str], path: str | os.PathLike[str], title: str = "") -> None:
    """Write the report of the run in a folder, whole or not at all.

    title : str, the name of the run; an empty one takes that of the learning diagram.

    Raises
    ------
    TypeMismatch : not a path.
    FileError : the folder holds no run, or a damaged one; the path cannot be written.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeMismatch(f"a report is written to a path, as 'report.html', got {brief(path)}")
    target = Path(path)
    if target.suffix not in (".html", ".htm"):
        raise FileError(f"cannot write a report to {str(path)!r}: the name must end in .html")
    if not target.parent.is_dir():
        raise FileError(f"cannot write a report to {str(path)!r}: there is no folder {str(target.parent)!r}")
    write_whole(target, report(read_run(folder), title).encode("utf-8"))


def report(run: Run, title: str = "") -> str:
    """The page of a run, under its title or else under the name of the learning diagram."""
    timeline = Timeline.of(run)
    script = files(__package__).joinpath("report.js").read_text(encoding="utf-8")
    shown, cosines = conflicts(run, timeline)
    data = {
        "steps": timeline.steps,
        "epochs": timeline.epochs,
        "terms": [
            [printable(name), [[m.value, m.share, m.level, m.rows] for m in moments]]
            for name, moments in timeline.terms.items()
        ],
        "cosines": cosines,
    }
    name = title or run.diagram.name or "A run without a name"
    head = [
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        element("title", f"Training of {name}"),
        element("style", Markup(_style())),
    ]
    body = [
        element("header", element("h1", name), element("p", _summary(run))),
        element(
            "main",
            graph(run, timeline),
            curves(run),
            shown,
            worst(run),
            environment(run),
        ),
        json_script("data", data),
        element("script", Markup(script)),
    ]
    page = element("html", element("head", *head), element("body", *body, cls=scope("auto")), lang="en")
    return f"<!doctype html>\n{page}\n"


def _policy(script: str) -> str:
    """Nothing is loaded, pictures are those of the page, and only this script runs."""
    own = b64encode(sha256(script.encode("utf-8")).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{own}'"


def _style() -> str:
    own = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    levels = [_level(i, colour) for i, colour in enumerate(LEVELS)]
    return "\n".join([style("auto"), own, *levels])


def _level(level: int, colour: str) -> str:
    """The colour of a level, on which text is black or white, whichever has more contrast."""
    text = max(("#000000", "#ffffff"), key=lambda candidate: contrast(candidate, colour))
    within, at = f".{scope('auto')}", f'[data-level="{level}"]'
    return (
        f"{within} .sand{at}{{fill:{colour}}} {within} g{at} text{{fill:{text}}} {within} g{at} path{{stroke:{text}}} "
        f"td{at},.swatch{at}{{background:{colour};color:{text}}}"
    )


def _summary(run: Run) -> str:
    """In one line, how far the run has come."""
    steps = run.measurements.steps.get("step", [])
    count = f"{int(steps[-1] or 0):,} steps" if steps else "no step yet"
    ends = {"ended": f"ended: {run.record.stopped}", "running": "the run goes on, or was cut off"}
    said = f"{count} in {_time(run.record.seconds)}; {ends.get(run.record.state, f'failed: {run.record.state}')}"
    if run.record.best is None:
        return f"{said}."
    which = "the weights are those of the best validation" if run.record.restored else "the best validation"
    return f"{said}; {which}: {', '.join(f'{name} {value:.6g}' for name, value in run.record.best.items())}."


def _time(seconds: float) -> str:
    """
    >>> _time(5.04), _time(3723)
    ('5.0 s', '1 h 2 min 3 s')
    """
    if not 60 <= seconds < 1e9:
        return f"{seconds:.1f} s"
    hours, minutes, rest = int(seconds) // 3600, int(seconds) // 60 % 60, int(seconds) % 60
    return (f"{hours} h " if hours else "") + f"{minutes} min {rest} s"
