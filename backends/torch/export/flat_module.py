"""A model as a module of tensors with names: what a file of a trained composite holds.

>>> unique_names(["image", "image", "code"])
['image', 'image_2', 'code']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent
from torch.export import Dim

from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.space import Space, dtype_name
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import CompileError

ROWS, POSITIONS = 3, 5  # of the examples; 0 and 1 would become constants of the program
Description = dict[str, Any]


@dataclass(frozen=True)
class Input:
    """A tensor that the program takes: a wire, or a column of the sample space on wire `wire`."""

    wire: int
    column: str | None
    object: str
    space: Space
    dtype: torch.dtype

    @property
    def described(self) -> Description:
        """The input as plain data; the first size is that of rows, and None is a size of its own."""
        sizes = ["rows", *self.space.point_shape]
        return {"object": self.object, "space": repr(self.space), "dtype": dtype_name(self.dtype), "shape": sizes}

    def example(self, rows: int, positions: int, device: torch.device) -> Tensor:
        """Numbers from 0 to 1, labels, or bits; outside a fork of the generator this would change its state."""
        shape = [positions if size is None else size for size in self.space.point_shape]
        if self.dtype.is_floating_point or self.dtype.is_complex:
            return torch.rand(rows, *shape, dtype=self.dtype, device=device)
        return torch.randint(self.space.outcomes or 2, (rows, *shape), device=device).to(self.dtype)

    @property
    def dynamic(self) -> dict[int, Any]:
        """The dimensions of any size; positions of one name, or of one object, have one size."""
        letters = (c if f"_{c}".isidentifier() else f"_{ord(c):x}" for c in self.space.positions or self.object)
        name = re.sub(r"^(?=\d)", "_", "".join(letters))  # PyTorch takes identifiers only
        sizes = enumerate(self.space.point_shape, start=1)
        return {0: Dim("rows")} | {at: Dim(f"{name}_{at}") for at, size in sizes if size is None}


class FlatModule(nn.Module):
    """A model whose inputs and outputs are tensors only.

    A sample space is one input for each column that is read, and a Distribution one output for each of its parameters.

    Parameters
    ----------
    model : module of a diagram, as `Objective.model` makes it.
    functor : TorchFunctor, the spaces of its objects.
    dtype : torch.dtype of points whose space admits every floating dtype.

    Attributes
    ----------
    sizes : list of dict, for each input the torch.export.Dim of each dimension of any size.
    """

    def __init__(self, model: Any, functor: TorchFunctor, dtype: torch.dtype) -> None:
        super().__init__()
        self.model, self.functor, self.dtype = model, functor, dtype
        self.inputs = list(_inputs(model, functor, dtype))
        self.input_names = unique_names(each.column or each.object for each in self.inputs)
        self.sizes = [each.dynamic for each in self.inputs]

    def forward(self, *values: Tensor) -> tuple[Tensor, ...]:
        return tuple(tensor for part in self._parts(values) for tensor in parameters_of(part).values())

    def _parts(self, values: tuple[Tensor, ...]) -> tuple[Tensor | Distribution, ...]:
        points: list[Any] = [{} if space is None else None for space in self.model.spaces]
        for each, value in zip(self.inputs, values, strict=True):
            if each.column is None:
                points[each.wire] = value
            else:
                points[each.wire][each.column] = value
        outputs = self.model(*points)
        return outputs if isinstance(outputs, tuple) else (outputs,)

    def examples(self, rows: int = ROWS, positions: int = POSITIONS) -> tuple[Tensor, ...]:
        """A value for each input, on the device of the model."""
        device = next((tensor.device for tensor in (*self.parameters(), *self.buffers())), torch.device("cpu"))
        return tuple(each.example(rows, positions, device) for each in self.inputs)

    def share(self, one: str, other: str) -> bool:
        """Let two sizes be one, under the name of the first in order; whether they were two."""
        dims = {dim.__name__: dim for sizes in self.sizes for dim in sizes.values() if dim.__name__ in (one, other)}
        first = next(iter(dims.values()), None)
        self.sizes = [{at: first if dim.__name__ in dims else dim for at, dim in s.items()} for s in self.sizes]
        return len(dims) > 1

    def described(self, draws: Iterable[Description] = ()) -> list[Description]:
        """The inputs as plain data; a size of any length has a name if it is also that of another place.

        Parameters
        ----------
        draws : what the inputs for draws are, whose sizes have names.
        """
        places = [dim.__name__ for sizes in self.sizes for dim in sizes.values()]
        places += [size for draw in draws for size in {*draw["shape"]} if isinstance(size, str)]
        described = [each.described for each in self.inputs]
        for each, sizes in zip(described, self.sizes, strict=True):
            names = {at: dim.__name__ for at, dim in sizes.items() if places.count(dim.__name__) > 1}
            each["shape"] = [names.get(at, size) if at else size for at, size in enumerate(each["shape"])]
        return [{"name": name} | each for name, each in zip(self.input_names, described, strict=True)]

    def outputs(self, values: tuple[Tensor, ...]) -> list[Description]:
        """What each output is, in order, read off the values for an example."""
        described = []
        for ob, part in zip(self.model.diagram.cod.inside, self._parts(values), strict=True):
            law = part.base_dist if isinstance(part, Independent) else part
            kind = {"distribution": type(law).__name__} if isinstance(law, Distribution) else {}
            described += [
                {"object": ob.name, **kind, **({"parameter": name} if name else {}), "dtype": dtype_name(tensor.dtype)}
                for name, tensor in parameters_of(part).items()
            ]
        return described


def parameters_of(part: Tensor | Distribution) -> Mapping[str, Tensor]:
    """The parameters of a Distribution by their names; a tensor has the name "".

    >>> law = torch.distributions.Normal(torch.zeros(2), torch.ones(2))
    >>> list(parameters_of(Independent(law, 1))), list(parameters_of(torch.zeros(2)))
    (['loc', 'scale'], [''])
    """
    if isinstance(part, Tensor):
        return {"": part}
    law = part.base_dist if isinstance(part, Independent) else part
    names = getattr(law, "arg_constraints", {})
    held = [name for name in names if isinstance(vars(law).get(name), Tensor)] or [*names]
    tensors = {name: getattr(law, name) for name in held}
    if not tensors or not all(isinstance(value, Tensor) for value in tensors.values()):
        raise CompileError(
            f"the morphism ends in a {type(law).__name__}, whose parameters are not tensors with names; let a box "
            "after it return the tensors that are needed"
        )
    return tensors


def unique_names(names: Iterable[str]) -> list[str]:
    """The names in order, each that comes again with a number."""
    used: set[str] = set()
    unique = []
    for name in names:
        number, free = 1, name
        while free in used:
            number += 1
            free = f"{name}_{number}"
        used.add(free)
        unique.append(free)
    return unique


def _inputs(model: Any, functor: TorchFunctor, dtype: torch.dtype) -> Iterator[Input]:
    columns = Signature.of([model.diagram]).columns
    for wire, (ob, space) in enumerate(zip(model.diagram.dom.inside, model.spaces, strict=True)):
        if space is not None:
            yield Input(wire, None, ob.name, space, space.dtype or dtype)
            continue
        for (name, column), box in columns.items():
            if name == ob.name and column in model.columns:
                target = box.cod.inside[0].name
                point = functor.space(target)
                yield Input(wire, column, target, point, point.dtype or dtype)
