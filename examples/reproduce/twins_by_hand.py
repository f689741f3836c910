"""The largest relative difference between the losses of four experiments and of hand-written twins, over 50 steps."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from experiment import RESULTS, ROOT

STEPS = 50


def main() -> None:
    """Write paper/results/twins.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few steps, as a smoke test")
    parser.add_argument("--into", type=Path, default=RESULTS, help="the folder of the results")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from twins import TWINS

    steps = 3 if arguments.short else STEPS
    differences = {name: twin(steps) for name, twin in TWINS.items()}
    arguments.into.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"steps": steps, "largest relative difference": differences}, indent=1)
    (arguments.into / "twins.json").write_text(f"{text}\n", encoding="utf-8")
    print(f"  twins: {differences}", flush=True)


if __name__ == "__main__":
    main()
