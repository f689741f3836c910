"""The frame of every experiment: seeds, splits of real data, choices by validation, and results written as data.

An experiment evaluates methods on a test set once. Every choice is made before, by a validation split of the training
data; the results list the rejected options beside the chosen option.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measures import Measure, packed

import learning_diagrams as ld

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "paper" / "results"
SEEDS = (0, 1, 2)
LIBRARIES = ("discopy", "learning-diagrams", "numpy", "sacrebleu", "scipy", "torch")


@dataclass
class Experiment:
    """The figures of an experiment, as they come in.

    Attributes
    ----------
    rows : list of dict, the metrics of each method and seed.
    items : list of dict, what the metrics are made of, item by item, for each method and seed.
    curves : dict from title to rows whose metrics are named by the numbers of an axis.
    tried : dict from choice to list of dict, each option and its score on validation data.
    diagrams : dict from name to str, the digest of each learning diagram that was trained.
    """

    name: str
    seeds: tuple[int, ...] = SEEDS
    rows: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tried: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    chosen: dict[str, Any] = field(default_factory=dict)
    diagrams: dict[str, str] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def add(self, method: str, seed: int, **measures: Measure) -> None:
        """Write down the metrics of a method with a seed, and the items that they are made of."""
        data = {key: measure.to_data() for key, measure in measures.items()}
        self.items.append({"method": method, "seed": seed, **data})
        self._add(method, seed, {key: measure.value for key, measure in measures.items()})

    def add_answers(self, method: str, seed: int, answers: Iterable[str], metrics: Mapping[str, float]) -> None:
        """Write down the metrics of a method with a seed, and the text of each answer that they judge."""
        self.items.append({"method": method, "seed": seed, "answers": packed(answers)})
        self._add(method, seed, metrics)

    def _add(self, method: str, seed: int, metrics: Mapping[str, float]) -> None:
        self.rows.append({"method": method, "seed": seed, **metrics})
        text = ", ".join(f"{key} {value:.4f}" for key, value in metrics.items())
        print(f"  {self.name}: {method}, seed {seed}: {text}", flush=True)

    def follow(self, title: str, method: str, seed: int, values: Iterable[float]) -> None:
        """Write down the curve of a method with a seed, at 1, 2, …"""
        points = {str(place): value for place, value in enumerate(values, 1)}
        self.curves.setdefault(title, []).append({"method": method, "seed": seed, **points})

    def trained(self, name: str, diagram: ld.LearningDiagram) -> ld.LearningDiagram:
        """Remember which learning diagram was trained under a name."""
        self.diagrams[name] = diagram.digest()
        return diagram

    def choose(self, what: str, options: Iterable[Any], score: Callable[[Any], float]) -> Any:
        """The option with the greatest score on validation data; the first of equals."""
        tried = [{"option": option, "validation": score(option)} for option in options]
        self.tried[what] = tried
        best = max(tried, key=lambda trial: trial["validation"])["option"]
        self.chosen[what] = best
        print(
            f"  {self.name}: {what} = {best}, of {[(t['option'], round(t['validation'], 4)) for t in tried]}",
            flush=True,
        )
        return best

    def write(self, folder: Path = RESULTS) -> Path:
        """Write the results as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        content = {
            "experiment": self.name,
            "seeds": self.seeds,
            "rows": self.rows,
            "items": self.items,
            "curves": self.curves,
            "chosen": self.chosen,
            "tried": self.tried,
            "learning_diagrams": self.diagrams,
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in LIBRARIES},
            },
            "threads": torch.get_num_threads(),
            "seconds": round(time.perf_counter() - self.started, 1),
        }
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


def carry_out(run: Callable[[bool], Experiment]) -> None:
    """Run an experiment from the command line, and write its results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true", help="a few steps, as a smoke test")
    parser.add_argument("--into", type=Path, default=RESULTS, help="the folder of the results")
    arguments = parser.parse_args()
    run(arguments.short).write(arguments.into)


def settle(seed: int) -> None:
    """One thread, deterministic kernels, and every generator at the seed."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    np.random.seed(seed)


def mean_and_deviation(values: Iterable[float]) -> tuple[float, float]:
    """Mean, and standard deviation of a sample."""
    sample = list(values)
    return statistics.fmean(sample), statistics.stdev(sample) if len(sample) > 1 else 0.0


def rows_of(result: Mapping[str, Any], method: str, metric: str) -> list[float]:
    """The values of a metric for a method, in order of seed."""
    return [row[metric] for row in result["rows"] if row["method"] == method and metric in row]


def digits() -> dict[str, torch.Tensor]:
    """MNIST-5k: 4,000 images to train on and 1,000 to test, 500 of each digit, by a fixed stratified split."""
    with np.load(ROOT / "data" / "mnist5k.npz") as file:
        x, y = torch.tensor(file["x"]).float().reshape(-1, 1, 28, 28) / 255, torch.tensor(file["y"]).long()
    train, test = stratified(y, 100, seed=1234)
    return {"x": x[train], "y": y[train], "test_x": x[test], "test_y": y[test]}


def stratified(labels: torch.Tensor, held_out: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices that stay, and indices held out: `held_out` of each label, in order of label."""
    generator = torch.Generator().manual_seed(seed)
    stay, out = [], []
    for label in labels.unique():
        of_label = (labels == label).nonzero()[:, 0]
        of_label = of_label[torch.randperm(len(of_label), generator=generator)]
        out.append(of_label[:held_out])
        stay.append(of_label[held_out:])
    return torch.cat(stay), torch.cat(out)
