"""A goal to break and axioms to satisfy, prepared for a search for models.

>>> from learning_diagrams.diagrams.box import Box, Id, Ty
>>> x = Ty("x")
>>> a = Box("a", x, x)
>>> problem = Problem(Equation(a, Id(x)), [Equation(a >> a, Id(x))], "markov")
>>> problem.objects, [box.name for box in problem.boxes.values()], len(problem.axioms)
(['x'], ['a'], 1)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discopy import markov

from learning_diagrams.diagrams.box import Diagram
from learning_diagrams.diagrams.labels import label, object_names
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.equality.normal_form import normalise
from learning_diagrams.equality.theory import Theory, determinism
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.semantics.models.candidate_rows import LEVELS, candidates
from learning_diagrams.semantics.models.joint_distribution import Elements, JointDistribution


@dataclass(frozen=True)
class TwoSides:
    """An equation, with its sides prepared for evaluation, and the objects of its domain."""

    lhs: JointDistribution
    rhs: JointDistribution
    dom: tuple[str, ...]


class Problem:
    """A goal to break and axioms to satisfy, prepared for the search.

    goal, axioms, theory, deterministic : as of `find_countermodel`.
    spoken : boxes and identities of which the question speaks besides.

    Attributes
    ----------
    boxes : dict from label to box, the boxes of all sides.
    objects : list of str, the names of all objects, those of the goal first.
    """

    def __init__(
        self,
        goal: Equation,
        axioms: Sequence[Equation],
        theory: Theory,
        deterministic: Iterable[markov.Box | str] = (),
        spoken: Iterable[Diagram] = (),
    ) -> None:
        self.theory, self._is_function = theory, determinism(theory, deterministic)
        self.boxes: dict[tuple[Any, ...], markov.Box] = {}
        self._number: dict[tuple[Any, ...], int] = {}
        names: dict[str, None] = {}
        equations = []
        for equation in (goal, *axioms):
            lhs, rhs = (self._joint(self._read(side, names)) for side in (equation.lhs, equation.rhs))
            equations.append(TwoSides(lhs, rhs, object_names(equation.lhs.dom)))
        self.objects = list(names)
        self.goal, self.axioms = equations[0], equations[1:]
        self.ends = [(object_names(box.dom), object_names(box.cod)) for box in self.boxes.values()]
        self._rows: dict[tuple[tuple[int, ...], bool, int], Sequence[dict[Elements, Any]]] = {}
        self.spoken = [(object_names(diagram.dom), object_names(diagram.cod)) for diagram in spoken]
        self.functions = [self._is_function(box) for box in self.boxes.values()]
        self.levels = 1 if theory != "symmetric" and all(self.functions) else LEVELS

    def _read(self, side: Diagram, names: dict[str, None]) -> PortGraph:
        graph = PortGraph.from_diagram(side, copies=self.theory != "symmetric")
        known: dict[int, tuple[Any, ...]] = {}
        for ty in (graph.dom, graph.cod):
            names.update(dict.fromkeys(object_names(ty)))
        for box in graph.boxes:
            if id(box) not in known:
                known[id(box)] = key = label(box)
                if key not in self.boxes:
                    self._number[key] = len(self.boxes)
                    self.boxes[key] = box
                    names.update(dict.fromkeys(object_names(box.dom @ box.cod)))
        return graph if self.theory == "symmetric" else normalise(graph, self._is_function)

    def extended(self, sizes: Mapping[str, int]) -> dict[str, int] | None:
        """The sizes with those of further objects, which are empty where they can be; None where a box ends nowhere.

        A box from sets with elements ends in sets with elements, except in "symmetric".
        """
        whole = dict.fromkeys((name for ends in self.spoken for names in ends for name in names), 0) | dict(sizes)
        todo = [*self.ends, *self.spoken] if self.theory != "symmetric" else []
        changed = True
        while changed:
            changed = False
            for dom, cod in todo:
                if all(whole[name] for name in dom) and not all(whole[name] for name in cod):
                    if any(sizes.get(name) == 0 for name in cod):
                        return None
                    whole.update((name, whole[name] or 1) for name in cod)
                    changed = True
        return whole

    def _joint(self, graph: PortGraph) -> JointDistribution:
        known: dict[int, int] = {}
        for box in graph.boxes:
            if id(box) not in known:
                known[id(box)] = self._number[label(box)]
        return JointDistribution(graph, [known[id(box)] for box in graph.boxes])

    def candidates(self, number: int, sizes: Mapping[str, int], level: int) -> Sequence[dict[Elements, Any]]:
        """The rows that the search tries for a box, by its number; computed once for all stages of the search."""
        key = tuple(sizes[name] for name in self.ends[number][1]), self.functions[number], level
        if key not in self._rows:
            self._rows[key] = candidates(key[0], self.theory, *key[1:])
        return self._rows[key]
