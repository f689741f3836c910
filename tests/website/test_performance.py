"""The page on performance has the figures of the recorded runs, and says where no run is recorded."""

import json
from importlib import import_module

import pytest


@pytest.fixture
def writer():
    pytest.importorskip("performance_page", reason="the site is in the clone only")
    return import_module("website.reference.performance_page")


def test_each_section_says_where_and_when_it_was_measured(writer):
    ((place, text),) = writer.pages()
    assert place == "performance.md"
    for name in ("step_overhead", "equality", "peers_table", "compile_time"):
        machine = json.loads((writer.RESULTS / f"{name}.json").read_text())["machine"]
        assert f"Measured on {machine['day']}: {machine['processor']}, {machine['cores']} cores, load" in text
    ratio = json.loads((writer.RESULTS / "step_overhead.json").read_text())["sizes"]["width 16, 32 rows"]["ratios"]
    assert "{:.3f} [{:.3f} … {:.3f}]".format(*ratio["diagram, step of fit"]) in text


def test_a_run_that_is_not_recorded_is_named(writer, monkeypatch, tmp_path):
    monkeypatch.setattr(writer, "RESULTS", tmp_path)
    ((_, text),) = writer.pages()
    assert text.count("No run of") == 5
