"""The measured speed, from the files that benchmarks write into benchmarks/results."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
INTRODUCTION = """\
# Performance

`make bench` measures what this page shows and writes the figures into `benchmarks/results`; the page is made of these
files. The load is the number of programs that wanted a core: where it is above the number of cores, times are longer
than on a quiet machine. Times of steps and of equality are CPU seconds of one thread, on which others tell less.

"""
GPU = """\
## On a GPU

`benchmarks/gpu.py` measures a step on CUDA. No run of it is recorded.
"""


def pages() -> Iterator[tuple[str, str]]:
    yield "performance.md", INTRODUCTION + "\n".join(map(_section, SECTIONS)) + "\n" + GPU


def step(result: Mapping[str, Any]) -> str:
    """The time of a training step."""
    rows = []
    for size, figures in result["sizes"].items():
        ratios = {key: _spread(values, 3) for key, values in figures["ratios"].items()}
        low, high = figures["ratios"]["by hand, again (A/A)"][1:]
        noise = ratios["by hand, again (A/A)"] + (" void" if max(1 - low, high - 1) > 0.03 else "")
        cells = [ratios["diagram, loop by hand"], ratios["diagram, step of fit"], noise, ratios["by hand, no check"]]
        rows.append([size, f"{figures['microseconds']:,.0f} µs", *cells, f"{figures['memory']:.3f}"])
    drift = max(figures["drift"] for figures in result["sizes"].values())
    heads = ("", "by hand", "compiled loss, loop by hand", "step of `fit`", "A/A", "by hand, no check", "peak memory")
    return f"""\
The loss has five tasks on one backbone and a frozen teacher, with fused Adam on both sides. A ratio is the time of a
step, divided by that of the same loss in a loop by hand with the same check of the gradient: the median of
{result["turns"]} turns that are interleaved, and its bootstrapped 95 % interval. A/A is the loop by hand against
itself. It says how much is noise: where its interval leaves ±3 %, the line is void, and says little. "By hand, no
check" is the loop by hand without the check of the gradient, which `fit` makes in every step. The greatest
difference between the losses of the first ten steps is {drift:g}.

{_table(heads, rows)}"""


def equality(result: Mapping[str, Any]) -> str:
    """The time that equality takes."""
    sizes = sorted({int(size) for row in result["rows"] for size in row["seconds"]})
    rows = []
    for row in result["rows"]:
        name = row["diagrams"].replace("*", ", a box object for each application")
        cells = [_spread(row["seconds"][str(n)], 2) if str(n) in row["seconds"] else "" for n in sizes]
        rows.append([name, row["theory"], *cells, f"{statistics.median(row['slopes']):.2f}" if row["slopes"] else ""])
    alone = [
        f"- {entry['kind']}, {entry['size']:,}, {entry['theory']}: {entry['milliseconds']:.1f} ms\n"
        for entry in result["single"]
    ]
    heads = ("diagrams", "theory", *(f"{size:,} boxes a side" for size in sizes), "slope")
    return f"""\
CPU seconds to read two equal DisCoPy diagrams and compare them: the median of {result["turns"]} turns [least …
greatest]. The slope is the exponent of time against size. *Strands* differ by interchange; *mixed* uses all laws of
Markov categories. The greatest of the first row against itself gives {result["again"]:.2f}.

{_table(heads, rows)}
Questions by themselves, with their number of boxes, or the depth of a shared term, and their theory:

{"".join(alone)}"""


def peers(result: Mapping[str, Any]) -> str:
    """The same questions to other packages."""
    versions = ", ".join(f"{name} {version}" for name, version in result["peers"].items())
    rows = [[row["question"], "yes" if row["equal"] else "no", *row["cells"]] for row in result["rows"]]
    return f"""\
Each package has at most {result["limit"]} s of CPU time for an answer, in an environment of its own: {versions}.
*Ours* reads both diagrams each time. DisCoPy compares diagrams up to hypergraphs, or hypergraphs that were made
beforehand; it cannot be told that a box is a function, and of a kernel its "no" is right. chyp compares graphs that
were made beforehand. For egglog we wrote the laws as rewrite rules; it searches for a proof, and cannot say "no".

{_table(("question, boxes", "equal", *result["columns"]), rows)}
*Wrong* is the other answer; *no proof*, a search that ended without one; *not built*, nothing to compare within 20 s;
*not asked*, that a smaller question of the kind was too much; *unable*, that its equality has no such laws.
"""


def compiling(result: Mapping[str, Any]) -> str:
    """Compiling, and importing."""
    rows = [
        [f"{row['diagram']}, {row['size']:,}", f"{row['boxes']:,}", f"{row['seconds']:.2f} s"] for row in result["rows"]
    ]
    imports = [[f"`{name}`", f"{seconds:.3f} s"] for name, seconds in result["imports"].items()]
    return f"""\
Most of the time to compile goes into the check of shapes. Through a ladder of n diamonds lead 2ⁿ paths.

{_table(("diagram", "boxes", "time to compile"), rows)}
`import learning_diagrams` loads a name when it is first used; DisCoPy comes with the first public name.

{_table(("import", "time"), imports)}"""


Section = tuple[str, str, Callable[[Mapping[str, Any]], str]]
SECTIONS: tuple[Section, ...] = (
    ("A training step", "step_overhead", step),
    ("Equality", "equality", equality),
    ("The same questions to other packages", "peers_table", peers),
    ("Compiling, and importing", "compile_time", compiling),
)


def _section(section: Section) -> str:
    title, name, write = section
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return f"## {title}\n\nNo run of `benchmarks/{name}.py` is recorded.\n"
    result = json.loads(path.read_text(encoding="utf-8"))
    machine = result["machine"]
    versions = ", ".join(f"{library} {version}" for library, version in machine["versions"].items())
    where = f"{machine['processor']}, {machine['cores']} cores, load {machine['load']}, Python {machine['python']}"
    return f"## {title}\n\n{write(result)}\nMeasured on {machine['day']}: {where}, {versions}.\n"


def _spread(values: Sequence[float], digits: int) -> str:
    """A median with its least and greatest value.

    >>> _spread([1, 0.5, 2.25], 1)
    '1.0 [0.5 … 2.2]'
    """
    middle, least, greatest = (f"{value:.{digits}f}" for value in values)
    return f"{middle} [{least} … {greatest}]"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, ["---"] * len(heads), *rows))
