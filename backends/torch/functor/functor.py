"""The functor that sends objects to spaces and boxes to modules.

>>> import torch
>>> from learning_diagrams.diagrams.box import Kernel, Ty
>>> from learning_diagrams.backends.torch.functor.discrete import Finite
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> image, digit = Ty("image"), Ty("digit")
>>> student = Kernel("student", image, digit)
>>> F = TorchFunctor(ob={image: Euclidean(64), digit: Finite(10)}, ar={student: torch.nn.Linear(64, 10)})
>>> F(image @ digit)
(Euclidean(64), Finite(10))
>>> F(student)(torch.zeros(5, 64)).shape
torch.Size([5, 10])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from discopy import markov
from torch import Tensor, nn
from torch.distributions import Distribution

from learning_diagrams.backends.torch.functor.draws import expand, floating_dtype, one_hot, parameters_of
from learning_diagrams.backends.torch.functor.freezing import Freezing
from learning_diagrams.backends.torch.functor.scheduled_number import ScheduledNumber
from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.functor.tensor_map import SampleRows, TensorMap, Value, WireDistribution
from learning_diagrams.backends.torch.functor.uses import bound_module
from learning_diagrams.diagrams.box import Diagram, Ty, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.sample_space import Column, SampleObject, State
from learning_diagrams.errors import CompileError, DuplicateName, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.errors.short_text import one_line
from learning_diagrams.schedule import Schedule
from learning_diagrams.semantics.divergences import DivergenceKind
from learning_diagrams.semantics.functor.functor import fold
from learning_diagrams.semantics.functor.space import Kind

Module = Callable[..., Any]


class TorchFunctor(markov.Functor):
    """A functor from diagrams to maps of tensors; one name is one set of parameters, so weight sharing is syntax.

    It evaluates a diagram as it is written, box by box. Tests compare the loss that `compile` makes with this
    meaning. Laws: `F(f >> g) = F(f) >> F(g)`, `F(f @ g) = F(f) @ F(g)`, and F preserves copies, discards and swaps.

    Parameters
    ----------
    ob : dict from object to Space; an object is a type of one object, or its name.
    ar : dict from box, or its name, to module. A module is any callable of one positional tensor a wire that returns a
        tensor or Distribution, or a tuple of n for n outputs. A box from I may have a schedule in place of a module:
        its number, [1, 1], moves with the steps of the objective. The module of a box with `uses` gets after its inputs
        a mapping from the name of each used box to a callable.
    divergences : functions decorated by `divergence`, used for their names; other names have their latest definition.
        One that is a module is among the functor's modules, under the name of the divergence.

    Raises
    ------
    DuplicateName : two boxes of one name; one module, or one parameter, for two boxes; two divergences of one name.
    TypeMismatch : a key that is no object or box, a value that is no space or callable, a divergence that is not a
        decorated function.
    """

    def __init__(
        self,
        ob: Mapping[Ty | str, Space],
        ar: Mapping[markov.Box | str, Module],
        divergences: Iterable[Callable[..., Tensor]] = (),
    ) -> None:
        for keyword, mapping in (("ob", ob), ("ar", ar)):
            if not isinstance(mapping, Mapping):
                raise TypeMismatch(f"{keyword}= of TorchFunctor is a mapping, got {brief(mapping)}")
        self.spaces = {_object_name(key): _require_space(key, space) for key, space in ob.items()}
        self.modules: dict[str, Module] = {}
        for key, module in ar.items():
            name = key.name if isinstance(key, markov.Box) and not isinstance(key, Column | State) else key
            if not isinstance(name, str):
                raise TypeMismatch(f"the keys of ar= are boxes or their names, got {brief(key)}")
            if name in self.modules:
                raise DuplicateName(
                    f"box {name!r} is given two modules, under the box and under its name; one name is one set of "
                    "parameters"
                )
            if isinstance(module, type):
                raise TypeMismatch(
                    f"the module of box {name!r} is the class {module.__name__}; make one, as {module.__name__}(…)"
                )
            if not callable(module):
                raise TypeMismatch(
                    f"the module of box {name!r} must be callable, got {brief(module)}; a constant is lambda: value"
                )
            self.modules[name] = ScheduledNumber(module) if isinstance(module, Schedule) else module
        self.divergences = _definitions(divergences)
        for kind in self.divergences:
            if (part := getattr(kind, "module", None)) is not None:
                if kind.name in self.modules:
                    raise DuplicateName(f"divergence {kind.name!r} has a module, and a box has its name; rename one")
                self.modules[kind.name] = part
        _require_disjoint(self.modules)
        self.freezing = Freezing(self.modules)
        super().__init__(ob=self._object, ar=self.__call__, cod=markov.Category(tuple, TensorMap))

    def __call__(self, other: Any) -> Any:
        """The tuple of spaces of a type, or the map of a diagram."""
        if isinstance(other, Ty):
            return tuple(
                SampleRows(ob.name) if isinstance(ob, SampleObject) else self.space(ob.name) for ob in other.inside
            )
        if not isinstance(other, Diagram):
            raise TypeMismatch(f"the functor is applied to types and diagrams, got {brief(other)}")
        graph = PortGraph.from_diagram(other)
        return TensorMap(
            self(other.dom),
            self(other.cod),
            lambda rows, values: fold(graph, values, lambda box, arguments: self.apply(box, arguments, rows)),
        )

    def __repr__(self) -> str:
        return one_line(f"TorchFunctor(ob={self.spaces}, ar={{{', '.join(map(repr, self.modules))}}})")

    def space(self, name: str) -> Space:
        """The space of an object; `UnknownName` if it has none."""
        if name not in self.spaces:
            raise UnknownName(
                f"object {name!r} has no space; give one in ob=, or spaces= of update; "
                f"{did_you_mean(name, self.spaces)}"
            )
        return self.spaces[name]

    def module(self, name: str) -> Module:
        """The module of a box; `UnknownName` if it has none."""
        if name not in self.modules:
            raise UnknownName(
                f"box {name!r} has no module; give one in ar=, or modules= of update; "
                f"{did_you_mean(name, self.modules)}"
            )
        return self.modules[name]

    def extend(self, other: TorchFunctor, leaving: Iterable[str] = ()) -> None:
        """Take over the spaces and modules of another functor; those of equal names are replaced.

        If a new module reuses a submodule of a box in `leaving`, that box is dropped from the functor.

        Raises `DuplicateName` if two boxes would share a module or a parameter.
        """
        taken = {id(part) for module in other.modules.values() for _, part in _parts(module)}
        leaves = [name for name in leaving if name in self.modules]
        lost = {name for name in leaves if any(id(part) in taken for _, part in _parts(self.modules[name]))}
        modules = {name: module for name, module in (self.modules | other.modules).items() if name not in lost}
        _require_disjoint(modules)
        self.spaces |= other.spaces
        self._exchange(modules)

    def restore(self, spaces: Mapping[str, Space], modules: Mapping[str, Module], frozen: frozenset[str]) -> None:
        """Restore the spaces, the modules and the set of frozen boxes."""
        self.spaces = dict(spaces)
        self._exchange(dict(modules))
        self.freezing.thaw(self.freezing.frozen - frozen)
        self.freezing.freeze(frozen)

    def _exchange(self, modules: dict[str, Module]) -> None:
        for name in {**self.modules, **modules}:
            if self.modules.get(name) is not modules.get(name):
                self.freezing.replace(name, modules.get(name))
        self.modules = modules

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the first floating parameter: that of columns whose space admits every floating dtype."""
        return floating_dtype(self.modules.values())

    @property
    def device(self) -> torch.device:
        """The device of the first parameter."""
        return next((parameter.device for parameter in parameters_of(self.modules.values())), torch.device("cpu"))

    def _object(self, ty: Ty) -> Space:
        return self.space(ty.inside[0].name)

    def apply(
        self,
        box: markov.Box,
        values: tuple[Value, ...],
        rows: int,
        call: Callable[[markov.Box, list[Any]], Any] | None = None,
    ) -> tuple[Value, ...]:
        """The values at the outputs of one box.

        Parameters
        ----------
        values : tuple of one value for each input wire.
        rows : int, the number of rows for which the output of a box from I stands.
        call : function of a box and its points that calls the module; by default the module is called as it is.
        """
        if isinstance(box, State):
            name = box.space.name
            raise CompileError(f"the state of {name!r} is data; only a compiled objective has a batch to draw")
        if isinstance(box, Column):
            (columns,) = values
            return (columns[box.name],)  # type: ignore[index]
        points = [self._argument(value, space) for value, space in zip(values, self(box.dom), strict=True)]
        spaces = self(box.cod)
        before = versions(points)
        kind: Kind = "point" if is_deterministic(box) else "distribution"
        result = bound_module(box, self.module)(*points) if call is None else call(box, points)
        outputs = outputs_of(box, result)
        require_untouched(box, before, points)
        if not values:
            ends = zip(outputs, spaces, strict=True)
            outputs = tuple(expand(output, rows, space.ndim(kind)) for output, space in ends)
        if kind == "point":
            return outputs
        return tuple(WireDistribution(box.name, space, output) for space, output in zip(spaces, outputs, strict=True))

    def _argument(self, value: Any, space: Space) -> Any:
        """The argument of a module for the value of a wire: a draw of a distribution; labels as vectors if needed."""
        if isinstance(value, WireDistribution):
            return value.draw()
        return one_hot(value, space.outcomes, self.modules) if space.one_hot and space.outcomes else value


