"""A Julia script for Flux: the models of a learning diagram and its loss, from the functor with which it compiles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from textwrap import indent

from discopy import markov

from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.flux.layers import model_of
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.errors import CompileError, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.program.julia import INDENT, WORDS, JuliaNames, JuliaPrinter, number, quoted
from learning_diagrams.semantics.program.loss_program import LossProgram, lower_loss
from learning_diagrams.semantics.program.printer import one_line

_HEAD = """\
# Written by learning_diagrams for Julia 1.10 and Flux 0.16 or later: {title}.
# digest {digest}
#
# An array has its rows last: a column [rows, d1, ..., dk] of PyTorch is an array (dk, ..., d1, rows) here, which lies
# in memory in the same order. Labels stay 0, ..., n-1. A batch is a dictionary: batch["space"]["column"].

using Flux
using Flux.ChainRulesCore: ignore_derivatives
"""
_STEP = """\
# A step of an optimizer; before the first one: state = Flux.setup(Adam(1e-3), models), and
# foreach(name -> Flux.freeze!(state[name]), frozen).
function train_step!(state, models, batch; step = 0)
    (total, terms), (gradient,) = Flux.withgradient(m -> loss(m, batch; step = step), models)
    Flux.update!(state, models, gradient){average}
    return total, terms
