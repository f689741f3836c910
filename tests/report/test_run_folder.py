"""The folder of a run is read as far as it was written; what is damaged, newer or another run's is a typed error."""

import json
import math

import pytest
from typer.testing import CliRunner

import learning_diagrams as ld
from learning_diagrams.cli import app
from learning_diagrams.report import run_folder
from learning_diagrams.report.report_page import write_report
from written_run import diagram_of, record_of


def test_what_is_written_is_read(written):
    run = run_folder.read_run(written())
    assert run.diagram.name == "school" and run.record.digest == run.diagram.digest()
    assert math.isnan(run.measurements.steps["rises"][2]) and run.measurements.steps["falls"][4] == 0.05
    assert run.worst.rows["falls"][0].values[1].text == "7"


@pytest.mark.parametrize("missing", [("worst_rows.json",), ("worst_rows.json", "history.json")])
def test_a_run_that_was_cut_off_is_read_as_far_as_it_goes(written, missing, tmp_path):
    folder = written()
    for name in missing:
        (folder / name).unlink()
    run = run_folder.read_run(folder)
    assert run.worst is None and bool(run.measurements.steps) == ("history.json" not in missing)
    write_report(folder, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "this one has not" in page and ("No step was recorded yet" in page) == ("history.json" in missing)


def test_no_run_is_written_over_another_one(written):
    folder, same, other = written(), diagram_of(), diagram_of(name="other", first="third")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for diagram, words in ((same, "a run of this learning diagram"), (other, "a run of another learning diagram")):
        with pytest.raises(ld.FileError, match=f"{words}.*name another folder") as caught:
            run_folder.open_new(folder, diagram, record_of(diagram))
        assert ("pass resume=True" in str(caught.value)) == (diagram is same)
    (folder / "run.json").write_text("{")
    with pytest.raises(ld.FileError, match="a run that cannot be read") as caught:
        run_folder.open_new(folder, same, record_of(same))
    assert "resume" not in str(caught.value)
    assert {name: content for name, content in before.items() if name != "run.json"} == {
        path.name: path.read_bytes() for path in folder.iterdir() if path.name != "run.json"
    }
    (folder / "run.json").unlink()
    with pytest.raises(ld.FileError, match=r"it holds 'diagram\.json'"):
        run_folder.open_new(folder, same, record_of(same))


def replaced(data, old, new):
    return json.loads(json.dumps(data).replace(old, new))


FAULTS = {
    "no format": ("run.json", lambda data: {}, "the format of the run is None"),
    "a newer format": ("run.json", lambda data: data | {"format": "learning-run/2"}, "reads 'learning-run/1'"),
    "a list": ("run.json", lambda data: [data], "the format of the run is None"),
    "no digest": ("run.json", lambda data: {k: v for k, v in data.items() if k != "digest"}, "digest"),
    "another diagram": ("run.json", lambda data: data | {"digest": "0"}, "not the learning diagram of the run"),
    "seconds as text": ("run.json", lambda data: data | {"seconds": "long"}, "run.json:.*seconds"),
    "columns of texts": ("history.json", lambda data: data | {"steps": {"step": ["a"]}}, "history.json:.*steps"),
    "uneven columns": ("history.json", lambda data: data | {"steps": {"step": [1], "epoch": []}}, "different lengths"),
    "no step": ("history.json", lambda data: data | {"steps": {"epoch": [1], "total": [1]}}, "no step or no epoch"),
    "a step that is no number": ("history.json", lambda d: d | {"steps": {"step": ["NaN"], "epoch": [1]}}, "no step"),
    "a cosine alone": ("history.json", lambda data: data | {"cosines": [1]}, r"cosines\[0\]"),
    "a picture of another size": ("worst_rows.json", lambda d: replaced(d, "[8, 9, 1]", "[8, 9, 3]"), "do not fit"),
    "pixels that are no base64": ("worst_rows.json", lambda data: replaced(data, "AAEC", "<b>"), "rows.falls"),
    "no diagram": ("diagram.json", lambda data: {}, "diagram.json"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_folder_is_a_typed_error_of_the_command(written, fault):
    folder = written()
    name, change, words = FAULTS[fault]
    data = json.loads((folder / name).read_text(encoding="utf-8"))
    (folder / name).write_text(json.dumps(change(data)), encoding="utf-8")
    with pytest.raises(ld.LearningDiagramError, match=words):
        run_folder.read_run(folder)
    done = CliRunner().invoke(app, ["report", str(folder), "-o", str(folder.parent / "r.html")])
    assert done.exit_code == 2 and "Traceback" not in done.output and not (folder.parent / "r.html").exists()


@pytest.mark.parametrize("name", ["run.json", "history.json", "worst_rows.json", "diagram.json"])
def test_a_file_that_is_cut_or_no_json_is_a_typed_error_with_its_name(written, name):
    folder = written()
    content = (folder / name).read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"\xff\xfe\x00", b'{"a": NaN}', b"[" * 10_000):
        (folder / name).write_bytes(damaged)
        with pytest.raises(ld.FileError, match=name):
            run_folder.read_run(folder)


def test_paths_that_cannot_be_used_are_typed_errors(written, tmp_path):
    folder, file = written(), tmp_path / "file"
    file.write_text("")
    run = CliRunner().invoke
    for source, target, words in (
        (tmp_path / "nowhere", "r.html", "there is no folder"),
        (file, "r.html", "there is no folder"),
        (tmp_path, "r.html", "holds no run"),
        (folder, "missing/r.html", "there is no folder"),
        (folder, "r.txt", "must end in .html"),
    ):
        done = run(app, ["report", str(source), "-o", str(tmp_path / target)])
        assert (done.exit_code, words in done.stderr) == (2, True), done.output
    with pytest.raises(ld.TypeMismatch, match=r"to a path, .*, got 3"):
        write_report(folder, 3)
    done = run(app, ["report", str(folder), "-o", str(tmp_path / "r.html")])
    assert done.exit_code == 0 and done.stdout == f"written to {tmp_path / 'r.html'}\n"
    with pytest.raises(ld.FileError, match="cannot write a run"):
        run_folder.open_new(file / "run", diagram_of(), record_of(diagram_of()))