def outputs_of(box: markov.Box, result: Any) -> tuple[Any, ...]:
    """The outputs of a module, one a wire; `CompileError` for outputs of another kind or number."""
    wanted = len(box.cod)
    outputs = (result,) if wanted == 1 else result
    if not isinstance(outputs, tuple) or len(outputs) != wanted:
        shown = f"a tuple of {len(result)}" if isinstance(result, tuple) else f"one {kind_of(result)}"
        count = "one tensor or Distribution" if wanted == 1 else f"a tuple of {wanted} tensors or Distributions"
        raise CompileError(
            f"the module of box {box.name!r} must return {count}, one for each of {box.cod or 'I'}; it returned {shown}"
        )
    for output in outputs:
        if not isinstance(output, Tensor | Distribution):
            raise CompileError(
                f"the module of box {box.name!r} returned {kind_of(output)}, where a tensor or a torch "
                "Distribution is needed; wrap it in a module that returns the tensor"
            )
    return outputs


def versions(points: Iterable[Tensor]) -> list[int]:
    """The number of writes to each tensor; tensors of inference mode do not count writes."""
    return [0 if point.is_inference() else point._version for point in points]


def require_untouched(box: markov.Box, before: list[int], points: Iterable[Tensor]) -> None:
    """Raise `CompileError` if a module has written to its input, which other boxes may read too."""
    if versions(points) != before:
        raise CompileError(
            f"the module of box {box.name!r} changes its input in place, so other boxes would read the changed value; "
            "use its form that does not, as nn.ReLU() for nn.ReLU(inplace=True)"
        )


