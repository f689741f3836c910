"""Experiments from files: what the names in a plan mean, and what is done with a plan."""

from learning_diagrams.backends.torch.plans import (
    accelerate_trackers,
    foreign_networks,
    metrics,
    networks,
    schedulers,
    sequence_networks,
    sources,
    trackers,
)
from learning_diagrams.backends.torch.plans.box_ends import BoxEnds, OfRows
from learning_diagrams.backends.torch.plans.experiment_run import ExperimentRun, train
from learning_diagrams.backends.torch.plans.grid_sweep import SweepTable, sweep
from learning_diagrams.backends.torch.plans.preparation import Prepared, prepare
from learning_diagrams.backends.torch.plans.registry import (
    register_data,
    register_metric,
    register_module,
    register_tracker,
)
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
]
