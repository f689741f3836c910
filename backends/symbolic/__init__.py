"""The symbolic back end: the loss of a learning diagram as a formula, by SymPy, where boxes are in closed form."""

from learning_diagrams.errors import FileError

try:
    import sympy  # noqa: F401
except ImportError as error:
    raise FileError(f"formulas need SymPy: pip install 'learning-diagrams[symbolic]' ({error})") from None

from learning_diagrams.backends.symbolic.comparison import Comparison, compare
from learning_diagrams.backends.symbolic.expectation import Moments
from learning_diagrams.backends.symbolic.functor import SymbolicFunctor
from learning_diagrams.backends.symbolic.minimum import Minimum, Unsolved
from learning_diagrams.backends.symbolic.space import Bernoulli, Euclidean, Finite, softmax
from learning_diagrams.backends.symbolic.symbolic_loss import SymbolicLoss, loss

__all__ = [
    "Bernoulli",
    "Comparison",
    "Euclidean",
    "Finite",
    "Minimum",
    "Moments",
    "SymbolicFunctor",
    "SymbolicLoss",
    "Unsolved",
    "compare",
    "loss",
    "softmax",
]
