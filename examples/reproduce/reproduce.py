"""Every experiment and the twins by hand, two at a time, then the tables; with --short a few steps of each."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tables import write_tables

HERE = Path(__file__).resolve().parent
LONGEST_FIRST = (
    "captioning", "alignment", "distillation", "few_shot", "cycle_consistency", "koopman", "twins_by_hand",
)  # fmt: skip


def run(name: str, arguments: list[str]) -> int:
    """One experiment in a process of its own, at one thread."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    return subprocess.call([sys.executable, str(HERE / f"{name}.py"), *arguments], env=environment)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few steps of each, to see that everything runs")
    parser.add_argument("--into", default=None, help="the folder of the results; by default paper/results")
    options = parser.parse_args()
    arguments = [*(["--short"] if options.short else []), *(["--into", options.into] if options.into else [])]
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        codes = pool.map(lambda name: run(name, arguments), LONGEST_FIRST)
        failed = [name for name, code in zip(LONGEST_FIRST, codes, strict=True) if code]
    if failed:
        print(f"these experiments failed: {', '.join(failed)}", file=sys.stderr)
        return 1
    if not options.short and options.into is None:
        print(write_tables())
    print(f"{(time.perf_counter() - start) / 60:.1f} minutes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
