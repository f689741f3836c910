"""Tables and a plot of the results, made from paper/results/*.json and nothing else: `python tables.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from experiment import RESULTS, ROOT, mean_and_deviation, rows_of, standard_errors_apart

TITLES = {
    "distillation": "Distillation: MNIST-5k, 200 labels, 4,000 images",
    "few_shot": "Few-shot: 5-way, characters of six unseen scripts",
    "alignment": "Image–text alignment: emoji of an unseen vendor, 1,563 captions",
    "captioning": "Captioning: emoji of an unseen vendor",
    "cycle_consistency": "Cycle consistency: two vendors' emoji, unpaired",
    "koopman": "Koopman autoencoder: errors of forecasts over 8 steps",
}
# For each experiment what is claimed: methods, beside controls, by a metric; and whether less is better.
CLAIMS = {
    "distillation": [("distillation", "plain", "accuracy", False)],
    "few_shot": [
        ("both tasks", control, "1-shot", False) for control in ("few-shot", "untrained backbone", "raw pixels")
    ],
    "alignment": [("alignment", "chance", f"{way} R@10", False) for way in ("image to text", "text to image")],
    "captioning": [("beam of 4", "nearest training image", metric, False) for metric in ("exact", "BLEU-2", "chrF")],
    "cycle_consistency": [("cycles", control, "error", True) for control in ("nothing done", "no cycle")],
    "koopman": [
        (f"{system}: Koopman autoencoder", f"{system}: one-step linear model", "forecast", True)
        for system in ("solvable", "sunspots")
    ],
}


def results() -> dict[str, dict[str, Any]]:
    """What was written, in the order of the titles."""
    paths = {name: RESULTS / f"{name}.json" for name in TITLES}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.exists()}


def table(result: Mapping[str, Any]) -> str:
    """Methods by metrics, mean ± standard deviation over seeds."""
    methods = list(dict.fromkeys(row["method"] for row in result["rows"]))
    metrics = list(dict.fromkeys(key for row in result["rows"] for key in row if key not in ("method", "seed")))
    lines = [f"| | {' | '.join(metrics)} |", f"|---{'|---' * len(metrics)}|"]
    for method in methods:
        cells = []
        for metric in metrics:
            values = rows_of(result, method, metric)
            mean, deviation = mean_and_deviation(values) if values else (0.0, 0.0)
            cells.append(f"{mean:.3f} ± {deviation:.3f}" if values else "")
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def claims(result: Mapping[str, Any]) -> str:
    """By how many standard errors a method is better than a control."""
    lines = []
    for method, control, metric, less in CLAIMS[result["experiment"]]:
        one, other = rows_of(result, method, metric), rows_of(result, control, metric)
        if not one or not other:
            continue
        apart = standard_errors_apart(other, one) if less else standard_errors_apart(one, other)
        verdict = "better than" if apart > 2 else "worse than" if apart < -2 else "no different from"
        size = "" if abs(apart) == float("inf") else f" ({apart:+.1f} standard errors)"
        lines.append(f"- {method} is {verdict} {control} in {metric}{size}")
    return "\n".join(lines)


def all_tables() -> str:
    """Every table with what it shows."""
    parts = []
    for name, result in results().items():
        parts.append(f"### {TITLES[name]}\n\n{table(result)}\n\n{claims(result)}")
    return "\n\n".join(parts)


def write_tables() -> str:
    """Put the tables into README.md and paper/results.md, and the plot into paper/results.svg."""
    text = all_tables()
    readme = ROOT / "README.md"
    before = readme.read_text(encoding="utf-8")
    between = re.compile(r"(<!-- results -->\n).*?(<!-- end of results -->)", re.DOTALL)
    after = between.sub(lambda match: f"{match[1]}{text}\n{match[2]}", before)
    readme.write_text(after, encoding="utf-8")
    head = "# Results\n\nFrom `paper/results/*.json`, by `examples/reproduce/tables.py`; `make reproduce` runs it.\n\n"
    (RESULTS.parent / "results.md").write_text(head + text + "\n", encoding="utf-8")
    plot()
    return text


def plot() -> None:
    """The first metric of each experiment: a point for each seed, a bar for the mean."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "results"
    from matplotlib import pyplot

    found = results()
    figure, axes = pyplot.subplots(len(found), 1, figsize=(7, 1.9 * len(found)), squeeze=False, layout="constrained")
    for axis, (name, result) in zip(axes[:, 0], found.items(), strict=True):
        metric = next(key for key in result["rows"][0] if key not in ("method", "seed"))
        methods = [m for m in dict.fromkeys(row["method"] for row in result["rows"]) if rows_of(result, m, metric)]
        for place, method in enumerate(methods):
            values = rows_of(result, method, metric)
            axis.barh(place, mean_and_deviation(values)[0], color="#9bbcd9")
            axis.plot(values, [place] * len(values), "k.", markersize=4)
        axis.set_yticks(range(len(methods)), methods, fontsize=7)
        axis.invert_yaxis()
        axis.set_title(f"{TITLES[name]}: {metric}", fontsize=8, loc="left")
        axis.tick_params(axis="x", labelsize=7)
    figure.savefig(RESULTS.parent / "results.svg", metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    print(write_tables())
