"""The writers of the paper's parts are scripts, so their folders are put on the path."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "paper" / "parts", ROOT / "examples" / "reproduce")


@pytest.fixture(autouse=True)
def writers_on_the_path(monkeypatch):
    if not FOLDERS[0].exists():
        pytest.skip("the paper is in the clone only")
    for folder in FOLDERS:
        monkeypatch.syspath_prepend(str(folder))
