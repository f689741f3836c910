"""The parts of the paper that are made of benchmarks/results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tex import defined, in_latex, key, number, table

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
STEPS = {
    "by hand, again (A/A)": "A/A",
    "diagram, loop by hand": "compiled loss",
    "diagram, step of fit": r"\texttt{fit}",
}
DIAGRAMS = {
    "strands": "two strands, interchanged",
    "mixed": "all laws mixed",
    "strands*": "strands, each box an object",
}
LARGEST = "100000"


def parts_of_benchmarks() -> Iterator[tuple[str, str]]:
    """The name of each part and its LaTeX."""
    measured = {name: read(name) for name in ("step_overhead", "equality", "peers_table", "compile_time")}
    yield "benchmark_steps", step_table(measured["step_overhead"])
    yield "benchmark_equality", equality_table(measured["equality"])
    yield "benchmark_peers", peers_table(measured["peers_table"])
    yield "benchmark_facts", defined("bench", facts(measured))


def read(name: str) -> dict[str, Any]:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def step_table(measured: dict[str, Any]) -> str:
    """Ratios to a loop by hand, with the bootstrapped interval of the median."""
    cells = [["size", *STEPS.values(), "peak memory"]]
    for size, figures in measured["sizes"].items():
        ratios = [figures["ratios"][name] for name in STEPS]
        shown = [f"{number(median)} [{number(low)}, {number(high)}]" for median, low, high in ratios]
        cells.append([in_latex(size), *shown, number(figures["memory"])])
    return table(cells, "l" + "r" * (len(STEPS) + 1))


def equality_table(measured: dict[str, Any]) -> str:
    """Seconds at the greatest size, and the slope of time against size."""
    cells = [["diagrams", "theory", "seconds, median [least, greatest]", r"\textmu s a box", "slope"]]
    for row in measured["rows"]:
        median, least, greatest = (number(value, 2) for value in row["seconds"][LARGEST])
        slopes = sorted(row["slopes"])
        slope = f"{number(slopes[0], 2)} to {number(slopes[-1], 2)}" if slopes else ""
        seconds = f"{median} [{least}, {greatest}]"
        cells.append([DIAGRAMS[row["diagrams"]], row["theory"], seconds, number(row["microseconds"], 1), slope])
    return table(cells, "llrrr")


def peers_table(measured: dict[str, Any]) -> str:
    """The time of each answer, or why there is none."""
    cells = [["question", "equal", *map(in_latex, measured["columns"])]]
    for row in measured["rows"]:
        cells.append([in_latex(row["question"]), "yes" if row["equal"] else "no", *map(in_latex, row["cells"])])
    return table(cells, "ll" + "r" * len(measured["columns"]))


def facts(measured: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The machine and the versions, and figures that the text names."""
    machine = measured["equality"]["machine"]
    single = {row["kind"]: row["milliseconds"] for row in measured["equality"]["single"]}
    compiled = measured["compile_time"]["rows"]
    peers = measured["peers_table"]["peers"]
    voids = [size for size, row in measured["step_overhead"]["sizes"].items() if is_void(row)]
    texts = {
        "processor": machine["processor"],
        "cores": str(machine["cores"]),
        "load": ", ".join(dict.fromkeys(str(figures["machine"]["load"]) for figures in measured.values())),
        "python": machine["python"],
        "torch": measured["step_overhead"]["machine"]["versions"]["torch"],
        "day": machine["day"],
        "peers": ", ".join(f"{name} {version}" for name, version in peers.items()) or "none installed",
        "limit": str(measured["peers_table"]["limit"]),
        "turns": str(measured["step_overhead"]["turns"]),
        "void": " and ".join(voids) or "no size",
        "drift": f"{max(row['drift'] for row in measured['step_overhead']['sizes'].values()):.0g}",
    }
    numbers = {
        **{key(kind, "milliseconds"): number(spent, 1) for kind, spent in single.items()},
        **{key(row["diagram"], str(row["size"]), "seconds"): number(row["seconds"], 2) for row in compiled},
    }
    return {name: in_latex(text) for name, text in texts.items()} | numbers


def is_void(row: dict[str, Any]) -> bool:
    """Whether the loop by hand against itself has an interval wider than ±3 %, as the benchmark calls it."""
    _, low, high = row["ratios"]["by hand, again (A/A)"]
    return max(high - 1, 1 - low) > 0.03
