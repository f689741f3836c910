"""The commands about plans: `train`, and what `check` says of a plan."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, Any

import typer

from learning_diagrams.commands.onward import onward_command
from learning_diagrams.commands.plugins import Plugins, import_plugins

Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PLACE=VALUE", help="Another value for a place, as in stages.0.lr=0.1."),
]
INTERRUPTED = 130  # as a shell reports what Ctrl-C ended


def train(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A plan of the format learning-plan/2, .yaml or .json.")],
    out: Annotated[str | None, typer.Option(metavar="FOLDER", help="A folder in which the run is kept.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    seed: Annotated[int | None, typer.Option(metavar="NUMBER", help="The seed, instead of that of the plan.")] = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="The device, as cpu, cuda:1 or auto.")] = None,
    setting: Settings = None,
    strict: Annotated[
        bool, typer.Option(help="Whether a run of another plan does not go on; else a warning says what differs.")
    ] = True,
    report: Annotated[bool, typer.Option("--report", help="Write report.html into the folder.")] = False,
    plugin: Plugins = None,
) -> int:
    """Train as a plan says. A folder that is kept holds checkpoints, from which `--resume` goes on."""
    from learning_diagrams.files.experiment import Experiment
    from learning_diagrams.files.setting import Setting

    settings = [Setting.read(text) for text in setting or ()]
    settings += [Setting((key,), value) for key, value in (("seed", seed), ("device", device)) if value is not None]
    experiment = Experiment.load(plan, settings)
    plans = _plans(plugin)
    given: dict[str, Any] = {"seed": seed, "device": device, "settings": setting or (), "plugins": plugin or ()}
    onward = onward_command(plan, out or "", **given, strict=strict, report=report)
    options = {"resume": resume, "report": report}
    try:
        if experiment.shape.sweep is not None:
            print(plans.sweep(lambda more: Experiment.load(plan, [*settings, *more]), out, **options))
            return 0
        run = plans.train(experiment, out, strict=strict, **options)
    except (KeyboardInterrupt, SystemExit) as stop:
        if out is not None and plans.is_first():
            print(f"stopped; go on by: {onward}")
        if isinstance(stop, SystemExit) or out is None:
            raise
        return INTERRUPTED
    if not plans.is_first():
        return 0 if run.finished else INTERRUPTED
    for stage, history in zip(experiment.shape.stages, run.histories, strict=False):
        print(f"{stage.name or 'stage'}: {len(history.steps)} steps, {history.stopped}")
    if run.best:
        chosen = "".join(f", the best {n}: {v:.6g}" for n, v in run.best.items() if n not in ("epoch", "step"))
        print(f"the weights are those after epoch {run.best['epoch']}, step {run.best['step']}{chosen}")
    tested = [name for name in run.measured if name.startswith("test/")]
    if tested:
        print("on test:")
    for name, value in run.measured.items():
        print(f"{name}: {value:.6g}")
    if out is not None:
        print(f"written to {out}" if run.finished else f"stopped; go on by: {onward}")
        if report:
            print(f"look at the last stage in a browser: {os.path.join(out, 'report.html')}")
    return 0 if run.finished else INTERRUPTED


def check_plan(path: str, plugins: list[str] | None = None, settings: list[str] | None = None) -> int:
    """Say what is wrong in a plan, and what its learning diagrams have without effect; else, what it trains.

    settings : other values for some places.
    """
    from learning_diagrams.commands.lint_of_diagram import lint
    from learning_diagrams.errors import LearningDiagramError, plural
    from learning_diagrams.files import plan
    from learning_diagrams.files.experiment import WITHOUT_DATA, Experiment
    from learning_diagrams.files.lint_of_plan import plan_findings, stage_readings
    from learning_diagrams.files.plain_file import read_plain
    from learning_diagrams.files.setting import Setting

    file = read_plain(path)
    data = file.data
    is_of_the_second = not {"diagram", "modules", "data"}.isdisjoint(data)  # these keys are of the other format alone
    if data.get("format") == plan.FORMAT and not settings and not is_of_the_second:
        stages = plan.Plan.load(path).stages
        steps = sum(stage.steps for stage in stages)
        fine = f"{path}: fine, {plural(len(stages), 'stage')} of {plural(steps, 'step')}; {WITHOUT_DATA}"
        return _told(plan_findings(stage_readings(file), (), lint), fine)
    given = [Setting.read(text) for text in settings or ()]
    experiment, plans = Experiment.load(path, given), _plans(plugins)
    try:
        if experiment.shape.sweep is None:
            prepared = plans.prepare(experiment)
        else:
            prepared = plans.prepare_sweep(lambda more: Experiment.load(path, [*given, *more])).prepared
    except LearningDiagramError as error:
        print(error)
        return 1
    digests = ", ".join(diagram.digest()[:12] for diagram in prepared.diagrams)
    lines = [*prepared.notes, *prepared.unfinished, *plan_findings(prepared.readings, prepared.measured_terms, lint)]
    return _told(lines, f"{path}: fine, {plural(len(prepared.diagrams), 'stage')}, digests {digests}")


def _told(findings: Iterable[str], fine: str) -> int:
    """Print the findings, or that there are none; the exit code."""
    lines = [*findings]
    print("\n".join(lines) or fine)
    return 1 if lines else 0


def _plans(plugins: list[str] | None) -> Any:
    """The door to plans of the PyTorch back end, after the imports that the command line asks for."""
    from learning_diagrams.errors import FileError

    try:
        plans = import_module("learning_diagrams.backends.torch.plans")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "learning_diagrams":
            raise
        raise FileError("training needs PyTorch: pip install 'learning-diagrams[torch]'") from None
    import_plugins(plugins)
    return plans
