"""Divergences: the kinds of distance between a prediction and its reference, and the laws that each kind keeps.

Back ends compute divergences. This file states the formula, the unit, the reduction, the infinite values and the laws
that a back end must keep. In the formulas r is the reference (rhs), p the prediction (lhs).

>>> divergence("kl").capabilities({}).composes, divergence("kl").capabilities({"temperature": 4.0}).composes
(True, False)
>>> divergence("total_variation").formula, divergence("total_variation").infinite
('½ Σ_k |r_k − p_k|', 'at most 1 for each label, bit or token')

Sources: van Erven & Harremoës, *Rényi divergence and Kullback–Leibler divergence* (2014); Liese & Vajda, *On
divergences and informations* (2006); Gretton et al., *A kernel two-sample test* (2012); Székely & Rizzo, *Energy
statistics* (2013); Bonneel et al., *Sliced and Radon Wasserstein barycenters of measures* (2015).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from learning_diagrams.errors import CompileError, UnknownName, brief, did_you_mean
from learning_diagrams.presentation.fields.quantity import is_moving
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.losses_of_pytorch import loss_of_pytorch


@dataclass(frozen=True)
class Capabilities:
    """Laws of a divergence.

    separating : bool. The value is 0 at equality, and only there (almost surely in the rows).
    jointly_convex : bool. The value of a mixture is at most the mixture of the values. So a term with exact draws is an
        upper bound of the term without, if the value on a product is at most the sum of the values on the factors.
    composes : bool. The value of a composite of kernels is at most the sum of the values of its parts; the second part
        is taken under the pushforward of the reference. For Kullback–Leibler this is the chain rule.
    tensors : bool. The value on a product of spaces is the sum of the values on the factors.
    least_at_equality : bool. No value is below the value of equal ends, and each computed value of equal ends is this
        least value: also of a batch, and of samples where samples are drawn.
    """

    separating: bool = False
    jointly_convex: bool = False
    composes: bool = False
    tensors: bool = False
    least_at_equality: bool = False


NONE = Capabilities()


@dataclass(frozen=True)
class Option:
    """An option of a divergence.

    Parameters
    ----------
    says : str, the admitted values in words.
    admits : function to bool, whether a value is admitted.
    buffer : bool, whether the option is a number on the device, beside the weights.
    """

    name: str
    default: Any
    says: str
    admits: Callable[[Any], bool] = field(compare=False)
    buffer: bool = False

    def may_be(self, value: Any) -> bool:
        """Whether a value, or each number of a schedule, is admitted. What a box returns is not known before it runs.

        An option moves only if it admits ½, as a count does not: the shapes of a program stay the same. A schedule
        passes all numbers between its points, 1 among them, at which Rényi's divergence is not defined.
        """
        if not is_moving(value):
            return self.admits(value)
        numbers = value.numbers if isinstance(value, Schedule) else ()
        between = [1.0] if numbers and min(numbers) <= 1 <= max(numbers) else []
        return all(map(self.admits, (0.5, *numbers, *between)))


@dataclass(frozen=True)
class DivergenceKind:
    """A divergence by name.

    Parameters
    ----------
    formula, unit, reduction : str, those of the value.
    infinite : str, the condition under which the value is infinite.
    laws : Capabilities, the laws that hold with the default options.
    options : tuple of Option, the options that the divergence takes.
    compares : "row by row", two ends of a wire; "across a batch", each row with all rows; or "in law", the
        distributions of two sides with domain I.
    note : str, further facts that a reader of the value needs.
    """

    name: str
    formula: str
    unit: str
    reduction: str
    infinite: str
    laws: Capabilities
    options: tuple[Option, ...] = ()
    compares: Literal["row by row", "across a batch", "in law"] = "row by row"
    note: str = ""

    def capabilities(self, options: Mapping[str, Any]) -> Capabilities:
        """The laws that hold with these options; none are known while an option moves."""
        if any(map(is_moving, options.values())):
            return NONE
        laws = self.laws
        if options.get("label_smoothing"):  # the least value is at the smoothed label
            laws = replace(laws, separating=False, composes=False, least_at_equality=False)
        for name, neutral in (("temperature", 1), ("class_weight", None)):
            if options.get(name, neutral) != neutral:  # equal ends stay equal
                return Capabilities(least_at_equality=laws.least_at_equality)
        if self.name == "renyi" and options.get("alpha", 2.0) < 1:
            return replace(laws, jointly_convex=True)
        return laws

    def value(self, options: Mapping[str, Any]) -> str:
        """The formula of the value with these options.

        >>> print(divergence("kl").value({"label_smoothing": 0.1, "class_weight": (1, 2)}))
        w_r · (−Σ_k ((1 − ε) r_k + ε/n) log p_k), where ε = label_smoothing, n outcomes, w = class_weight
        """
        text, letters = self.formula, list[str]()
        if options.get("label_smoothing"):
            text, letters = "−Σ_k ((1 − ε) r_k + ε/n) log p_k", ["ε = label_smoothing", "n outcomes"]
        if options.get("class_weight"):
            text, letters = f"w_r · ({text})", [*letters, "w = class_weight"]
        return f"{text}, where {', '.join(letters)}" if letters else text

    def check(self, options: Mapping[str, Any], where: str) -> None:
        """Raise `CompileError` for an option that is unknown or out of range."""
        known = {option.name: option for option in self.options}
        for key, value in options.items():
            option = known.get(key)
            if option is None:
                fault = f"divergence {self.name!r} takes {', '.join(known) or 'no options'}, got {key!r}"
            elif not option.may_be(value):
                fault = f"{key} of divergence {self.name!r} must be {option.says}, got {brief(value)}"
            else:
                continue
            raise CompileError(f"{where}: {fault}")


def is_number(value: Any) -> bool:
    """Whether an option is a number; true and false are not numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def positive(name: str, default: float, buffer: bool = False) -> Option:
    """An option whose value is a number > 0."""
    return Option(name, default, "a number > 0", lambda value: is_number(value) and value > 0, buffer)


