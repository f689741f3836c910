"""A run folder without any training: two equations, of which one gets better and one does not."""

from base64 import b64encode

import pytest

import learning_diagrams as ld
from learning_diagrams.report import run_folder
from learning_diagrams.report.run_folder import Cosine, Measurements, Record, Value, WorstRow, WorstRows

x, y, rows = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("rows")
pixels, label, other = rows.column("pixels", x), rows.column("label", y), rows.column("other", y)
f, g = ld.Kernel("f", x, y), ld.Kernel("g", x, y)
STEPS = 5


def diagram_of(first="falls", second="rises", name="school"):
    constraints = ld.Constraint(first, pixels >> f, label), ld.Constraint(second, pixels >> f, pixels >> g, weight=2)
    return ld.LearningDiagram(*constraints, frozen=[g], name=name)


def record_of(diagram, **changes):
    names = [constraint.name for constraint in diagram.constraints]
    return Record(
        **{
            "format": run_folder.FORMAT, "digest": diagram.digest(), "state": "ended", "stopped": "all steps were made",
            "started": "2026-01-01T00:00:00+00:00", "seconds": 75.0, "seed": 0, "device": "cpu",
            "versions": {"torch": "2"}, "arguments": {"lr": "0.1"}, "rows": {"rows": "10"},
            "terms": dict(zip(names, names, strict=True)),
        } | changes
    )  # fmt: skip


def measurements_of(first, second):
    steps = list(range(1, STEPS + 1))
    series = {first: [1.0, 0.6, 0.3, 0.2, 0.05], second: [1.0, 1.5, float("nan"), 2.0, 2.5]}
    return Measurements(
        steps={"step": steps, "epoch": [1] * STEPS, "total": [2.0, 2.1, 2.2, 2.3, 2.4], **series},
        counts={name: [8] * STEPS for name in series},
        validations={"step": [5], "epoch": [1], f"validation/{first}": [0.1], "validation/accuracy": [0.5]},
        cosines=[Cosine(step=s, box="f", terms=(first, second), value=v) for s, v in ((0, 1.0), (4, -0.25))],
    )


def worst_of(first, text="7"):
    image = Value(
        column="rows.pixels", text="8 × 9 pixels", pixels=b64encode(bytes(range(72))).decode(), size=(8, 9, 1)
    )
    return WorstRows(
        note="among the first 10 rows",
        rows={first: [WorstRow(row=3, defect=9.5, values=[image, Value(column="rows.label", text=text)])]},
    )


@pytest.fixture
def written(tmp_path):
    """A function that writes the folder of a run and returns its path."""

    def write(first="falls", second="rises", name="school", text="7"):
        diagram, folder = diagram_of(first, second, name), tmp_path / "run"
        run_folder.open_new(folder, diagram, record_of(diagram))
        run_folder.write_part(folder, run_folder.HISTORY, measurements_of(first, second))
        run_folder.write_part(folder, run_folder.WORST, worst_of(first, text))
        return folder

    return write
