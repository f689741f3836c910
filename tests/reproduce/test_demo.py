"""The table of the demo in README is what the demo prints."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.thorough
def test_the_table_of_the_demo_is_what_it_prints():
    """Up to 0.02, since other machines round otherwise."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(ROOT / "examples" / "distillation.py")]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=900)
    assert run.returncode == 0, run.stderr[-2000:]
    number = r"(0\.\d{3}) ± (0\.\d{3})"
    printed = {name: (mean, spread) for name, mean, spread in re.findall(rf"^  (\S.*?) +{number}$", run.stdout, re.M)}
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = {name: (mean, spread) for name, mean, spread in re.findall(rf"^\| (.*?) \| {number} \|$", table, re.M)}
    assert shown.keys() == printed.keys() and len(shown) == 4
    for name, figures in shown.items():
        assert [float(figure) for figure in figures] == pytest.approx([float(f) for f in printed[name]], abs=0.02)