def _whole(name: str, default: int | None, least: int) -> Option:
    says = f"a whole number ≥ {least}"
    return Option(name, default, says, lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= least)


_TEMPERATURE = positive("temperature", 1.0, buffer=True)
_LABELS = (
    Option("label_smoothing", 0.0, "a number in [0, 1)", lambda value: is_number(value) and 0 <= value < 1),
    Option(
        "class_weight",
        None,
        "a list of numbers ≥ 0, one for each outcome",
        lambda value: isinstance(value, tuple) and len(value) > 0 and all(is_number(w) and w >= 0 for w in value),
        buffer=True,
    ),
)
_SYMMETRIC = Option("symmetric", False, "true or false", lambda value: isinstance(value, bool))
_SAMPLES = _whole("samples", None, 1)
_ROWS, _SUM, _BITS = "mean over rows", "sum over features, mean over rows", "sum over bits or tokens, mean over rows"
_IN_LAW = "over all pairs of samples"
_NEVER = "never infinite"
_EACH = "for each label, bit or token"
_SUPPORT = "infinite where p gives probability 0 to an outcome that r admits"
_SAMPLED = Capabilities(separating=True, jointly_convex=True)  # samples of equal ends have values above and below
_CONVEX = replace(_SAMPLED, least_at_equality=True)

