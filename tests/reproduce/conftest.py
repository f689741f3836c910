"""The experiments are scripts, so their folder is put on the path."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "examples" / "reproduce"


@pytest.fixture(autouse=True)
def experiments_on_the_path(monkeypatch):
    if not HERE.exists():
        pytest.skip("the experiments are in the clone only")
    monkeypatch.syspath_prepend(str(HERE))
