"""Kept results: read where they are, and computed once in a process where `RECOMPUTE=1` asks for it."""

from pathlib import Path

import pytest

import learning_diagrams as ld

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the notebooks are in the clone only")


def test_a_result_is_computed_once(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(FOLDER))
    from course import results

    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(results, "_ANEW", set())
    calls = []

    def compute(seed):
        calls.append(seed)
        return {"seed": seed}

    diagram = ld.LearningDiagram(name="nothing")
    for _ in range(2):
        assert results.kept(diagram, "test", compute, 3) == {"seed": 3}
    assert calls == [3]
    monkeypatch.setattr(results, "_ANEW", set())  # another process
    monkeypatch.setenv("RECOMPUTE", "1")
    for _ in range(2):
        assert results.kept(diagram, "test", compute, 3) == {"seed": 3}
    assert calls == [3, 3]
