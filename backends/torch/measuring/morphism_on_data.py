"""A morphism from sample spaces as a function of batches: what predictions and metrics are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from discopy import markov
from torch import Tensor

from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.mask import Batch
from learning_diagrams.backends.torch.data.presence import Presence, all_of
from learning_diagrams.backends.torch.measuring.measurable import Measurable
from learning_diagrams.diagrams.sample_space import SampleObject
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import TypeMismatch, brief


class MorphismOnData:
    """A morphism from different sample spaces, applied to the rows of a batch.

    Parameters
    ----------
    diagram : Diagram that starts from one sample space, or from a product of different ones.
    where : str, what asks for it, as errors name it.

    Raises
    ------
    TypeMismatch : the diagram starts from something else.
    """

    def __init__(self, objective: Measurable, diagram: Any, where: str) -> None:
        if not isinstance(diagram, markov.Diagram):
            raise TypeMismatch(f"{where} takes a morphism from data, as pixels >> student; got {brief(diagram)}")
        self.spaces = tuple(ob.name for ob in diagram.dom.inside)
        if not starts_from_data(diagram) or len(set(self.spaces)) < len(self.spaces):
            raise TypeMismatch(
                f"{where} takes a morphism that starts from one sample space, or from different ones, as "
                f"pixels >> student; this morphism starts from {diagram.dom or 'I'}; for tensors of your own, call "
                "objective.model(morphism)"
            )
        self.columns = {
            (space, name): objective.functor.space(column.cod.inside[0].name)
            for (space, name), column in Signature.of([diagram]).columns.items()
        }
        self._layout = layout_for(objective.loss.layout, [self])
        self._cells = {(*at, 0): space for at, space in self.columns.items()}
        self._positions = [objective.functor.space(ob.name).compared(self._cells) for ob in diagram.cod.inside]
        self._model = objective.model(diagram)

    def __call__(self, batch: Batch) -> tuple[tuple[Any, ...], Tensor | None]:
        """The outputs for the rows of a batch, and what is present; None where no column has a mask or padding.

        What is present is a mask [rows], or as fine as the positions that all outputs have.
        """
        batch = self._layout.prepare(batch)
        presence, rows = Presence(batch), self._layout.fill(batch)
        masks = [presence(*self._cells)]
        if all(self._positions):
            masks += [presence.positions(*each.keys, ndim=each.ndim) for each in self._positions if each]
        outputs = self._model(*(rows.get(space, {}) for space in self.spaces))
        return outputs if isinstance(outputs, tuple) else (outputs,), all_of(masks)


def starts_from_data(diagram: markov.Diagram) -> bool:
    """Whether a diagram starts from sample spaces, at least one."""
    return bool(diagram.dom.inside) and all(isinstance(ob, SampleObject) for ob in diagram.dom.inside)


def layout_for(known: BatchLayout, morphisms: Iterable[MorphismOnData], read: BatchLayout | None = None) -> BatchLayout:
    """The layout of the batches that some morphisms read, and beside them what the layout `read` reads.

    Parameters
    ----------
    known : BatchLayout, whose columns are known.
    """
    spaces = {space: dict(columns) for space, columns in known.spaces.items()}
    columns: dict[str, dict[str, None]] = {} if read is None else {s: dict.fromkeys(n) for s, n in read.read.items()}
    paired = set() if read is None else set(read.paired)
    for morphism in morphisms:
        for (space, name), target in morphism.columns.items():
            spaces.setdefault(space, {})[name] = target
            columns.setdefault(space, {})[name] = None
        paired |= {group} if len(group := tuple(s for s in morphism.spaces if s in columns)) > 1 else set()
    draws: Mapping[str, int] = dict.fromkeys(columns, 1) | ({} if read is None else dict(read.draws))
    return replace(
        known,
        spaces=spaces,
        read={space: tuple(names) for space, names in columns.items()},
        draws=draws,
        paired=tuple(sorted(paired)),
    )
