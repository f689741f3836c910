"""The divergences of the library: which function computes which, by name, carrier of the space, and ends.

>>> LIBRARY["kl", "labels", "point", "distribution"].name
'cross_entropy'
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from learning_diagrams.backends.torch.divergences.contrast import ACROSS
from learning_diagrams.backends.torch.divergences.distributions import DISTRIBUTIONS
from learning_diagrams.backends.torch.divergences.outcomes import OUTCOMES
from learning_diagrams.backends.torch.divergences.points import POINTS, SIGNED
from learning_diagrams.backends.torch.divergences.row_function import Key, RowFunction

_BETWEEN_POINTS: dict[Key, RowFunction] = {
    (function.name, "points", "point", "point"): function for function in (*POINTS, *SIGNED, *ACROSS)
}
LIBRARY: Mapping[Key, RowFunction] = MappingProxyType(_BETWEEN_POINTS | DISTRIBUTIONS | OUTCOMES)
