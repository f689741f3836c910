"""What a benchmark writes: its figures, and on what they were measured."""

import json
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not HERE.exists(), reason="the benchmarks are in the clone only")


def test_figures_stand_beside_the_machine_and_the_day(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(HERE))
    import measured_file

    monkeypatch.setattr(measured_file, "RESULTS", tmp_path / "results")
    for seconds in (2.0, 1.0):  # the later run stays
        measured_file.write("some", seconds=seconds, names=["α"])
    written = json.loads((tmp_path / "results" / "some.json").read_text(encoding="utf-8"))
    assert (written["benchmark"], written["seconds"], written["names"]) == ("some", 1.0, ["α"])
    assert written["machine"].keys() == {"processor", "cores", "load", "python", "versions", "day"}
    assert written["machine"]["cores"] >= 1 and written["machine"]["versions"]["torch"]


@pytest.mark.parametrize("name", ["compile_time", "equality", "peers_table", "step_overhead"])
def test_what_is_kept_says_on_what_it_was_measured(name):
    kept = json.loads((HERE / "results" / f"{name}.json").read_text(encoding="utf-8"))
    assert kept["benchmark"] == name and kept["machine"]["versions"]["torch"]
