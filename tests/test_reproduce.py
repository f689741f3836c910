"""The experiments on real data: short variants run, twins by hand have the same losses, tables come from results."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "examples" / "reproduce"
pytestmark = pytest.mark.skipif(not HERE.exists(), reason="the experiments are in the clone only")


def python(*arguments):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("name", ["few_shot", "cycle_consistency", "koopman"])
def test_a_short_variant_writes_its_results(name, tmp_path):
    python(str(HERE / f"{name}.py"), "--short", "--into", str(tmp_path))
    written = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert written["experiment"] == name and written["rows"] and written["threads"] == 1
    assert all(len(digest) == 64 for digest in written["learning_diagrams"].values()) and written["learning_diagrams"]


def test_twins_by_hand_have_the_same_losses():
    said = python(
        "-c",
        f"""
import json, sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, {str(ROOT / "benchmarks")!r})
import twins
print(json.dumps({{name: twin(5) for name, twin in twins.TWINS.items()}}))
""",
    )
    found = json.loads(said.strip().splitlines()[-1])
    assert set(found) == {"distillation", "few-shot", "alignment"} and max(found.values()) < 1e-6


def test_tables_are_means_over_seeds_and_claims_count_standard_errors(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    import tables

    rows = [{"method": m, "seed": s, "error": e} for m, es in (("cycles", (1, 2, 3)), ("no cycle", (6, 7, 8)))
            for s, e in enumerate(es)]  # fmt: skip
    result = {"experiment": "cycle_consistency", "rows": rows}
    assert "| cycles | 2.000 ± 1.000 |" in tables.table(result)
    assert tables.claims(result) == "- cycles is better than no cycle in error (+6.1 standard errors)"
