"""The page on performance says what the recorded runs of the benchmarks say."""

from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / "benchmarks" / "results").is_dir(), reason="no run is recorded")


def test_the_page_is_made_of_the_recorded_runs():
    writer = import_module("performance_page")
    assert writer.PAGE.read_text(encoding="utf-8") == writer.page(), "run python website/performance_page.py"
