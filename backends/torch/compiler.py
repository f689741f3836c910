"""The loss functor into PyTorch: a learning diagram, and spaces and modules for it, become one loss.

>>> import torch
>>> from learning_diagrams.backends.torch.space import Euclidean
>>> from learning_diagrams.box import Box, Ty
>>> from learning_diagrams.sample_space import SampleSpace
>>> x, rows = Ty("x"), SampleSpace("rows")
>>> a, b, c = (Box(name, x, x) for name in "abc")
>>> triangle = LearningDiagram(Constraint("commutes", a >> b, c, over=rows.column("x", x)))
>>> F = TorchFunctor(ob={x: Euclidean(1)}, ar={n: torch.nn.Linear(1, 1, bias=False) for n in "abc"})
>>> print(compile(triangle, F).code)
def loss(batch, boxes, constants):
    # commutes: a >> b = c over x
    x = batch['rows']['x']
    a_out = boxes['a'](x)
    b_out = boxes['b'](a_out)
    c_out = boxes['c'](x)
    commutes = squared_error(c_out, b_out)
<BLANKLINE>
    total = constants.weight_commutes * commutes  # 1.0
    return total, {
        'commutes': commutes,
    }
<BLANKLINE>
"""

from __future__ import annotations

import warnings
from collections import Counter

from torch import nn

from learning_diagrams.anchoring import anchored, says_nothing
from learning_diagrams.backends.torch.batch import BatchLayout
from learning_diagrams.backends.torch.code import RESERVED, Distance, Names, Term
from learning_diagrams.backends.torch.divergence import resolve
from learning_diagrams.backends.torch.functor import TorchFunctor
from learning_diagrams.backends.torch.objective import Objective
from learning_diagrams.backends.torch.program import Apply, ProgramBuilder, Statement, Variable, needed
from learning_diagrams.backends.torch.shape_check import check_shapes
from learning_diagrams.backends.torch.space import Finite
from learning_diagrams.box import Diagram, is_deterministic
from learning_diagrams.equation import Constraint, Divergence
from learning_diagrams.errors import CompileError, TypeMismatch
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.normal_form import normal_form
from learning_diagrams.port_graph import PortGraph
from learning_diagrams.semantics.divergence import divergence as divergence_kind


def compile(diagram: LearningDiagram, functor: TorchFunctor) -> Objective:
    """The loss of a learning diagram as a module.

    Every deterministic application is computed once, every law once, and a draw once for each occurrence of its
    kernel. Frozen boxes are put in eval with `requires_grad=False`; others get back the flags that they came with.

    Raises
    ------
    UnknownName : an object without a space, a box without a module, a divergence that does not exist.
    CompileError : a module that does not fit the type of its box, a divergence that does not fit its space, a
        constraint that this version cannot test.
    """
    if not isinstance(diagram, LearningDiagram):
        raise TypeMismatch(f"compile takes a learning diagram and a functor, got {diagram!r}")
    if not isinstance(functor, TorchFunctor):
        raise TypeMismatch(f"compile takes a TorchFunctor as its second argument, got {functor!r}")
    if not diagram.constraints:
        raise CompileError(f"learning diagram {diagram.name!r} has no constraint, so it has no loss")
    for ty in diagram.objects:
        functor.space(ty.inside[0].name)
    open_constraints = [constraint for constraint in diagram.constraints if not _proved(constraint)]
    frozen = {box.name for box in diagram.frozen}
    unchecked = _check_boxes(open_constraints, functor, frozen)
    builder = ProgramBuilder(functor.spaces, frozen)
    constants = _ConstantTable()
    lowered = [
        (constraint, _lower(constraint, builder, constants), len(builder.statements)) for constraint in open_constraints
    ]
    results = [variable for _, distances, _ in lowered for d in distances for variable in (d.reference, d.prediction)]
    kept = needed(builder.statements, results)
    terms = _terms(diagram, lowered, builder.statements, kept, constants)
    paired = {
        tuple(dict.fromkeys(ob.name for ob in constraint.source.dom.inside))
        for constraint in open_constraints
        if len(set(constraint.source.dom.inside)) > 1
    }
    names = (space.name for space in diagram.sample_spaces)
    layout = BatchLayout.of(diagram.columns, names, kept, functor.spaces, sorted(paired))
    _restore(diagram, functor, kept)
    return Objective(diagram, functor, terms, constants.values, layout, unchecked)


class _ConstantTable:
    """The weights and temperatures of a loss, each under an identifier of its own."""

    def __init__(self) -> None:
        self._names = Names({*RESERVED, "zero", *dir(nn.Module)})
        self.values: dict[str, float] = {}

    def add(self, hint: str, value: float) -> str:
        name = self._names.new(hint)
        self.values[name] = value
        return name


def _proved(constraint: Constraint) -> bool:
    """Whether the term is 0 whatever the boxes are; a typed error where this version cannot test the constraint."""
    if says_nothing(constraint):
        warnings.warn(
            f"constraint {constraint.name!r} is proved by the theory alone, so its term is the constant 0", stacklevel=4
        )
        return True
    if constraint.tested == "in law":
        raise CompileError(
            f"constraint {constraint.name!r} starts from I, so its sides are compared in law, which this version does "
            "not compile; give over=, or start from a sample space"
        )
    return False


