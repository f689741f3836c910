"""What was recorded of thirty-five learning diagrams stays so: digests, printed code, types and places of errors."""

import json
from importlib.util import find_spec

import pytest

import recorded_diagrams

RECORD = json.loads(recorded_diagrams.RECORD.read_text(encoding="utf-8"))
DIAGRAMS = recorded_diagrams.diagrams()


def test_every_diagram_is_recorded():
    assert RECORD.keys() == DIAGRAMS.keys()
    assert len(RECORD) >= 30


@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_learning_diagram_is_what_was_recorded(name):
    record, recorded = recorded_diagrams.record(DIAGRAMS[name]), dict(RECORD[name])
    if not find_spec("torch"):  # which the printed code of a loss with spaces needs
        record.pop("code", None), recorded.pop("code", None)
    assert record == recorded