end
"""


def to_flux(
    diagram: LearningDiagram, functor: TorchFunctor, models: Mapping[markov.Box | str, str] | None = None
) -> str:
    """A Julia script that defines the models of a learning diagram in Flux, and the loss that `compile` would make.

    The script has the named tuple `models`, a model for each box with its layers under their names; the names `frozen`
    of boxes that are not trained; `loss(models, batch; step = 0)`, the total and its terms; and `train_step!`. It is
    written and not run: parameters start as Flux makes them.

    >>> import learning_diagrams as ld
    >>> from torch import nn
    >>> from learning_diagrams.backends.torch.functor.space import Euclidean
    >>> x, y, rows = ld.Ty("x"), ld.Ty("y"), ld.SampleSpace("rows")
    >>> f = ld.Box("f", x, y)
    >>> fit = ld.LearningDiagram(ld.Constraint("fit", rows.column("a", x) >> f, rows.column("b", y)), name="fit")
    >>> functor = TorchFunctor(ob={x: Euclidean(4), y: Euclidean(3)}, ar={f: nn.Linear(4, 3)})
    >>> print(to_flux(fit, functor).partition("models")[2].partition("\\n\\n")[0].join(["models", ""]))
    models = (
        f = Dense(4 => 3),
    )
    frozen = ()

    Parameters
    ----------
    functor : TorchFunctor, with which the learning diagram compiles. Chains of the usual layers of `torch.nn` are
        written as models of Flux.
    models : mapping from boxes, or their names, to Julia expressions, which stand in the script as they are; for boxes
        whose modules have no counterpart.

    Raises
    ------
    CompileError : a module, a divergence, a draw, a comparison by samples, padding, a game, or a moving average with a
        decay that a box computes, which the script cannot carry; the message names it.
    UnknownName : an object without a space, a box without a module; a model for a box that is not there.
    TypeMismatch : an argument is of another kind.
    """
    models = {} if models is None else models
    if not all(map(isinstance, (diagram, functor, models), (LearningDiagram, TorchFunctor, Mapping))):
        raise TypeMismatch(
            "to_flux takes a learning diagram, a TorchFunctor, and models= by box; "
            f"got {brief(diagram)}, {brief(functor)}, {brief(models)}"
        )
    own = _own_models(diagram, models)
    _require_carried(diagram, functor)
    names = JuliaNames({*WORDS, *_functions()})
    boxes = {name: names.new(name) for name in diagram.signature.boxes}
    divergences = TorchDivergences.asked_by(diagram, functor.spaces, functor.divergences)
    program = lower_loss(diagram, functor.spaces, divergences, {*WORDS, *_functions()}, diagram.signature.columns)
    _require_functions(program)
    loss = JuliaPrinter(boxes, _functions()).loss(program.terms, program.constants)
    frozen = {box.name for box in diagram.frozen}
    averages = [_average(boxes[name], boxes[source], decay) for name, (source, decay) in diagram.ema.items()]
    lines = ["models = ("]
    for name, key in boxes.items():
        model = own.get(name) or model_of(functor.module(name), f"box {name!r}")
        model = f"testmode!({model})" if name in frozen and "Dropout" in model else model
        lines.append(indent(f"{key} = {model},", INDENT) + (f"  # {one_line(name)}" if key != name else ""))
    keys = "".join(f":{key}, " for name, key in boxes.items() if name in frozen)
    head = _HEAD.format(title=quoted(one_line(diagram.name or "a learning diagram")), digest=diagram.digest())
    definition = "\n".join([*lines, ")", f"frozen = ({keys.strip()})", ""])
    step = _STEP.replace("{average}", "".join(averages))
    return "\n".join([head, *_needed(loss + step), definition, loss, step])


def _average(follower: str, source: str, decay: object) -> str:
    """The lines of a step that let one model follow another."""
    if not isinstance(decay, float | Schedule):
        raise CompileError(
            f"a box computes the decay with which {follower!r} follows {source!r}, which no script carries"
        )
    return (
        f"\n    for (own, followed) in zip(Flux.trainables(models.{follower}), Flux.trainables(models.{source}))"
        f"\n        own .+= (1 - {number(decay)}) .* (followed .- own)"
        "\n    end"
    )


def _own_models(diagram: LearningDiagram, models: Mapping[markov.Box | str, str]) -> dict[str, str]:
    own = {key.name if isinstance(key, markov.Box) else key: text for key, text in models.items()}
    for name, text in own.items():
        if name not in diagram.signature.boxes:
            raise UnknownName(
                f"models= of to_flux has box {brief(name)}; {did_you_mean(name, diagram.signature.boxes)}"
            )
        if not isinstance(text, str):
            raise TypeMismatch(f"the model of box {name!r} is a Julia expression, a string; got {brief(text)}")
    return own


def _require_carried(diagram: LearningDiagram, functor: TorchFunctor) -> None:
    """Raise `CompileError` for what the script leaves out."""
    if diagram.players:
        raise CompileError(
            f"{diagram.name or 'the diagram'!r} is a game, and the script has one loss; it has no players"
        )
    for name, (source, _) in diagram.ema.items():
        if source in diagram.ema:
            raise CompileError(
                f"{name!r} follows {source!r}, which follows another box, and the script has no such order"
            )
    for ty in diagram.objects:
        space = functor.space(ty.inside[0].name)
        if space.padding_label is not None:
            raise CompileError(f"{space!r} marks absent positions by padding, and the script has no masks")


def _require_functions(program: LossProgram) -> None:
    for term in program.terms:
        for distance in term.distances:
            if distance.function not in _functions() and not term.in_law:
                raise CompileError(
                    f"constraint {term.name!r} is compared by {distance.function!r}, for which the script has no "
                    "function in Julia"
                )


@cache
def _functions() -> dict[str, str]:
    """The functions that a script may call, each with its definition in Julia."""
    text = files(__package__).joinpath("functions.jl").read_text(encoding="utf-8")
    return {re.split(r"\W", block.removeprefix("function "))[0]: block for block in text.strip().split("\n\n")}


def _needed(loss: str) -> list[str]:
    """The definitions of the functions that a loss calls, directly or not, in the order of the file."""
    needed, waiting = set[str](), [loss]
    while waiting:
        words = set(re.findall(r"\w+", waiting.pop())) & _functions().keys() - needed
        needed |= words
        waiting += [_functions()[word] for word in words]
    return [f"{text.strip()}\n" for name, text in _functions().items() if name in needed]
