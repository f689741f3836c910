"""Slips: a wrong answer that was foreseen gets its own explanation, any other one that of `by_value`."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the notebooks are in the clone only")


def test_a_slip_gets_its_own_explanation(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    from course.slips import by_value_and_slip

    fault = by_value_and_slip({"the parts are exchanged": (2, 1), "one part is missing": 1}, tolerance=0.01)
    assert fault((1, 2), (1, 2.001)) is None
    assert fault((1, 2), (2, 1)) == "the parts are exchanged" and fault((1, 2), 1) == "one part is missing"
    assert fault((1, 2), (1, 3)) == "part 2 is 3, and that is too large"
    assert fault((1, 2), "one") == "the answer has 2 parts, got 'one'"
