"""The parts of the paper that are made of paper/results: each table of an experiment, its comparisons, its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from claims import Claim, compared, items_of
from comparisons import Comparison
from experiment import mean_and_deviation, rows_of
from tables import ITEMS, cells_of, results
from tex import defined, in_latex, key, number, table

VERDICTS = {"better": "better", "worse": "worse", "not shown to differ": "open"}  # in tables


def parts_of_results() -> Iterator[tuple[str, str]]:
    """The name of each part and its LaTeX."""
    figures: dict[str, str] = {}
    findings: dict[str, str] = {}
    for name, result in results().items():
        pairs = compared(result)
        figures |= figures_of(name, result) | counts_of(name, result, pairs)
        findings |= {key(name, *claim[:3]): finding(claim, comparison) for claim, comparison in pairs}
        yield f"results_{name}", results_table(result)
        yield f"comparisons_{name}", comparisons_table(pairs)
        if result["curves"]:
            plots = [curve_plot(title, rows) for title, rows in result["curves"].items()]
            yield f"curves_{name}", "\\hfill\n".join(plots) + "\n"
    yield "figures", defined("measured", figures) + defined("finding", findings)


def figures_of(name: str, result: Mapping[str, Any]) -> dict[str, str]:
    """Each metric of each method as mean ± standard deviation, and what the results say of how they were made."""
    measured: dict[tuple[str, str], str] = {}
    for row in result["rows"]:
        for metric in row.keys() - {"method", "seed"}:
            mean, deviation = mean_and_deviation(rows_of(result, row["method"], metric))
            measured[row["method"], metric] = f"${mean:.3f} \\pm {deviation:.3f}$"
    chosen = {f"{key(name)}/chosen/{key(what)}": in_latex(str(option)) for what, option in result["chosen"].items()}
    return {key(name, *at): value for at, value in sorted(measured.items())} | chosen


def counts_of(name: str, result: Mapping[str, Any], pairs: list[tuple[Claim, Comparison]]) -> dict[str, str]:
    """How many test items, seeds and verdicts there are."""
    verdicts = [comparison.verdict(claim.less) for claim, comparison in pairs]
    counts = {short: str(verdicts.count(verdict)) for verdict, short in VERDICTS.items()}
    items = " and ".join(dict.fromkeys(f"{count:,}" for count in items_of(result)))
    counts |= {"comparisons": str(len(pairs)), "items": items, "seeds": str(len(result["seeds"]))}
    return {key(name, short): count for short, count in (counts | {"item": in_latex(ITEMS[name])}).items()}


def finding(claim: Claim, comparison: Comparison) -> str:
    """A comparison as a clause, whose verb is the verdict."""
    low, high = comparison.interval
    method, control = (f"\\method{{{in_latex(name)}}}" for name in claim[:2])
    verdict = comparison.verdict(claim.less)
    differ = f"{method} and {control} are not shown to differ"
    words = differ if verdict == "not shown to differ" else f"{method} is {verdict} than {control}"
    difference, low_end, high_end = (number(value, signed=True) for value in (comparison.difference, low, high))
    return f"{words} in {in_latex(claim.metric)} (difference {difference}, interval {low_end} to {high_end})"


def results_table(result: Mapping[str, Any]) -> str:
    heads, *rows = cells_of(result)
    says = "trained on" in heads
    return table(
        [[in_latex(cell) for cell in row] for row in (heads, *rows)],
        "l" + (r">{\raggedright\arraybackslash}p{0.45\linewidth}" if says else "") + "r" * (len(heads) - 1 - says),
    )


def comparisons_table(pairs: list[tuple[Claim, Comparison]]) -> str:
    """Each comparison with its difference, interval, standard errors and verdict."""
    cells = [["method", "against", "metric", "difference", r"95\,\% interval", "seeds", "items", "verdict"]]
    for claim, comparison in pairs:
        low, high = comparison.interval
        cells.append(
            [
                *map(in_latex, claim[:3]),
                number(comparison.difference, signed=True),
                f"{number(low, signed=True)} to {number(high, signed=True)}",
                number(comparison.seed_error),
                number(comparison.item_error),
                VERDICTS[comparison.verdict(claim.less)],
            ]
        )
    return table(cells, "lllrrrrl")


def curve_plot(title: str, rows: list[dict[str, Any]]) -> str:
    """The means of each method over an axis of numbers, with the standard deviation over seeds."""
    lines = [f"\\begin{{tikzpicture}}\\begin{{axis}}[curves, title={{{in_latex(title.capitalize())}}}]"]
    for method in dict.fromkeys(row["method"] for row in rows):
        points = [at for at in rows[0] if at not in ("method", "seed")]
        values = [(at, *mean_and_deviation(rows_of({"rows": rows}, method, at))) for at in points]
        pairs = " ".join(f"({at},{mean:.4f}) +- (0,{deviation:.4f})" for at, mean, deviation in values)
        lines += [f"\\addplot+[error bars/.cd, y dir=both, y explicit] coordinates {{{pairs}}};",
                  f"\\addlegendentry{{{in_latex(method)}}}"]  # fmt: skip
    return "\n".join([*lines, r"\end{axis}\end{tikzpicture}"])