def _check_boxes(constraints: list[Constraint], functor: TorchFunctor, frozen: set[str]) -> frozenset[str]:
    """Check every box that a constraint needs against its module; the names of those that are not checkable."""
    graphs = [normal_form(anchored(c.source, side)) for c in constraints for side in (c.lhs, c.rhs)]
    for box in {box.name: box for graph in graphs for box in graph.boxes}.values():
        finite = [ob.name for ob in box.cod.inside if isinstance(functor.spaces.get(ob.name), Finite)]
        module = functor.modules.get(box.name)
        trained = isinstance(module, nn.Module) and box.name not in frozen and any(True for _ in module.parameters())
        if finite and is_deterministic(box) and trained:
            raise CompileError(
                f"box {box.name!r} is trained and ends in {functor.spaces[finite[0]]!r}, but a function into labels "
                f"has no gradient; use Kernel({box.name!r}, …), whose module returns logits"
            )
    return check_shapes(functor, graphs)


def _lower(constraint: Constraint, builder: ProgramBuilder, constants: _ConstantTable) -> list[Distance]:
    """The distances between the two sides of a constraint, one for each output wire."""
    where = f"constraint {constraint.name!r}"
    points = builder.source(constraint.source)
    sides = []
    for side in (constraint.lhs, constraint.rhs):
        _require_free_outputs(side, where)
        sides.append([builder.result(end, where) for end in builder.fold(side, points)])
    given = constraint.divergence
    asked = given if isinstance(given, tuple) else (given,) * len(sides[0])
    shared: dict[tuple[str, float], str] = {}
    return [
        _distance(reference, prediction, one, where, constraint.name, constants, shared)
        for prediction, reference, one in zip(*sides, asked, strict=True)
    ]


def _distance(
    reference: Variable,
    prediction: Variable,
    asked: Divergence | None,
    where: str,
    name: str,
    constants: _ConstantTable,
    shared: dict[tuple[str, float], str],
) -> Distance:
    space = reference.space
    assert space is not None, "only row counts have no space, and they are no results"
    if asked is None and space.divergence is None:
        raise CompileError(f"{where}: {space!r} has no divergence of its own; give divergence=")
    asked = asked or Divergence(str(space.divergence))
    options = dict(asked.options)
    divergence_kind(asked.name).check(options, where)
    function = resolve(asked.name, space, reference.kind, prediction.kind, tuple(options), where)
    changed = {key: float(value) for key, value in options.items() if value != 1}
    for item in changed.items():
        if item not in shared:
            shared[item] = constants.add(f"{item[0]}_{name}", item[1])
    return Distance(function, reference, prediction, tuple((key, shared[key, value]) for key, value in changed.items()))


def _require_free_outputs(side: Diagram, where: str) -> None:
    """Divergences add over output wires only where no law is wired to two outputs, or to an output and a box."""
    graph = normal_form(PortGraph.from_diagram(side))
    uses = Counter(wire for arguments in graph.arguments for wire in arguments)
    outputs = Counter(graph.outputs)
    for box, _, made in graph.applications():
        for wire in made:
            if not is_deterministic(box) and outputs[wire] and outputs[wire] + uses[wire] > 1:
                raise CompileError(
                    f"{where}: the output of kernel {box.name!r} goes to an output and is used again, so the outputs "
                    "of this side are not independent and their divergences do not add; compare the joint in one "
                    "object, or draw first with over="
                )


def _terms(
    diagram: LearningDiagram,
    lowered: list[tuple[Constraint, list[Distance], int]],
    statements: list[Statement],
    kept: list[Statement],
    constants: _ConstantTable,
) -> list[Term]:
    """A term for each constraint in order of name, each with the kept statements that were made for it."""
    alive = {id(statement) for statement in kept}
    made: dict[str, tuple[tuple[Statement, ...], tuple[Distance, ...]]] = {}
    start = 0
    for constraint, distances, end in lowered:
        own = tuple(statement for statement in statements[start:end] if id(statement) in alive)
        made[constraint.name], start = (own, tuple(distances)), end
    terms = []
    for constraint in diagram.constraints:
        statements_of, distances_of = made.get(constraint.name, ((), ()))
        title = f"{constraint.lhs} = {constraint.rhs}" + (f" over {constraint.over}" if constraint.over else "")
        weight = constants.add(f"weight_{constraint.name}", constraint.weight)
        terms.append(Term(constraint.name, title, statements_of, distances_of, weight, constraint.weight))
    return terms


def _restore(diagram: LearningDiagram, functor: TorchFunctor, kept: list[Statement]) -> None:
    """Give trained boxes the flags that they came with, and say what will not learn or is not a function."""
    frozen = {box.name for box in diagram.frozen}
    applied = dict.fromkeys(statement.box for statement in kept if isinstance(statement, Apply))
    random = []
    for name in applied:
        module = functor.modules[name]
        if name in frozen or not isinstance(module, nn.Module):
            continue
        functor.restore(name)
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            warnings.warn(
                f"box {name!r} is not frozen, but no parameter of its module requires a gradient, so it will not learn",
                stacklevel=3,
            )
        if any(_depends_on_more(part) for part in module.modules()):
            random.append(name)
    if random:
        warnings.warn(
            f"the modules of {', '.join(map(repr, random))} have dropout or batch statistics, so in training they are "
            "no functions of their input; each application is evaluated once, and what is proved holds in eval mode",
            stacklevel=3,
        )


def _depends_on_more(part: nn.Module) -> bool:
    if isinstance(part, nn.modules.dropout._DropoutNd):
        return part.p > 0
    return isinstance(part, nn.modules.batchnorm._NormBase) and (part.training or not part.track_running_stats)
