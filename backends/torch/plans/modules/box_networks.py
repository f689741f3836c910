"""The modules of boxes: each made by its name, with a seed of its own, or a copy of that of another box."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import torch
from torch import nn

from learning_diagrams.backends.torch.functor.space import Space
from learning_diagrams.backends.torch.plans.modules.box_ends import BoxEnds
from learning_diagrams.backends.torch.plans.names.registry import MODULES
from learning_diagrams.backends.torch.plans.reading.declared_names import DeclaredNames
from learning_diagrams.backends.torch.plans.reading.number_dtypes import common_dtype, said_dtypes
from learning_diagrams.backends.torch.training.seeds import seeded
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.errors import LearningDiagramError, TypeMismatch, UnknownName, brief, did_you_mean
from learning_diagrams.files.experiment import Faults
from learning_diagrams.files.experiment_shape import CopyShape, ModuleShape, name_and_options
from learning_diagrams.learning_diagram import LearningDiagram


class BoxNetworks:
    """Makes the modules of the boxes of learning diagrams.

    A box that follows another one (`ema`) and has no module gets a copy of that of the other: both start equal.

    Parameters
    ----------
    chosen : dict from box to what the plan says of its module.
    spaces : dict from object to Space.
    declared : DeclaredNames, by which an error tells a box that no term uses from one that there is not.
    """

    def __init__(
        self,
        diagrams: Iterable[LearningDiagram],
        chosen: Mapping[str, ModuleShape],
        spaces: Mapping[str, Space],
        seed: int,
        faults: Faults,
        declared: DeclaredNames | None = None,
    ) -> None:
        self.declared = declared or DeclaredNames()
        diagrams = [*diagrams]
        self.boxes: dict[str, Any] = {box.name: box for diagram in diagrams for box in diagram.boxes}
        self.followed = {target: source for d in diagrams for target, (source, _) in d.ema.items()}
        copies = {target: CopyShape(copy_of=source) for target, source in self.followed.items()}
        self.chosen: dict[str, ModuleShape] = {**copies, **chosen}
        self.spaces, self.seed, self.faults = spaces, seed, faults
        self.modules: dict[str, Any] = {}

    def make(self) -> dict[str, Any]:
        """For each box its module; what cannot be made is a fault."""
        copies = []
        for name, choice in self.chosen.items():
            with self.faults.at("modules", name):
                if self.boxes and name not in self.boxes:
                    message = f"no learning diagram has a box {name!r}"
                    raise self.declared.unknown("boxes", name, self.boxes, message)
                if isinstance(choice, CopyShape):
                    self._require_source(name)
                    copies.append(name)
                    continue
                kind, options = name_and_options(choice)
                if (ends := self._ends(name)) is None:  # the options have faults of their own
                    MODULES.require(kind, options, taken=1)
                else:
                    self.modules[name] = self._made(kind, options, ends)
        for name in self.boxes:
            if name not in self.chosen:
                with self.faults.at("modules"):
                    others = [other for other in self.chosen if other not in self.boxes]
                    advice = did_you_mean(name, others) if others else f"add one, as {brief(name)}: {{name: linear}}"
                    raise UnknownName(f"box {name!r} has no module; {advice}")
        for name in copies:
            if (source := self._origin(name)) in self.modules:
                with self.faults.at("modules", name):
                    self.modules[name] = deepcopy(self.modules[source])
        return self.modules

    def starts_elsewhere(self) -> Iterator[tuple[str, str]]:
        """The boxes that follow another box, and do not start from its parameters; each with the other."""
        for target, source in self.followed.items():
            first, second = (self.modules.get(name) for name in (target, source))
            if isinstance(first, nn.Module) and isinstance(second, nn.Module) and not _equal(first, second):
                yield target, source

    def _origin(self, name: str) -> str:
        """The box whose module is made, and which a box is a copy of, or a copy of a copy."""
        walk = {name}
        while isinstance(choice := self.chosen.get(name), CopyShape) and choice.copy_of not in walk:
            walk.add(name := choice.copy_of)
        return name

    def _require_source(self, name: str) -> None:
        """Raise an error for a copy of no box, of itself, or of a box between other spaces."""
        source = self._origin(name)
        if isinstance(self.chosen.get(source), CopyShape):
            raise TypeMismatch(f"box {name!r} is a copy of {source!r}, and so of itself; give one of them a module")
        if self.boxes and source not in self.boxes:
            others = self.boxes.keys() - {name}
            raise self.declared.unknown("boxes", source, others, f"there is no box {source!r} to copy")
        ends, its = self._ends(name), self._ends(source)
        if ends is not None and its is not None and ends != replace(its, name=name):
            raise TypeMismatch(f"a copy has the spaces of what it copies; {ends.in_words}, and {its.in_words}")

    def _ends(self, name: str) -> BoxEnds | None:
        """The spaces of a box; None where one of them is not known."""
        box = self.boxes.get(name)
        if box is None or not all(ob.name in self.spaces for ty in (box.dom, box.cod) for ob in ty.inside):
            return None
        dom, cod = (tuple(self.spaces[ob.name] for ob in ty.inside) for ty in (box.dom, box.cod))
        dtype = next(iter(said_dtypes(dom + cod)), common_dtype(self.spaces.values()))
        return BoxEnds(name, dom, cod, not is_deterministic(box), dtype)

    def _made(self, kind: str, options: Mapping[str, Any], ends: BoxEnds) -> Any:
        # The seed of a box is its own, so that boxes which are added or reordered change no other box.
        own = int.from_bytes(blake2b(f"{self.seed}:{ends.name}".encode(), digest_size=7).digest(), "big")
        with seeded(own, torch.device("cpu")):
            try:
                network = MODULES.make(kind, options, ends)
                if isinstance(network, nn.Module) and ends.dtype != torch.get_default_dtype():
                    with warnings.catch_warnings():
                        warnings.filterwarnings("ignore", "Complex modules are a new feature")
                        network.to(ends.dtype)
                return network
            except LearningDiagramError:
                raise
            except Exception as error:  # of a maker, or of PyTorch, as for more numbers than fit into memory
                reason = f"{type(error).__name__}: {brief((str(error).splitlines() or [''])[0])}"
                raise TypeMismatch(f"{kind!r} cannot be made: {reason}; {ends.in_words}") from error


def _equal(first: nn.Module, second: nn.Module) -> bool:
    """Whether two modules have equal parameters and buffers."""
    mine, other = first.state_dict(), second.state_dict()
    return mine.keys() == other.keys() and all(
        value.shape == other[key].shape and bool((value == other[key]).all()) for key, value in mine.items()
    )
