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
# The claims of each experiment: a method, a control, a metric, and whether less is better.
CLAIMS = {
    "distillation": [("distillation", "plain", "accuracy", False)],
    "few_shot": [
        ("both tasks", control, shots, False)
        for control in ("few-shot", "untrained backbone", "raw pixels")
        for shots in ("1-shot", "5-shot")
    ],
    "alignment": [
        ("alignment", control, f"{way} R@10", False)
        for control in ("chance", "nearest training image", "without “same emoji”")
        for way in ("image to text", "text to image")
    ],
    "captioning": [
        ("beam of 4", control, metric, False)
        for control in ("nearest training image", "beam of 4, without “same emoji”")
        for metric in ("exact", "BLEU-2", "chrF")
    ],
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
        values, baseline = rows_of(result, method, metric), rows_of(result, control, metric)
        if not values or not baseline:
            continue
        apart = standard_errors_apart(baseline, values) if less else standard_errors_apart(values, baseline)
        verdict = "better than" if apart > 2 else "worse than" if apart < -2 else "no different from"
        size = "" if abs(apart) == float("inf") else f" ({apart:+.1f} standard errors)"
        lines.append(f"- {method} is {verdict} {control} in {metric}{size}")
    return "\n".join(lines)


def all_tables() -> str:
    """Every table with its claims."""
    parts = []
    for name, result in results().items():
        parts.append(f"### {TITLES[name]}\n\n{table(result)}\n\n{claims(result)}")
        for title, rows in result["curves"].items():
            parts.append(f"{title.capitalize()}:\n\n{table({'rows': rows})}")
    return "\n\n".join(parts)


def write_tables() -> str:
    """Put the tables between the marks in README.md and paper/paper.md, and the plot into paper/results.svg."""
    text = all_tables()
    between = re.compile(r"(<!-- results -->\n).*?(<!-- end of results -->)", re.DOTALL)
    for path in (ROOT / "README.md", RESULTS.parent / "paper.md"):
        before = path.read_text(encoding="utf-8")
        path.write_text(between.sub(lambda match: f"{match[1]}{text}\n{match[2]}", before), encoding="utf-8")
    plot()
    return text


def plot() -> None:
    """The first metric of each experiment, a point for each seed and a bar for the mean; and its curves, as means."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "results", "font.size": 7, "axes.titlesize": 8})
    from matplotlib import pyplot

    measured = results()
    panels = len(measured) + sum(len(result["curves"]) for result in measured.values())
    figure, axes = pyplot.subplots(panels, 1, figsize=(7, 1.9 * panels), squeeze=False, layout="constrained")
    axes_left = iter(axes[:, 0])
    for name, result in measured.items():
        axis = next(axes_left)
        metric = next(key for key in result["rows"][0] if key not in ("method", "seed"))
        methods = [m for m in dict.fromkeys(row["method"] for row in result["rows"]) if rows_of(result, m, metric)]
        for place, method in enumerate(methods):
            values = rows_of(result, method, metric)
            axis.barh(place, mean_and_deviation(values)[0], color="#9bbcd9")
            axis.plot(values, [place] * len(values), "k.", markersize=4)
        axis.set_yticks(range(len(methods)), methods)
        axis.invert_yaxis()
        axis.set_title(f"{TITLES[name]}: {metric}", loc="left")
        for title, rows in result["curves"].items():
            axis = next(axes_left)
            for method in dict.fromkeys(row["method"] for row in rows):
                points = [key for key in rows[0] if key not in ("method", "seed")]
                means = [mean_and_deviation(rows_of({"rows": rows}, method, point))[0] for point in points]
                axis.plot([int(point) for point in points], means, "o-", markersize=3, label=method)
            axis.set_ylim(bottom=0)
            axis.set_title(title.capitalize(), loc="left")
            axis.legend()
    figure.savefig(RESULTS.parent / "results.svg", metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    print(write_tables())
