"""The regimes: training setups from the literature, each a function that returns a learning diagram.

Each regime has a file, which `learning-diagrams regimes show NAME` prints, and a picture in `docs/regimes/`. Editing
adapts a regime: `substitute` replaces boxes, `rename` names, `reweight` weights. A weight below 0 is an
`InvalidWeight`, and a count below 1 a `TypeMismatch`.

>>> from learning_diagrams.regimes import distillation
>>> print(distillation().without("supervised"))
distillation
  distilled: pixels >> student = pixels >> teacher  (divergence={'name': 'kl', 'temperature': 4.0}, weight=0.5)
  frozen: teacher
"""

from learning_diagrams.lazy_names import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
