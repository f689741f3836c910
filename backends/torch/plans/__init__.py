"""Experiments from files: what the names in a plan mean, and what is done with a plan."""

from learning_diagrams.backends.torch.plans.experiment_run import ExperimentRun, train
from learning_diagrams.backends.torch.plans.grid_sweep import sweep
from learning_diagrams.backends.torch.plans.modules import foreign_networks, networks, sequence_networks
from learning_diagrams.backends.torch.plans.modules.box_ends import BoxEnds, OfRows
from learning_diagrams.backends.torch.plans.names import accelerate_trackers, metrics, schedulers, trackers
from learning_diagrams.backends.torch.plans.names.registry import (
    register_data,
    register_metric,
    register_module,
    register_tracker,
)
from learning_diagrams.backends.torch.plans.preparation import prepare
from learning_diagrams.backends.torch.plans.reading import sources
from learning_diagrams.backends.torch.plans.reading.prepared import Prepared
from learning_diagrams.backends.torch.plans.sweep_combinations import prepare_sweep
from learning_diagrams.backends.torch.plans.sweep_table import SweepTable
from learning_diagrams.backends.torch.plans.trained_run import trained
from learning_diagrams.backends.torch.processes.world import is_first
from learning_diagrams.files.experiment import Experiment

__all__ = [
    "BoxEnds",
    "Experiment",
    "ExperimentRun",
    "OfRows",
    "Prepared",
    "SweepTable",
    "accelerate_trackers",
    "foreign_networks",
    "is_first",
    "metrics",
    "networks",
    "prepare",
    "prepare_sweep",
    "register_data",
    "register_metric",
    "register_module",
    "register_tracker",
    "schedulers",
    "sequence_networks",
    "sources",
    "sweep",
    "trackers",
    "train",
    "trained",
]