def kind_of(value: object) -> str:
    """The name of a value's type; a fake tensor of the shape check is named a tensor."""
    return "Tensor" if isinstance(value, Tensor) else type(value).__name__


def _object_name(key: Ty | str) -> str:
    if isinstance(key, str):
        return key
    if not isinstance(key, Ty) or len(key) != 1 or isinstance(key.inside[0], SampleObject):
        raise TypeMismatch(f"the keys of ob= are types of one object, or their names; got {brief(key)}")
    return str(key.inside[0].name)


def _require_space(key: Ty | str, space: Space) -> Space:
    if not isinstance(space, Space):
        raise TypeMismatch(
            f"object {_object_name(key)!r} needs a space, as Euclidean(64) or Finite(10); got {brief(space)}"
        )
    return space


def _definitions(functions: Iterable[Callable[..., Tensor]]) -> tuple[DivergenceKind, ...]:
    """The definitions of decorated functions, at most one for each name."""
    if isinstance(functions, str | Mapping) or not isinstance(functions, Iterable):
        raise TypeMismatch(f"divergences= of TorchFunctor is a list of decorated functions, got {brief(functions)}")
    definitions: dict[str, DivergenceKind] = {}
    for function in functions:
        kind = getattr(function, "divergence", None)
        if not isinstance(kind, DivergenceKind):
            raise TypeMismatch(
                f"divergences= of TorchFunctor takes functions decorated by @divergence(…), got {brief(function)}"
            )
        if kind.name in definitions:
            raise DuplicateName(f"divergences= of TorchFunctor has two divergences named {kind.name!r}; give one")
        definitions[kind.name] = kind
    return tuple(definitions.values())


def _parts(module: Module) -> list[tuple[str, object]]:
    """A module, all modules in it and their parameters, each with its path."""
    within = [*module.named_modules(), *module.named_parameters()] if isinstance(module, nn.Module) else []
    return [("", module), *within]


def _require_disjoint(modules: Mapping[str, Module]) -> None:
    """Raise `DuplicateName` if two boxes share a module or a parameter."""
    owner: dict[int, str] = {}
    for name, module in modules.items():
        for path, part in _parts(module):
            other = owner.setdefault(id(part), name)
            if other != name:
                what = f"{path!r} of the module" if path else "the module"
                own = "" if isinstance(module, nn.Module) else "; boxes of different types get a lambda each"
                raise DuplicateName(
                    f"{what} of box {name!r} is also that of box {other!r}; sharing is written in the diagram, by "
                    f"using one box twice{own}"
                )
