"""From a learning diagram and a functor to a compiled loss: every box is checked, every constraint made a term."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import nn

from learning_diagrams.backends.torch.axioms.axiom_plan import AxiomPlan, Axioms
from learning_diagrams.backends.torch.data.batch import BatchLayout
from learning_diagrams.backends.torch.data.presence import require_presence
from learning_diagrams.backends.torch.divergences.rule_check import require_rules
from learning_diagrams.backends.torch.divergences.table import TorchDivergences
from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.functor.shape_check import Checked, check_shapes
from learning_diagrams.backends.torch.objective.compiled_loss import CompiledLoss
from learning_diagrams.backends.torch.objective.executable import printer
from learning_diagrams.backends.torch.objective.output_check import OutputCheck
from learning_diagrams.backends.torch.optimizers.named_optimizer import optimizer_of
from learning_diagrams.diagrams.box import Box, is_deterministic
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.diagrams.signature import Signature
from learning_diagrams.diagrams.uses import with_uses
from learning_diagrams.errors import CompileError, TypeMismatch, brief
from learning_diagrams.errors.door import by_door
from learning_diagrams.errors.user_warning import warn
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.player import Player
from learning_diagrams.semantics.divergences import DivergenceKind
from learning_diagrams.semantics.least_term import is_always_zero
from learning_diagrams.semantics.program.loss_program import lower_loss
from learning_diagrams.semantics.program.means_check import require_no_labels_of_means, warn_of_means
from learning_diagrams.semantics.program.player_share import share_of


def compile_loss(
    diagram: LearningDiagram,
    functor: TorchFunctor,
    axioms: Axioms = "check",
    kept: Iterable[DivergenceKind] = (),
) -> CompiledLoss:
    """The loss of a learning diagram, and in a game of each player; see `compile`.

    Parameters
    ----------
    kept : iterable of DivergenceKind, the definitions of an older loss, which go before the latest definitions.
    """
    if not isinstance(diagram, LearningDiagram):
        raise TypeMismatch(f"compile takes a learning diagram and a functor, got {brief(diagram)}")
    if not isinstance(functor, TorchFunctor):
        raise TypeMismatch(f"compile takes a TorchFunctor as its second argument, got {brief(functor)}")
    if axioms not in ("check", "trust"):
        raise TypeMismatch(f"axioms= of compile is 'check' or 'trust', got {brief(axioms)}")
    if not diagram.constraints:
        raise CompileError(f"learning diagram {diagram.name!r} has no constraint, so it has no loss")
    divergences = TorchDivergences.asked_by(diagram, functor.spaces, (*functor.divergences, *kept))
    divergences.require_held(functor.modules, diagram.signature.boxes)
    players = {player.name: _compile_player(diagram, functor, player, divergences) for player in diagram.players}
    loss = _compile(diagram, functor, diagram.signature, axioms, divergences, players=players)
    for name in loss.learnt_divergences:
        users = [player for player, share in players.items() if name in share.learnt_divergences]
        if len(users) > 1:
            raise CompileError(
                f"divergence {name!r} has a module, which players {', '.join(map(repr, users))} would train in turn; "
                "give each a divergence of its own, or call requires_grad_(False) on the module and use a function"
            )
    for term in loss.terms:
        if not term.distances:
            warn(f"constraint {term.name!r} is proved by the theory alone, so its term is the constant 0")
    for constraint in diagram.constraints:
        warn_of_means(constraint, functor.spaces)
    return loss


def _compile_player(
    diagram: LearningDiagram, functor: TorchFunctor, player: Player, divergences: TorchDivergences
) -> CompiledLoss:
    """The loss of a player: the constraints of its terms, each with the factor of the player."""
    if player.optimizer is not None:
        optimizer_of(player.optimizer, f"player {player.name!r}")
    return _compile(share_of(diagram, player), functor, diagram.signature, "trust", divergences, player)


def _compile(
    diagram: LearningDiagram,
    functor: TorchFunctor,
    known: Signature,
    axioms: Axioms,
    divergences: TorchDivergences,
    player: Player | None = None,
    players: Mapping[str, CompiledLoss] | None = None,
) -> CompiledLoss:
    """One loss. `known` is the signature of the whole game: batches may have all its columns."""
    for ty in diagram.objects:
        functor.space(ty.inside[0].name)
    require_presence(known.columns, functor.spaces)
    frozen = {box.name for box in diagram.frozen}
    zero = {c.name for c in diagram.constraints if is_always_zero(c, divergences.kind, functor.spaces)}
    carriers = {name: space.carrier for name, space in functor.spaces.items()}
    discrete = {name: carrier for name, carrier in carriers.items() if carrier in ("labels", "tokens", "bits")}
    termed = [constraint for constraint in diagram.constraints if constraint.name not in zero]
    require_no_labels_of_means(termed, functor.spaces, discrete, frozen)
    sides = [graph for constraint in termed for graph in constraint.reading.joints]
    plan = AxiomPlan.of(diagram, functor, sides, axioms)
    sides += [number for c in diagram.constraints for number in _numbers(f"constraint {c.name!r}", c.numbers, functor)]
    decays = [PortGraph.from_diagram(decay) for _, decay in diagram.ema.values() if isinstance(decay, Box)]
    sides += _numbers("a decay of ema=", decays, functor)
    checked = _check_boxes([*sides, *plan.sides.values()], sides, functor, frozen)
    factors = {} if player is None else dict(player.terms)
    reserved = {*printer(divergences).reserved, *dir(nn.Module)}
    program = lower_loss(diagram, functor.spaces, divergences, reserved, known.columns, factors)
    require_rules(program, checked, divergences.functions())
    return CompiledLoss(
        diagram,
        program.terms,
        program.constants,
        BatchLayout.of(known, program.statements, functor.spaces, program.paired),
        checked.not_checkable,
        OutputCheck(diagram, functor),
        divergences,
        plan,
        player,
        players or {},
    )


def _numbers(where: str, graphs: Iterable[PortGraph], functor: TorchFunctor) -> Iterator[PortGraph]:
    """Graphs that stand for numbers; `CompileError` for one that ends in a space of other than one number."""
    for graph in graphs:
        (space,) = functor(graph.cod)
        if math.prod(space.point_shape) != 1 or space.carrier != "points" or not space.admits(torch.float32):
            raise CompileError(
                f"{where}: {graph.to_diagram()} stands for a number, and ends in {graph.cod}, whose space {space!r} is "
                f"none; give {graph.cod} the space Euclidean() or Euclidean(1)"
            )
        yield graph


def _check_boxes(
    graphs: Iterable[PortGraph], trained: Iterable[PortGraph], functor: TorchFunctor, frozen: set[str]
) -> Checked:
    """Check every box of some graphs against its module. `trained` are the graphs through which a gradient flows."""
    spaces = functor.spaces
    applied = [box for graph in trained for box in graph.boxes]
    for box in {part.name: part for each in applied for part in with_uses(each)}.values():
        finite = [name for ob in box.cod.inside if (name := ob.name) in spaces and spaces[name].outcomes is not None]
        module = functor.modules.get(box.name)
        learns = isinstance(module, nn.Module) and box.name not in frozen and any(True for _ in module.parameters())
        if finite and is_deterministic(box) and learns:
            advice = by_door(
                f"use Kernel({box.name!r}, …), whose module returns logits",
                plan=f"write kernel: true in boxes.{box.name}, whose module returns logits",
            )
            raise CompileError(
                f"box {box.name!r} is trained and ends in {spaces[finite[0]]!r}, but a function into labels "
                f"has no gradient; {advice}"
            )
    return check_shapes(functor, graphs, frozen)