_LIBRARY = (
    # Points.
    DivergenceKind(
        "squared_error", "Σ_i (p_i − r_i)²", "squared units", _SUM, _NEVER, replace(_CONVEX, tensors=True)
    ),
    DivergenceKind(
        "mean_squared_error", "(1/n) Σ_i (p_i − r_i)², n features", "squared units", "mean over features and rows",
        _NEVER, _CONVEX,
    ),
    DivergenceKind("absolute", "Σ_i |p_i − r_i|", "units", _SUM, _NEVER, replace(_CONVEX, tensors=True)),
    DivergenceKind(
        "huber", "Σ_i h(p_i − r_i), h(d) = d²/2 where |d| ≤ δ, else δ(|d| − δ/2)", "squared units", _SUM, _NEVER,
        replace(_CONVEX, tensors=True), (positive("delta", 1.0),),
        note="Huber (1964)",
    ),
    DivergenceKind(
        "cosine", "1 − ⟨p, r⟩ / (|p| |r|)", "no unit", _ROWS, _NEVER, NONE,
        note="only directions matter; a vector of length 0 counts as orthogonal, also to itself",
    ),
    DivergenceKind(
        "difference", "Σ_i (p_i − r_i)", "units", _SUM, _NEVER, Capabilities(jointly_convex=True, tensors=True),
        note="not a distance, for it may be negative: of an energy against the zero box, or of two energies",
    ),
    DivergenceKind(
        "info_nce", "−log(exp(s_ii / τ) / Σ_j exp(s_ij / τ)), s_ij = ⟨p_i, r_j⟩ / (|p_i| |r_j|)", "nats", _ROWS,
        _NEVER, NONE, (positive("temperature", 0.07, buffer=True), _SYMMETRIC), "across a batch",
        "the value of a row depends on the other rows of the batch, at least one; symmetric: the mean with the value "
        "of exchanged sides; van den Oord, Li & Vinyals (2018), Radford et al. (2021)",
    ),
    # Distributions on outcomes, labels among them.
    DivergenceKind(
        "kl", "Σ_k r_k log(r_k / p_k)", "nats", _BITS, _SUPPORT,
        replace(_CONVEX, composes=True, tensors=True), (_TEMPERATURE, *_LABELS),
        note="Kullback & Leibler (1951); with a label as reference this is cross-entropy",
    ),
    DivergenceKind(
        "reverse_kl", "Σ_k p_k log(p_k / r_k)", "nats", _BITS,
        "infinite where r gives probability 0 to an outcome that p admits, so r is not a label",
        replace(_CONVEX, tensors=True), (_TEMPERATURE,),
    ),
    DivergenceKind(
        "jensen_shannon", "½ KL(r ‖ m) + ½ KL(p ‖ m), m = ½(r + p)", "nats", _BITS, f"at most log 2 {_EACH}", _CONVEX
    ),
    DivergenceKind(
        "total_variation", "½ Σ_k |r_k − p_k|", "units of probability", _BITS, f"at most 1 {_EACH}",
        replace(_CONVEX, composes=True),
    ),
    DivergenceKind(
        "hellinger", "1 − Σ_k √(r_k p_k)", "no unit", _BITS, f"at most 1 {_EACH}", _CONVEX,
        note="the squared Hellinger distance",
    ),
    DivergenceKind(
        "renyi", "log(Σ_k r_k^α p_k^(1−α)) / (α − 1)", "nats", _BITS,
        f"for α > 1 {_SUPPORT}; for α < 1 where r and p have no outcome in common",
        Capabilities(separating=True, tensors=True, least_at_equality=True),
        (Option("alpha", 2.0, "a number > 0 other than 1 (which is kl)",
                lambda value: is_number(value) and value > 0 and value != 1),),
        note="jointly convex for α < 1 only",
    ),
    DivergenceKind("chi_squared", "Σ_k (r_k − p_k)² / p_k", "no unit", _BITS, _SUPPORT, _CONVEX),
    # A kernel's Distribution.
    DivergenceKind(
        "nll", "−log p(r)", "nats (of a density: relative to the unit of volume)", _SUM,
        "infinite where p has density 0 at r", Capabilities(tensors=True), _LABELS,
        note="the negative log-likelihood of data; it may be negative, and its least value is not 0",
    ),
    DivergenceKind(
        "energy", "2 E|P − R| − E|P − P′| − E|R − R′|", "units", "mean over rows", _NEVER, _SAMPLED,
        (_whole("samples", 8, 2),),
        note="estimated without bias from samples of each distribution, so one estimate may be negative",
    ),
    # Two sides in law.
    DivergenceKind(
        "mmd", "E k(P, P′) + E k(R, R′) − 2 E k(P, R), k(x, y) = exp(−|x − y|² / 2σ²)", "no unit", _IN_LAW,
        "at most 2", _SAMPLED, (positive("bandwidth", 1.0), _SAMPLES), "in law", "σ is `bandwidth`, in units",
    ),
    DivergenceKind(
        "energy_distance", "2 E|P − R| − E|P − P′| − E|R − R′|", "units", _IN_LAW, _NEVER, _SAMPLED, (_SAMPLES,),
        "in law", "of the two empirical distributions: 0 for equal samples, biased to less spread in small batches",
    ),
    DivergenceKind(
        "sliced_wasserstein", "E_θ W₂²(⟨θ, P⟩, ⟨θ, R⟩)", "squared units", "mean over random directions", _NEVER,
        _SAMPLED, (_whole("projections", 64, 1), _SAMPLES), "in law", "directions θ are drawn at each evaluation",
    ),
)  # fmt: skip
KINDS: Mapping[str, DivergenceKind] = MappingProxyType({kind.name: kind for kind in _LIBRARY})

# The only place that changes: a decorator fills it. Compiling, explaining and reviewing a learning diagram read it, and
# so does a space that names its divergence. A compiled loss keeps the definitions that it was compiled with.
_latest: dict[str, DivergenceKind] = {}


def define(kind: DivergenceKind) -> None:
    """Make a user's divergence the latest definition of its name in this process."""
    _latest[kind.name] = kind


def latest_definitions() -> Mapping[str, DivergenceKind]:
    """The users' divergences by name, each in its latest definition."""
    return dict(_latest)


def divergence(name: str, where: str = "") -> DivergenceKind:
    """The divergence of that name: the library's, or the latest definition of a user.

    Raises `UnknownName` if no divergence has the name.
    """
    kinds = {**_latest, **KINDS}
    if not isinstance(name, str) or name not in kinds:
        place = f"{where}: " if where else ""
        there = loss_of_pytorch(name) if isinstance(name, str) else ""
        hint = f"{there}; " if there else ""
        raise UnknownName(
            f"{place}this version has no divergence named {name!r}; {hint}{did_you_mean(name, kinds)}; "
            "your own divergence is known once its definition has run, in the command line by --plugin MODULE"
        )
    return kinds[name]
