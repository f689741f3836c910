"""A learning diagram explained with spaces: its loss is the code that would run, and sizes of boxes are known."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.functor.discrete import Bernoulli, Finite, Tokens
from learning_diagrams.backends.torch.functor.space import Euclidean, Mask, Size, Space
from learning_diagrams.backends.torch.objective.executable import printer
from learning_diagrams.backends.torch.objective.parameter_file import count_numbers
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.errors import ParseError, UnknownName, did_you_mean
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.choice import Divergence
from learning_diagrams.semantics.functor.space import Kind
from learning_diagrams.semantics.program.explanation import explain as explain_with
from learning_diagrams.semantics.program.latex.mathematics import Formula, loss_formula
from learning_diagrams.semantics.program.lowering import DivergenceCall
from learning_diagrams.semantics.program.unknown_space import NamedDivergences, UnknownSpace

SPACES: dict[str, Callable[..., Space]] = {
    "Euclidean": Euclidean,
    "Mask": Mask,
    "Finite": Finite,
    "Bernoulli": Bernoulli,
    "Tokens": Tokens,
}


def explain(diagram: LearningDiagram, spaces: Mapping[str, str], weights: str | None = None) -> str:
    """The explanation of a learning diagram, with the code that spaces determine and the size of a weights file.

    Parameters
    ----------
    spaces : dict from object to str, the spaces of some objects, as `parse_space` reads them.
    weights : str, a file that `Objective.save` wrote; its numbers are counted, parameters and buffers.
    """
    known_spaces = _read_spaces(diagram, spaces)
    measures = _Measures.asked_by(diagram, known_spaces)
    return explain_with(diagram, known_spaces, measures, printer(measures), _parameters(diagram, known_spaces, weights))


def formula(diagram: LearningDiagram, spaces: Mapping[str, str]) -> Formula:
    """The loss of a learning diagram as mathematics, with the divergences of some spaces, as `explain` takes them."""
    return loss_formula(diagram, _read_spaces(diagram, spaces))


def _read_spaces(diagram: LearningDiagram, spaces: Mapping[str, str]) -> dict[str, Space]:
    known = {ty.inside[0].name for ty in diagram.objects}
    for name in spaces:
        if name not in known:
            raise UnknownName(f"a space is given for {name!r}, which is no object here; {did_you_mean(name, known)}")
    return {name: parse_space(text) for name, text in spaces.items()}


def parse_space(text: str) -> Space:
    """A space from text such as "Euclidean(3, 32, 32)" or "Finite(10, sample='gumbel')"; the text is not evaluated.

    >>> parse_space("Tokens(1000, 20, padding=0)")
    Tokens(1000, 20, padding=0)
    """
    try:
        call = ast.parse(text[:1000].strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        call = None
    match call:
        case ast.Call(ast.Name(name), arguments, keywords) if name in SPACES:
            make = SPACES[name]
        case _:
            raise ParseError(
                f"{text!r} is no space; write one of {', '.join(f'{name}(…)' for name in SPACES)}, as in "
                "Euclidean(3, 32, 32)"
            )
    named = {str(keyword.arg): _argument(keyword.value, text) for keyword in keywords}
    try:
        return make(*(_argument(argument, text) for argument in arguments), **named)
    except TypeError:
        options = [option.replace(annotation=option.empty) for option in inspect.signature(make).parameters.values()]
        known = [option.name for option in options if option.kind != option.VAR_POSITIONAL]
        unknown = (f"has no option {key!r}; {did_you_mean(key, known)}" for key in named if key not in known)
        fault = next(unknown, f"takes {inspect.Signature(options)}")
        raise ParseError(f"{text!r} is no space: {name} {fault}") from None


def _argument(node: ast.expr, text: str) -> Any:
    """A number, a word in quotes, True, False, None, a tuple of these, or a dtype such as torch.complex64."""
    match node:
        case ast.Attribute(ast.Name("torch"), name) if isinstance(dtype := getattr(torch, name, None), torch.dtype):
            return dtype
    try:
        return ast.literal_eval(node)
    except ValueError:
        wanted = "number, quoted word, True, False, None, tuple or dtype"
        raise ParseError(f"{ast.unparse(node)!r} in {text!r} is no {wanted}") from None


class _Measures(TorchDivergences):
    """The divergences of this back end on known spaces, and their names on unknown spaces."""

    def pointwise(
        self, asked: Divergence | None, space: Any, reference: Kind, prediction: Kind, where: str
    ) -> DivergenceCall:
        if isinstance(space, UnknownSpace):
            return NamedDivergences().pointwise(asked, space, reference, prediction, where)
        return super().pointwise(asked, space, reference, prediction, where)

    def in_law(self, asked: Divergence | None, spaces: tuple[Any, ...], where: str) -> DivergenceCall:
        if any(isinstance(space, UnknownSpace) for space in spaces):
            return NamedDivergences().in_law(asked, spaces, where)
        return super().in_law(asked, spaces, where)


def _parameters(diagram: LearningDiagram, spaces: Mapping[str, Space], weights: str | None) -> tuple[str, ...]:
    lines = []
    counted = {} if weights is None else count_numbers(Path(weights), diagram)
    for box in diagram.boxes:
        ends = [*box.dom.inside, *box.cod.inside]
        if box.name in counted:
            untrained = ", none trained" if box in diagram.frozen else ""
            # A file of weights does not tell parameters from buffers, as those of a normalisation or of a constant.
            noun = "number" if counted[box.name] == 1 else "numbers"
            lines.append(f"  {box.name}: {counted[box.name]:,} {noun} in the weights{untrained}")
        elif all(ob.name in spaces and None not in spaces[ob.name].shape for ob in ends):
            inputs = sum(_size(spaces[ob.name].argument_shape) for ob in box.dom.inside)
            kind: Kind = "point" if is_deterministic(box) else "distribution"
            outputs = sum(_size(spaces[ob.name].row_shape(kind)) for ob in box.cod.inside)
            lines.append(
                f"  {box.name}: {inputs:,} numbers a row in, {outputs:,} out; an affine map has "
                f"{(inputs + 1) * outputs:,} parameters"
            )
    return tuple(lines)


def _size(shape: tuple[Size, ...]) -> int:
    return math.prod(size or 0 for size in shape)
