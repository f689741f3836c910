"""Time to compile long diagrams, and to import the library. Run by `make bench`.

Times are CPU seconds, to which other work on the machine adds little.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import torch
from measured_file import write
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile

x, rows = ld.Ty("x"), ld.SampleSpace("rows")
column = rows.column("x", x)


def chain(length: int) -> tuple[ld.LearningDiagram, int]:
    """A chain of `length` boxes, all different, against the column."""
    boxes = [ld.Box(f"f{i}", x, x) for i in range(length)]
    return ld.LearningDiagram(ld.Constraint("chain", ld.Id(x).then(*boxes), ld.Id(x), over=column)), length


def ladder(diamonds: int) -> tuple[ld.LearningDiagram, int]:
    """A ladder of diamonds, each two sides of a copied input and their join: 2^diamonds paths lead through it."""
    layers = [
        ld.Copy(x) >> ld.Box(f"left{i}", x, x) @ ld.Box(f"right{i}", x, x) >> ld.Box(f"join{i}", x @ x, x)
        for i in range(diamonds)
    ]
    return ld.LearningDiagram(ld.Constraint("ladder", ld.Id(x).then(*layers), ld.Id(x), over=column)), 3 * diamonds


def seconds_to_compile(diagram: ld.LearningDiagram) -> float:
    nets = {box: nn.Linear(2, 2) if len(box.dom) == 1 else nn.Bilinear(2, 2, 2) for box in diagram.boxes}
    start = time.process_time()
    compile(diagram, TorchFunctor({x: Euclidean(2)}, nets))
    return time.process_time() - start


def import_seconds(*imports: str) -> list[float]:
    """Seconds to import each module in a process of its own: medians of runs that take turns."""
    runs: dict[str, list[float]] = {module: [] for module in imports}
    for _ in range(9):
        for module, spent in runs.items():
            code = f"import time; start = time.process_time(); import {module}; print(time.process_time() - start)"
            spent.append(float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))
    return [statistics.median(spent) for spent in runs.values()]


def main() -> None:
    torch.set_num_threads(1)
    seconds_to_compile(chain(2)[0])  # torch imports modules on first use, which is not to be timed
    print("\nCPU seconds to compile")
    rows = []
    for name, make, sizes in (("chain of boxes", chain, (1_000, 10_000)), ("ladder of diamonds", ladder, (100, 1_000))):
        for size in sizes:
            diagram, boxes = make(size)
            spent = seconds_to_compile(diagram)
            print(f"  {name} {size:>6,}: {spent:6.2f} s, {spent / boxes * 1e6:5.0f} µs a box")
            rows.append({"diagram": name, "size": size, "boxes": boxes, "seconds": spent})
    everything = "learning_diagrams.learning_diagram, learning_diagrams.diagrams.tracing"
    theirs, ours, door = import_seconds("discopy.markov", everything, "learning_diagrams")
    print(f"\nCPU seconds to import: discopy.markov {theirs:.2f}; all of the syntax, which brings it, {ours:.2f}")
    print(f"  import learning_diagrams alone, a lazy door: {door:.3f}")
    write("compile_time", rows=rows, imports={"discopy.markov": theirs, "syntax": ours, "learning_diagrams": door})


if __name__ == "__main__":
    main()
