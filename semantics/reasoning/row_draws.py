"""Row draws: two draws from one sample space are two different rows, so that they are no two copies of one wire.

`RowDraws` reads a question in which a side draws several rows of a space. Each draw gets a sample space of its own, and
an equation about rows is read at each choice of different draws. So no equation about pairs of rows is used at a pair
of equal rows. States beside each other become one kernel, their joint law, so that no equation about the law of one row
is used while another row is drawn. A proof is read back, into the names of the question.

>>> x, rows = Ty("x"), SampleSpace("rows")
>>> at, to = rows.column("at", x), rows.column("to", x)
>>> one_row, two_rows = Equation(at, to), Equation(at @ at, to @ to)
>>> [len(list(RowDraws(goal).uses(premise))) for goal in (one_row, two_rows) for premise in (one_row, two_rows)]
[1, 0, 2, 2]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product

from discopy import markov

from learning_diagrams.diagrams.box import Kernel, Ty
from learning_diagrams.diagrams.port_graph import PortGraph, PortGraphBuilder, Wire
from learning_diagrams.diagrams.sample_space import Column, SampleObject, SampleSpace, State
from learning_diagrams.presentation.equation import Equation
from learning_diagrams.presentation.reading import drawn_spaces
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rules.step import Step
from learning_diagrams.semantics.functor.functor import fold

Numbers = Mapping[str, tuple[int, ...]]  # for each sample space the numbers of its draws, in order of the inputs
_MARK = "\N{REPLACEMENT CHARACTER}row "  # in the names of spaces that exist during a search only


def row_inputs(graph: PortGraph) -> Counter[str]:
    """The number of inputs of each sample space."""
    return Counter(ob.name for ob in graph.dom.inside if isinstance(ob, SampleObject))


class RowDraws:
    """The draws of rows in a question.

    several : dict from str to int, for each sample space of which a side draws several rows, their number.
    goal : Equation with a sample space for each draw; None where the sides end in rows of different draws.
    """

    def __init__(self, goal: Equation) -> None:
        lhs, rhs = (row_inputs(form) + Counter(drawn_spaces(form)) for form in goal.normal_forms)
        self.several = {space: number for space, number in (lhs | rhs).items() if number > 1}
        self.original = goal
        self.goal: Equation | None = goal
        if self.several:
            inputs = row_inputs(goal.normal_forms[0])
            self.goal = self._apart(goal, {space: tuple(range(inputs[space])) for space in self.several})

    def uses(
        self, premise: Equation, also_equal: bool = False, one_draw: bool = True
    ) -> Iterator[tuple[Numbers, Equation]]:
        """The readings of a premise at draws of the goal, each with the numbers of the draws.

        also_equal : bool, whether the premise holds where draws are one row, as an axiom does.
        one_draw : bool, whether one draw gives all rows that are no inputs, which are then different rows. It does
            unless a premise draws rows.
        """
        graphs = premise.normal_forms
        inputs, first = row_inputs(graphs[0]), row_inputs(self.original.normal_forms[0])
        drawn = Counter(drawn_spaces(graphs[0])) | Counter(drawn_spaces(graphs[1]))
        for space in inputs.keys() | drawn.keys():
            if space not in self.several and inputs[space] + drawn[space] > 1 and (drawn[space] or not also_equal):
                return
        own = [space for space in self.several if inputs[space] or drawn[space]]
        for graph in graphs:
            states = Counter(drawn_spaces(graph))
            if any(states[space] and inputs[space] + states[space] < 2 for space in own):
                return  # the law of one row, in a question about several
        choices: list[Iterator[tuple[int, ...]]] = []
        for space in own:
            if drawn[space]:
                choices.append(iter([tuple(range(inputs[space]))]))
            elif also_equal:
                choices.append(product(range(self.several[space]), repeat=inputs[space]))
            else:
                different = permutations(range(self.several[space]), inputs[space])
                choices.append(c for c in different if one_draw or sum(draw >= first[space] for draw in c) < 2)
        for chosen in product(*choices):
            numbers = dict(zip(own, chosen, strict=True))
            if (reading := self._apart(premise, numbers) if own else premise) is not None:
                yield numbers, reading

    def _apart(self, equation: Equation, numbers: Numbers) -> Equation | None:
        lhs, rhs = (_apart(graph, numbers, self.several) for graph in equation.normal_forms)
        return Equation(lhs.to_diagram(), rhs.to_diagram(), equation.name) if lhs.cod == rhs.cod else None

    def read_back(self, proof: Proof, premises: Mapping[str, Equation], names: Mapping[str, str]) -> Proof:
        """A proof of the question as it was asked.

        premises : mapping from str to Equation, the premises as they were given.
        names : mapping from the names of readings of premises to the names of these.
        """
        own_names = {name: names.get(name, name) for name in proof.axioms}
        axioms = {own_names[name]: premises.get(own_names[name], axiom) for name, axiom in proof.axioms.items()}

        def step(own: Step) -> Step:
            return Step(names.get(own.name, own.name), own.backwards, _back(own.before), _back(own.after))

        def steps(own: Proof) -> tuple[Step, ...]:
            return tuple(map(step, own.steps))

        lemmas = {}
        for name, lemma in proof.lemmas.items():
            lhs, rhs = (_back(graph).to_diagram() for graph in lemma.statement.graphs)
            lemmas[name] = Proof(Equation(lhs, rhs, lemma.statement.name), lemma.theory, steps(lemma), axioms)
        return Proof(self.original, proof.theory, steps(proof), axioms, lemmas)


def _apart(graph: PortGraph, numbers: Numbers, several: Mapping[str, int]) -> PortGraph:
    """A graph with a sample space for each draw from some spaces, and one kernel for all states of each.

    The inputs of a space are the draws of the given numbers, and its states are the draws after as many as inputs.
    """
    inputs, taken = row_inputs(graph), Counter[str]()
    dom: list[object] = []
    for ob in graph.dom.inside:
        dom.append(_space(ob.name, numbers[ob.name][taken[ob.name]]).ty.inside[0] if ob.name in several else ob)
        taken[ob.name] += 1
    builder = PortGraphBuilder(Ty(*dom))
    space_of = {wire: SampleSpace(ob.name) for wire, ob in enumerate(dom) if isinstance(ob, SampleObject)}
    states = {outputs[0]: box.space.name for box, _, outputs in graph.applications() if isinstance(box, State)}
    # States that are outputs come first, in their order, so that the sides of an equation number them alike.
    order = dict.fromkeys(wire for wire in (*graph.outputs, *states) if states.get(wire) in several)
    row_of: dict[Wire, Wire] = {}
    for space, count in Counter(states.values()).items():
        if space in several:
            before = inputs[space]
            ends = [_space(space, number).ty for number in range(before + count)]
            dom_of_law, cod_of_law = Ty().tensor(*ends[:before]), Ty().tensor(*ends[before:])
            others = Kernel(f"{_MARK}{before} {count} {space}", dom_of_law, cod_of_law)
            outputs = builder.add(others, [w for w, ob in enumerate(graph.dom.inside) if ob.name == space])
            space_of |= dict(zip(outputs, (SampleSpace(end.inside[0].name) for end in ends[before:]), strict=True))
            row_of |= dict(zip([wire for wire in order if states[wire] == space], outputs, strict=True))
    wires: list[Wire] = list(builder.inputs)
    for box, arguments, own in graph.applications():
        places = [wires[argument] for argument in arguments]
        if own and own[0] in row_of:
            wires.append(row_of[own[0]])
            continue
        if isinstance(box, Column) and box.space.name in several:
            box = space_of[places[0]].column(box.name, box.cod)
        wires += builder.add(box, places)
    outer = zip(graph.outputs, graph.cod.inside, strict=True)
    cod = [space_of[wires[wire]].ty if wires[wire] in space_of else Ty(ob) for wire, ob in outer]
    return builder.build(Ty().tensor(*cod), [wires[wire] for wire in graph.outputs])


def _space(name: str, number: int) -> SampleSpace:
    return SampleSpace(f"{_MARK}{number} {name}")


def _name(name: str) -> str:
    """The name of the space of a draw, or any other name as it is."""
    return name.removeprefix(_MARK).split(" ", 1)[1] if name.startswith(_MARK) else name


def _ty(ty: Ty) -> Ty:
    return Ty(*(SampleObject(_name(ob.name)) if isinstance(ob, SampleObject) else ob for ob in ty.inside))


def _back(graph: PortGraph) -> PortGraph:
    """A graph over the sample spaces themselves: one space for all of its draws, and a state for each drawn row."""
    builder = PortGraphBuilder(_ty(graph.dom))

    def add(box: markov.Box, wires: tuple[Wire, ...]) -> Sequence[Wire]:
        if isinstance(box, Kernel) and box.name.startswith(_MARK):
            return [builder.add(SampleSpace(_name(ob.name)).state, [])[0] for ob in box.cod.inside]
        if isinstance(box, Column):
            box = SampleSpace(_name(box.space.name)).column(box.name, box.cod)
        return builder.add(box, wires)

    return builder.build(_ty(graph.cod), fold(graph, builder.inputs, add))
