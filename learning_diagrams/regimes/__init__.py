"""The regimes: training setups from the literature, each a function that returns a learning diagram.

Beside each lies its file, `learning-diagrams regimes show NAME` prints it, and `docs/regimes/` has its picture. What a
regime does not say is edited in: boxes are replaced by `substitute`, names by `rename`, weights by `reweight`. A weight
below 0 is an `InvalidWeight`, and a number of things below 1 a `TypeMismatch`.

>>> from learning_diagrams.regimes import distillation
>>> print(distillation().without("supervised"))
distillation
  distilled: pixels >> student = pixels >> teacher  (divergence={'name': 'kl', 'temperature': 4.0}, weight=0.5)
  frozen: teacher
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from learning_diagrams.regimes.catalogue import FAMILY_OF

if TYPE_CHECKING:
    from learning_diagrams.regimes.generation import gan, image_captioning
    from learning_diagrams.regimes.laws import (
        cycle_consistency,
        equivariance,
        inverse_pair,
        koopman_autoencoder,
        lens_laws,
    )
    from learning_diagrams.regimes.representation import autoencoder, image_text_alignment, simsiam
    from learning_diagrams.regimes.supervision import arithmetic_from_images, multi_task, prototypical, supervised
    from learning_diagrams.regimes.teaching import distillation, feature_distillation, mean_teacher, mutual_learning

__all__ = [
    "arithmetic_from_images",
    "autoencoder",
    "cycle_consistency",
    "distillation",
    "equivariance",
    "feature_distillation",
    "gan",
    "image_captioning",
    "image_text_alignment",
    "inverse_pair",
    "koopman_autoencoder",
    "lens_laws",
    "mean_teacher",
    "multi_task",
    "mutual_learning",
    "prototypical",
    "simsiam",
    "supervised",
]


def __getattr__(name: str) -> object:
    if name not in FAMILY_OF:
        raise AttributeError(f"module 'learning_diagrams.regimes' has no attribute {name!r}")
    value = getattr(import_module(f"learning_diagrams.regimes.{FAMILY_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
