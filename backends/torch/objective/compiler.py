"""The loss functor into PyTorch: a learning diagram, and spaces and modules for it, become one loss.

>>> import torch
>>> from learning_diagrams.backends.torch.functor.space import Euclidean
>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.presentation.constraint import Constraint
>>> from learning_diagrams.diagrams.sample_space import SampleSpace
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
    total = constants['weight_commutes'] * commutes  # 1.0
    return total, {
        'commutes': commutes,
    }
<BLANKLINE>
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from torch import nn

from learning_diagrams.backends.torch.axioms.axiom_check import AxiomCheck
from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.divergences.rule_check import require_rules
from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.functor.box_modules import hides_parameters
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.shape_check import Checked, check_shapes
from learning_diagrams.backends.torch.objective.executable import printer
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.optimizers.named_optimizer import optimizer_of
from learning_diagrams.diagrams.box import is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.errors import CompileError, TypeMismatch, brief
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.player import Player
from learning_diagrams.semantics.program.loss_program import lower_loss
from learning_diagrams.semantics.program.statement import Apply, Statement


def compile(diagram: LearningDiagram, functor: TorchFunctor, axioms: Literal["check", "trust"] = "check") -> Objective:
    """The loss of a learning diagram as a module.

    Every deterministic application is computed once, every law once, and a draw once for each occurrence of its
    kernel. Frozen boxes are put in eval with `requires_grad=False`; others get back the flags that they came with.

    Parameters
    ----------
    axioms : "check" evaluates both sides of each axiom on the first batch, once, and a false one is a `FalseAxiom`
        there; "trust" evaluates nothing.

    Raises
    ------
    UnknownName : an object without a space, a box without a module, a divergence that does not exist.
    CompileError : a module that does not fit the type of its box, a divergence that does not fit its space, a
        constraint whose sides cannot be compared.
    """
    if not isinstance(diagram, LearningDiagram):
        raise TypeMismatch(f"compile takes a learning diagram and a functor, got {brief(diagram)}")
    if not isinstance(functor, TorchFunctor):
        raise TypeMismatch(f"compile takes a TorchFunctor as its second argument, got {brief(functor)}")
    if axioms not in ("check", "trust"):
        raise TypeMismatch(f"axioms= of compile is 'check' or 'trust', got {brief(axioms)}")
    if not diagram.constraints:
        raise CompileError(f"learning diagram {diagram.name!r} has no constraint, so it has no loss")
    players = {player.name: _compile_player(diagram, functor, player) for player in diagram.players}
    return _compile(diagram, functor, diagram.signature, axioms == "trust", players)


def _compile_player(diagram: LearningDiagram, functor: TorchFunctor, player: Player) -> Objective:
    """The objective of one player: its terms, each with its factor, and the boxes that it moves."""
    factors = dict(player.terms)
    chosen = [constraint for constraint in diagram.constraints if constraint.name in factors]
    used = {name for constraint in chosen for name in constraint.boxes}
    own = LearningDiagram(*chosen, frozen=[box for box in diagram.frozen if box.name in used], name=player.name)
    if player.optimizer is not None:
        optimizer_of(player.optimizer, f"player {player.name!r}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the whole game says the same once
        return _compile(own, functor, diagram.signature, True, {}, factors, frozenset(player.boxes))


def _compile(
    diagram: LearningDiagram,
    functor: TorchFunctor,
    known: Signature,
    trusted: bool,
    players: Mapping[str, Objective],
    factors: Mapping[str, float] = MappingProxyType({}),
    moves: frozenset[str] | None = None,
) -> Objective:
    """The objective of a learning diagram, or of a player, whose batches hold what the whole game knows."""
    for ty in diagram.objects:
        functor.space(ty.inside[0].name)
    frozen = {box.name for box in diagram.frozen}
    sides: list[PortGraph] = []
    for constraint in diagram.constraints:
        sides += () if constraint.reading.is_vacuous else constraint.reading.joints
        if constraint.reading.is_vacuous:
            warnings.warn(
                f"constraint {constraint.name!r} is proved by the theory alone, so its term is the constant 0",
                stacklevel=3,
            )
    axiom_check = AxiomCheck(diagram, functor, sides, trusted=trusted)
    checked = _check_boxes(sides, functor, frozen, axiom_check.sides.values())
    program = lower_loss(
        diagram,
        functor.spaces,
        TorchDivergences(),
        {*printer().reserved, *dir(nn.Module)},
        known.columns,
        factors,
    )
    require_rules(program, checked)
    layout = BatchLayout.of(known, program.statements, functor.spaces, program.paired)
    objective = Objective(
        diagram,
        functor,
        program.terms,
        program.constants,
        layout,
        checked.not_checkable,
        axiom_check,
        players,
        moves,
    )
    _warn(frozen, functor, program.statements)
    return objective


def _check_boxes(
    graphs: list[PortGraph], functor: TorchFunctor, frozen: set[str], axioms: Iterable[PortGraph]
) -> Checked:
    """Check every box that a constraint, or an axiom that is to be checked, needs against its module."""
    spaces = functor.spaces
    for box in {box.name: box for graph in graphs for box in graph.boxes}.values():
        finite = [name for ob in box.cod.inside if (name := ob.name) in spaces and spaces[name].outcomes is not None]
        module = functor.modules.get(box.name)
        trained = isinstance(module, nn.Module) and box.name not in frozen and any(True for _ in module.parameters())
        if finite and is_deterministic(box) and trained:
            raise CompileError(
                f"box {box.name!r} is trained and ends in {spaces[finite[0]]!r}, but a function into labels "
                f"has no gradient; use Kernel({box.name!r}, …), whose module returns logits"
            )
    return check_shapes(functor, [*graphs, *axioms], frozen)


def _warn(frozen: set[str], functor: TorchFunctor, kept: Sequence[Statement]) -> None:
    """Say what will not learn, and what is not a function of its input."""
    applied = dict.fromkeys(statement.box for statement in kept if isinstance(statement, Apply))
    random = []
    for name in applied:
        module = functor.modules[name]
        if name in frozen:
            continue
        if not isinstance(module, nn.Module):
            if hides_parameters(module):
                warnings.warn(
                    f"the module of box {name!r} is a function that holds trainable parameters, which are neither "
                    "trained nor saved; pass the nn.Module itself, or write one whose forward is this function",
                    stacklevel=4,
                )
            continue
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            warnings.warn(
                f"box {name!r} is not frozen, but no parameter of its module requires a gradient, so it will not "
                "learn; call .requires_grad_() on the module before the functor is made",
                stacklevel=4,
            )
        if any(_depends_on_more(part) for part in module.modules()):
            random.append(name)
    if random:
        warnings.warn(
            f"the modules of {', '.join(map(repr, random))} have dropout or batch statistics, so in training they are "
            "no functions of their input; each application is evaluated once, and what is proved holds in eval mode",
            stacklevel=4,
        )


def _depends_on_more(part: nn.Module) -> bool:
    if isinstance(part, nn.modules.dropout._DropoutNd):
        return part.p > 0
    return isinstance(part, nn.modules.batchnorm._NormBase) and (part.training or not part.track_running_stats)
