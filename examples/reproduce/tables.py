"""Tables and a plot of the results, made from paper/results/*.json and nothing else: `python tables.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from claims import Claim, compared, items_of
from comparisons import Comparison
from experiment import RESULTS, ROOT, mean_and_deviation, rows_of

TITLES = {
    "distillation": "Distillation: MNIST-5k, a teacher with 4,000 labels and students with 200",
    "few_shot": "Few-shot: 5-way, characters of six unseen scripts",
    "alignment": "Image–text alignment: emoji of an unseen vendor, 1,563 captions",
    "captioning": "Captioning: emoji of an unseen vendor",
    "cycle_consistency": "Cycle consistency: two vendors' emoji, unpaired",
    "koopman": "Koopman autoencoder: errors of forecasts over 8 steps",
}
# What each method was trained on, where a teacher takes part.
SAW = {
    "distillation": {
        "teacher": "4,000 images with labels",
        "plain": "200 images with labels",
        "distillation": "200 images with labels; outputs of the teacher, of 4,000 labels, on 4,000 images",
        "feature distillation": "200 images with labels; features of the teacher, of 4,000 labels, on 4,000 images",
        "mutual learning": "200 images with labels, 4,000 without",
    }
}
ITEMS = {
    "distillation": "an image",
    "few_shot": "a character",
    "alignment": "an emoji",
    "captioning": "a caption",
    "cycle_consistency": "an emoji, both ways",
    "koopman": "a trajectory of the solvable system, and eleven successive years of sunspots",
}


def results() -> dict[str, dict[str, Any]]:
    """What was written, in the order of the titles."""
    paths = {name: RESULTS / f"{name}.json" for name in TITLES}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.exists()}


def cells_of(result: Mapping[str, Any]) -> list[list[str]]:
    """Heads, then a row for each method: what it saw, and its metrics as mean ± standard deviation over seeds."""
    methods = list(dict.fromkeys(row["method"] for row in result["rows"]))
    metrics = list(dict.fromkeys(key for row in result["rows"] for key in row if key not in ("method", "seed")))
    saw = SAW.get(result.get("experiment", ""), {})
    rows = [["", *(["trained on"] if saw else []), *metrics]]
    for method in methods:
        cells = [method, saw[method]] if saw else [method]
        for metric in metrics:
            values = rows_of(result, method, metric)
            mean, deviation = mean_and_deviation(values) if values else (0.0, 0.0)
            cells.append(f"{mean:.3f} ± {deviation:.3f}" if values else "")
        rows.append(cells)
    return rows


def table(result: Mapping[str, Any]) -> str:
    """The cells of a result as Markdown."""
    heads, *rows = cells_of(result)
    lines = [f"|{' | '.join(heads)} |", f"|---{'|---' * (len(heads) - 1)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(cells)} |" for cells in rows)])


def sentence(claim: Claim, comparison: Comparison) -> str:
    """A comparison in words: the difference, its 95 % interval, and the standard errors that it is made of."""
    low, high = comparison.interval
    words = {
        "better": f"{claim.method} is better than {claim.control}",
        "worse": f"{claim.method} is worse than {claim.control}",
        "not shown to differ": f"{claim.method} and {claim.control} are not shown to differ",
    }[comparison.verdict(claim.less)]
    errors = f"standard errors: seeds {comparison.seed_error:.4f}, items {comparison.item_error:.4f}"
    return (
        f"- {words} in {claim.metric}: {comparison.difference:+.4f}, 95 % interval {low:+.4f} to {high:+.4f} ({errors})"
    )


def comparisons(result: Mapping[str, Any]) -> str:
    """The comparisons of an experiment, a line each, after what its test items are."""
    name = result["experiment"]
    numbers = dict.fromkeys(f"{number:,}" for number in items_of(result))
    lines = [f"A test item is {ITEMS[name]} ({' and '.join(numbers)} items). Method minus control:", ""]
    lines += [sentence(claim, comparison) for claim, comparison in compared(result)]
    return "\n".join(lines)


def all_tables() -> str:
    """Every table with its comparisons."""
    parts = []
    for name, result in results().items():
        parts.append(f"### {TITLES[name]}\n\n{table(result)}\n\n{comparisons(result)}")
        for title, rows in result["curves"].items():
            parts.append(f"{title.capitalize()}:\n\n{table({'rows': rows})}")
    return "\n\n".join(parts)


def texts() -> dict[Path, str]:
    """What stands between the marks of each file: the site has all tables, a page its comparisons."""
    pages = {Path(__file__).with_name(f"{name}.md"): comparisons(result) for name, result in results().items()}
    return {ROOT / "docs" / "experiments.md": all_tables(), **pages}


def write_tables() -> str:
    """Put the tables between the marks of the texts, and plot docs/experiments.svg."""
    between = re.compile(r"(<!-- results -->\n).*?(<!-- end of results -->)", re.DOTALL)
    for path, text in texts().items():
        before = path.read_text(encoding="utf-8")
        path.write_text(between.sub(lambda match, text=text: f"{match[1]}{text}\n{match[2]}", before), encoding="utf-8")
    plot()
    return all_tables()


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
    figure.savefig(ROOT / "docs" / "experiments.svg", metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    print(write_tables())
