"""Figures of experiments and notebooks, which the pages look up by key in the files that the runs wrote."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import learning_diagrams as ld

ROOT = Path(__file__).resolve().parents[2]
SEEDS = (0, 1, 2)
sys.path.append(str(ROOT / "examples" / "reproduce"))


def of_experiment(experiment: str, methods: list[str], sentence: str) -> str:
    """The rows of some methods in the table of an experiment.

    Raises
    ------
    KeyError
        if the results have no such method.
    """
    from tables import TITLES, results, table

    rows: dict[str, list[Any]] = {method: [] for method in methods}
    for row in results()[experiment]["rows"]:
        rows.get(row["method"], []).append(row)
    if empty := [method for method, found in rows.items() if not found]:
        raise KeyError(f"paper/results/{experiment}.json has no rows of {empty}")
    chosen = _unbroken(table({"experiment": experiment, "rows": [row for method in methods for row in rows[method]]}))
    return (
        f"**{TITLES[experiment]}.** {sentence}\n\n{chosen}\n\nMean ± standard deviation over {len(SEEDS)} seeds, from "
        f"`paper/results/{experiment}.json`. `examples/reproduce/{experiment}.py` computes them anew."
    )


def of_notebook(diagram: ld.LearningDiagram, notebook: Mapping[str, Any]) -> str:
    """What a notebook measured of a learning diagram, which is found by its digest."""
    from tables import table

    rows = []
    for seed in SEEDS:
        path = ROOT / "notebooks" / "results" / f"{diagram.digest()[:16]}-{notebook['result']}-{seed}.json"
        measured = json.loads(path.read_text(encoding="utf-8"))
        keys = notebook.get("measures", list(measured))
        rows.append({"method": notebook["row"], "seed": seed} | {key: measured[key] for key in keys})
    place, figures = notebook["file"], _unbroken(table({"rows": rows}))
    return (
        f"**[Notebook {int(place[:2])}](../notebooks/{place}.md).** {notebook['sentence']}\n\n{figures}\n\n"
        f"Mean ± standard deviation over {len(SEEDS)} seeds, from `notebooks/results`."
    )


@cache
def runs() -> dict[str, Any]:
    """The small runs, by regime: the digest of the regime, and its rows."""
    return json.loads((ROOT / "website" / "regimes" / "figures.json").read_text(encoding="utf-8"))


def of_run(name: str, sentence: str) -> str:
    """What the small run of a regime reached."""
    from tables import table

    rows = runs()[name]["rows"]
    return (
        f"**A small run.** {sentence} Nothing is tuned.\n\n{_unbroken(table({'rows': rows}))}\n\n"
        f"Mean ± standard deviation over {len(SEEDS)} seeds, from `website/regimes/figures.json`. "
        "`make figures` computes them anew."
    )


def _unbroken(table: str) -> str:
    """A table whose figures stay on one line."""
    return table.replace(" ± ", "\u00a0±\u00a0")
