"""The page for those who come from a loop of PyTorch runs: both loops end with the same weights."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "from" / "pytorch.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="the pages are in the clone only")


def test_the_loop_by_hand_and_fit_agree_bit_for_bit():
    examples = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    namespace: dict = {"__name__": "page"}
    for number, block in enumerate(examples):
        exec(compile(block, f"{PAGE.name}, block {number + 1}", "exec"), namespace)
    assert any("assert all(torch.equal" in block for block in examples)
    (with_fit,) = (block for block in examples if "history = fit(" in block)
    assert len([line for line in with_fit.splitlines() if line.strip()]) <= 25
    loader = namespace["loaders"]()[1]
    objective, row, classifier = (namespace[name] for name in ("objective", "row", "classifier"))
    predicted = objective.predict(namespace["Rows"](loader, columns=("row", "label")), row >> classifier)
    assert namespace["torch"].equal(predicted, namespace["model"].eval()(namespace["X"][500:]))
