"""Time to read two diagrams and compare them, by size, in each theory. Run by `make bench`.

The code is pure Python, so it runs in a single thread; times are CPU seconds, to which other work on the machine adds
little. The diagrams are built beforehand, and `equal` reads them anew each time. Rows and sizes take turns. The A/A row
(the greatest size of the first row against itself) shows the noise.
"""

from __future__ import annotations

import gc
import math
import statistics
import time

from discopy import markov
from measured_file import write
from questions import Question, Step, mixed, shared_term, strands, turned_rings

import learning_diagrams as ld
from learning_diagrams.diagrams.layers import stack_layers

TURNS = 5
SIZES = (10_000, 30_000, 100_000)
x = ld.Ty("x")
WIRING = {"swap": markov.Swap(x, x), "copy": markov.Copy(x, 2), "discard": markov.Copy(x, 0)}
Pair = tuple[ld.Diagram, ld.Diagram]


def box(name: str, inputs: int, outputs: int) -> markov.Box:
    kind = ld.Box if name.startswith("f") else ld.Kernel
    return WIRING.get(name) or kind(name, x**inputs, x**outputs)


def diagram(width: int, steps: list[Step], alike: bool = True) -> ld.Diagram:
    """The diagram of some steps.

    alike : bool. Equal boxes are the same object, as after a single definition; otherwise each application has its own.
    """
    known: dict[str, markov.Box] = {}
    placed = []
    for at, name, inputs, outputs in steps:
        if name not in known or not alike:
            known[name] = box(name, inputs, outputs)
        placed.append((at, known[name]))
    return stack_layers(x**width, placed)


def pair(question: Question, alike: bool = True) -> Pair:
    return diagram(question.width, question.lhs, alike), diagram(question.width, question.rhs, alike)


def seconds(sides: Pair, theory: str, expected: bool = True) -> float:
    start = time.process_time()
    answer = ld.equal(*sides, theory)
    spent = time.process_time() - start
    if answer is not expected:
        raise SystemExit(f"equal answers {answer} in {theory!r}, which is wrong")
    return spent


def brief(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f} … {max(values):.{digits}f}]"


def slope(sizes: list[int], spent: list[float]) -> float:
    """The exponent p of the power n^p that fits the seconds best: least squares of the logarithms."""
    return statistics.linear_regression([math.log(n) for n in sizes], [math.log(t) for t in spent]).slope


def main() -> None:
    print("\nCPU seconds to read two equal diagrams and compare them")
    print(f"One thread; median [least … greatest] of {TURNS} turns; µs a box counts the boxes of both sides\n")
    chains, laws = ({n: pair(make(n)) for n in SIZES} for make in (strands, mixed))
    apart = {SIZES[-1]: pair(strands(SIZES[-1]), alike=False)}
    rows = {("strands", theory): chains for theory in ("symmetric", "markov", "cartesian")}
    rows |= {("mixed", theory): laws for theory in ("markov", "cartesian")}
    rows[("strands*", "markov")] = apart
    gc.freeze()  # a collection while one pair is timed need not walk all the others
    times: dict[tuple[str, str, int], list[float]] = {(*row, n): [] for row, pairs in rows.items() for n in pairs}
    largest = ("strands", "symmetric", SIZES[-1])
    again = []
    keys = list(times)
    for turn in range(TURNS):
        cut = turn * len(keys) // TURNS
        for name, theory, n in keys[cut:] + keys[:cut]:
            times[name, theory, n].append(seconds(rows[name, theory][n], theory))
            if (name, theory, n) == largest:
                again.append(seconds(rows[name, theory][n], theory))
    heads = "".join(f"{f'{n:,} boxes a side':>24s}" for n in SIZES)
    figures = []
    print(f"{'diagrams, theory':20s}{heads}{'µs a box':>10s}{'slope':>20s}")
    for (name, theory), pairs in rows.items():
        runs = {n: times[name, theory, n] for n in pairs}
        cells = "".join(f"{brief(runs[n], 3) if n in runs else '':>24s}" for n in SIZES)
        boxes = sum(len(side.inside) for side in pairs[SIZES[-1]])
        micro = statistics.median(runs[SIZES[-1]]) / boxes * 1e6
        slopes = [slope(list(pairs), list(turn)) for turn in zip(*runs.values(), strict=True)] if len(pairs) > 1 else []
        spent = {n: [statistics.median(values), min(values), max(values)] for n, values in runs.items()}
        figures.append({"diagrams": name, "theory": theory, "seconds": spent, "microseconds": micro, "slopes": slopes})
        print(f"{name + ', ' + theory:20s}{cells}{micro:>10.2f}{brief(slopes, 2) if slopes else '':>20s}")
    ratios = [b / a for a, b in zip(times[largest], again, strict=True)]
    print(f"{'A/A, first row':20s}{brief(ratios, 2):>72s}")
    print("  strands: interchange; mixed: the laws of Markov categories; * each application is an object of its own\n")
    single = []
    for question in (*turned_rings(1_000), shared_term(40)):
        sides = pair(question)
        runs = [seconds(sides, question.theory) * 1e3 for _ in range(2 * TURNS + 1)]
        print(f"{question.kind}, {question.size:,}, {question.theory}: {brief(runs, 1)} ms")
        asked = {"kind": question.kind, "size": question.size, "theory": question.theory}
        single.append(asked | {"milliseconds": statistics.median(runs)})
    write("equality", turns=TURNS, rows=figures, again=statistics.median(ratios), single=single)


if __name__ == "__main__":
    main()
