"""Two versions of the library beside each other: seconds to compile, and seconds of a training step.

`make bench BEFORE=FOLDER` runs it, where FOLDER is a checkout of the older version. Each version has a process of its
own, and this version has two: their ratio says how much is noise. The processes take turns, each on one thread.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
TURNS = {"compile 1,000 boxes": 9, "compile 10,000 boxes": 3, "step of width 16": 33, "step of width 512": 33}


def tasks() -> dict[str, object]:
    """What can be timed, by name: functions without arguments; only public names of the library are used."""
    import torch
    from compile_time import chain, seconds_to_compile
    from regime import batches
    from step_overhead import diagram_step, seconds

    torch.set_num_threads(1)
    small, large = diagram_step(16, batches(16, 32)), diagram_step(512, batches(512, 256))
    return {
        "compile 1,000 boxes": lambda: seconds_to_compile(chain(1_000)[0]),
        "compile 10,000 boxes": lambda: seconds_to_compile(chain(10_000)[0]),
        "step of width 16": lambda: seconds(small, 100),
        "step of width 512": lambda: seconds(large, 8),
    }


def work() -> None:
    """Answer each name on a line of the input by seconds on a line of the output."""
    known = tasks()
    import learning_diagrams

    tree = Path(os.environ["PYTHONPATH"])
    assert Path(learning_diagrams.__file__).is_relative_to(tree), "another version than that in the folder was imported"
    for line in sys.stdin:
        print(known[line.strip()](), flush=True)


def start(tree: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--work"]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(process: subprocess.Popen[str], task: str) -> float:
    print(task, file=process.stdin, flush=True)
    return float(process.stdout.readline())


def main(before: Path) -> None:
    processes = {"before": start(before), "now": start(HERE), "again": start(HERE)}
    for process in processes.values():
        for task in ("compile 1,000 boxes", "step of width 16", "step of width 512"):
            ask(process, task)  # what is imported and allocated on first use is no part of it
    print(f"\nThis version against the one in {before.name}: medians of interleaved turns [least … greatest]\n")
    print(f"{'':24s}{'before':>12s}{'now / before':>26s}{'now / now':>26s}")
    for task, turns in TURNS.items():
        times: dict[str, list[float]] = {name: [] for name in processes}
        for turn in range(turns):
            names = list(processes)
            for name in names[turn % 3 :] + names[: turn % 3]:
                time.sleep(0.02)
                times[name].append(ask(processes[name], task))
        cells = []
        for above, below in (("now", "before"), ("again", "now")):
            ratios = [a / b for a, b in zip(times[above], times[below], strict=True)]
            cells.append(f"{statistics.median(ratios):.3f} [{min(ratios):.2f} … {max(ratios):.2f}]")
        print(f"{task:24s}{statistics.median(times['before']):>10.4f} s{cells[0]:>26s}{cells[1]:>26s}")
    for process in processes.values():
        process.stdin.close()
        process.wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["--work"]:
        work()
    else:
        main(Path(sys.argv[1]).resolve())
