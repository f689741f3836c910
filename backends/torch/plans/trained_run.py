"""What a run of a plan has trained, taken out of its folder; no data are read."""

from __future__ import annotations

import os
import warnings

from learning_diagrams.backends.torch.functor.functor import TorchFunctor
from learning_diagrams.backends.torch.objective.compiler import compile
from learning_diagrams.backends.torch.objective.explanation import parse_space
from learning_diagrams.backends.torch.objective.objective import Objective
from learning_diagrams.backends.torch.plans.experiment_folder import PLAN, WEIGHTS, folder_of, weights_of
from learning_diagrams.backends.torch.plans.modules.box_networks import BoxNetworks
from learning_diagrams.errors import DataError, FileError, TypeMismatch, plural, require_count
from learning_diagrams.files.experiment import Experiment, Faults
from learning_diagrams.files.load_save import load
from learning_diagrams.report.run_folder import DIAGRAM


def trained(out: str | os.PathLike[str], stage: int | None = None) -> Objective:
    """The objective of a stage of a run, on the CPU, in eval mode, with the weights that the stage has left.

    Parameters
    ----------
    out : str or Path, the folder of the run; of a sweep, that of one combination, as "swept/3".
    stage : int ≥ 1 or None, the number of a stage; None is the last one.

    Raises
    ------
    TypeMismatch : not a path.
    DataError : the run has no such stage.
    FileError : the folder holds no run of a plan, or one that has not ended; a file in it is damaged.
    LearningDiagramError : a module of the plan is not registered here.
    """
    folder = folder_of(out)
    if folder is None:
        raise TypeMismatch("trained takes the folder of a run, got None")
    experiment = Experiment.load(folder / PLAN)
    if not (folder / WEIGHTS).exists():
        raise FileError(f"the run in {str(folder)!r} has no {WEIGHTS}: it has not ended; resume it first")
    shape, faults = experiment.shape, Faults(experiment.where)
    count = len(shape.stages)
    number = count if stage is None else stage
    require_count("stage", number)
    if number > count:
        raise DataError(f"the run in {str(folder)!r} has {plural(count, 'stage')}, and no stage {number}")
    if not (weights := weights_of(folder, number, count)).exists():
        raise FileError(f"the run in {str(folder)!r} has no {weights.name}; resume it, which writes the file")
    diagrams = [load(folder / str(i + 1) / DIAGRAM) for i in range(count)]
    spaces = {}
    for name, text in shape.spaces.items():
        with faults.at("spaces", name):
            spaces[name] = parse_space(text)
    modules = BoxNetworks(diagrams, shape.modules, spaces, shape.seed, faults).make()
    faults.require_none()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # training has given them
        objective = compile(diagrams[number - 1], TorchFunctor(spaces, modules))
    return objective.load(weights).eval()
