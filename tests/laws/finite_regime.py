"""Learning diagrams with exact finite modules: terms on all orders of a few rows.

Every object has three elements: labels of `Finite(3)`, or three points of the plane, the origin among them. A box is a
table, so that equations between boxes hold exactly.
"""

import itertools
from dataclasses import dataclass

import torch

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile

ROWS = 3
Y, Z = ld.Ty("y"), ld.Ty("z")
OMEGA, PSI = ld.SampleSpace("omega"), ld.SampleSpace("psi")
POINTS = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
SPACES = {Y: Finite(3, sample="straight-through"), Z: Euclidean(2)}
COLUMNS = {
    "y": [(OMEGA, "a"), (OMEGA, "b"), (OMEGA, "c"), (PSI, "d")],
    "z": [(OMEGA, "p"), (OMEGA, "q"), (PSI, "r")],
}
ARROWS = {  # name: (kernel, inputs, output)
    "f": (False, "y", "y"), "g": (False, "y", "y"), "e": (False, "y", "z"), "u": (False, "y", "z"),
    "s": (False, "z", "y"), "j": (False, "yy", "y"), "i": (False, "yy", "y"), "m": (False, "yz", "z"),
    "k": (True, "y", "y"), "l": (True, "y", "y"), "w": (True, "yy", "y"), "coin": (True, "", "y"),
    "n": (True, "y", "z"), "o": (True, "y", "z"),
}  # fmt: skip
BOXES = {
    name: (ld.Kernel if kernel else ld.Box)(name, ld.Ty(*inputs), ld.Ty(output))
    for name, (kernel, inputs, output) in ARROWS.items()
}


class Table(torch.nn.Module):
    """A box as a table: of elements, of probabilities, or of normal laws at the points."""

    def __init__(self, name, table):
        super().__init__()
        self.kernel, _, self.output = ARROWS[name]
        self.table = torch.as_tensor(table)

    def forward(self, *arguments):
        index = tuple(elements(argument) for argument in arguments)
        rows = self.table[index] if index else self.table.unsqueeze(0)
        if self.kernel:
            if self.output == "y":
                return rows.log()
            return torch.distributions.Normal(POINTS[rows], 0.01)
        return rows if self.output == "y" else POINTS[rows]


def elements(argument):
    """The numbers of the elements that labels, one-hot vectors or points stand for."""
    if not argument.is_floating_point():
        return argument
    if argument.shape[1] == 3:
        return argument.argmax(1)
    return torch.cdist(argument, POINTS.to(argument.dtype)).argmin(1)


@dataclass
class Regime:
    """A learning diagram with modules and data: `values` [rows] by column, and masks of some columns."""

    diagram: ld.LearningDiagram
    tables: dict
    values: dict
    masks: dict

    @property
    def functor(self):
        return TorchFunctor(
            ob={ty: SPACES[ty] for ty in self.diagram.objects},
            ar={box.name: Table(box.name, self.tables[box.name]) for box in self.diagram.boxes},
        )

    def column(self, space, name):
        values = torch.tensor(self.values[space, name])
        values = POINTS[values] if (ld.SampleSpace(space), name) in COLUMNS["z"] else values
        mask = self.masks.get((space, name))
        return values if mask is None else (values, torch.tensor(mask))

    @property
    def data(self):
        """The columns that the diagram reads, as a review takes them."""
        data = {space.name: {} for space in self.diagram.sample_spaces}
        for column in self.diagram.columns:
            entry = self.column(column.space.name, column.name)
            data[column.space.name][column.name] = (
                tuple(part.tolist() for part in entry) if isinstance(entry, tuple) else entry.tolist()
            )
        return data

    def terms(self):
        """The greatest value of each term over batches of all rows, in every order."""
        torch.manual_seed(0)
        with torch.no_grad():
            objective = compile(self.diagram, self.functor)
            greatest = {constraint.name: 0.0 for constraint in self.diagram.constraints}
            batch = {s: {n: self.column(s, n) for n in own} for s, own in self.data.items()}
            for order in map(list, itertools.permutations(range(ROWS))):
                rows = {s: {n: _ordered(entry, order) for n, entry in own.items()} for s, own in batch.items()}
                for name, value in objective(rows)[1].items():
                    greatest[name] = max(greatest[name], abs(value.item()))
        return greatest


def _ordered(entry, order):
    return tuple(part[order] for part in entry) if isinstance(entry, tuple) else entry[order]
