"""Runs the regimes that no experiment trains, and writes their figures: `make figures`, or some by name.

Each run is on one thread, with three seeds, and measures on data that training has not seen. The figures go to
website/regimes/figures.json, with the digest of the regime.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from learning_diagrams import regimes
from website.regimes.runs.of_codes import autoencoder, dino, simsiam, variational_autoencoder
from website.regimes.runs.of_games import gan, wgan_gp
from website.regimes.runs.of_labels import arithmetic_from_images, mean_teacher, uncertainty_weighting
from website.regimes.runs.of_laws import inverse_pair, lens_laws, pinn

FIGURES = Path(__file__).resolve().parent / "figures.json"
SEEDS = (0, 1, 2)
RUNS = (
    uncertainty_weighting, arithmetic_from_images, mean_teacher, autoencoder, variational_autoencoder, simsiam, dino,
    inverse_pair, lens_laws, pinn, gan, wgan_gp,
)  # fmt: skip

if __name__ == "__main__":
    torch.set_num_threads(1)
    for run in RUNS:
        name = run.__name__
        if name in (sys.argv[1:] or [name]):
            rows = [{"method": method, "seed": seed} | row for seed in SEEDS for method, row in run(seed)]
            figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
            figures[name] = {"digest": getattr(regimes, name)().digest(), "rows": rows}
            FIGURES.write_text(json.dumps(dict(sorted(figures.items())), indent=1) + "\n", encoding="utf-8")
            print(name, rows, flush=True)
