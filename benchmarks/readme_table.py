"""The table of speed in README, made from the figures that `make bench` wrote: `python benchmarks/readme_table.py`."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = {
    "loop by hand": "diagram, loop by hand",
    "`fit`": "diagram, step of fit",
    "A/A": "by hand, again (A/A)",
    "no check": "by hand, no check",
}


def table() -> str:
    """A row for each size of step_overhead.json: medians of ratios, and the 95 % intervals of all but the last."""
    result = json.loads((ROOT / "benchmarks" / "results" / "step_overhead.json").read_text(encoding="utf-8"))
    lines = [f"| | {' | '.join(COLUMNS)} |", f"|---{'|---' * len(COLUMNS)}|"]
    for size, figures in result["sizes"].items():
        *cells, last = ("{:.2f} [{:.2f} … {:.2f}]".format(*figures["ratios"][key]) for key in COLUMNS.values())
        lines.append(f"| {size} | {' | '.join([*cells, last.split()[0]])} |")
    return "\n".join(lines) + "\n"


def write() -> None:
    """Put the table between its marks."""
    path = ROOT / "README.md"
    between = re.compile(r"(?<=<!-- speed -->\n).*?(?=<!-- end of speed -->)", re.S)
    path.write_text(between.sub(table(), path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
