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

from learning_diagrams.lazy_names import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
