"""Commands about files: `check`, `explain`, `print`, `draw`, `schema`; and `regimes`, which come with the library."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any

import typer

from learning_diagrams.commands.command import File, exit_code_of
from learning_diagrams.commands.plugins import Plugins, import_plugins
from learning_diagrams.commands.train_command import Settings, check_plan


class Form(StrEnum):
    """How `print` writes a learning diagram."""

    yaml = "yaml"
    json = "json"
    text = "text"
    tikz_cd = "tikz-cd"
    quiver = "quiver"


class Colours(StrEnum):
    """The themes of `draw`."""

    auto = "auto"
    light = "light"
    dark = "dark"


class Directions(StrEnum):
    """The directions of `draw`."""

    right = "right"
    down = "down"
    up = "up"


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Learning diagrams, and plans.")],
    plugin: Plugins = None,
    setting: Settings = None,
) -> int:
    """Read files, and list the parts that have no effect or cannot be trained; of a plan, all faults."""
    return max(exit_code_of(_check_file, file, plugin, setting) for file in files)


def _check_file(file: str, plugins: list[str] | None, settings: list[str] | None) -> int:
    from learning_diagrams.errors import FileError
    from learning_diagrams.files.plain_file import read_plain

    form = data.get("format") if isinstance(data := read_plain(file).data, dict) else None
    if isinstance(form, str) and form.startswith("learning-plan/"):
        return check_plan(file, plugins, settings)
    if settings:
        fault = "--set is about the places of a plan, and this file is not a plan"
        raise FileError(f"{file}: {fault}; check it without --set")
    import_plugins(plugins)
    from learning_diagrams.commands.lint_of_diagram import lint
    from learning_diagrams.files.load_save import read_file

    source, document, diagram = read_file(file)
    lines = [f"{source.where(place)}: {text}" for place, text in lint(document, diagram)]
    print("\n".join(lines) or f"{file}: fine, digest {diagram.digest()}")
    return 1 if lines else 0


def explain(
    file: File,
    space: Annotated[
        list[str] | None, typer.Option(metavar="OBJECT=SPACE", help="A space, as in image='Euclidean(784)'.")
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="Trained weights, .safetensors.")] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Write only the loss, as mathematics in LaTeX.")] = False,
    plugin: Plugins = None,
) -> None:
    """Explain a learning diagram in words; with spaces, as those of a plan, explain the loss that it compiles to."""
    import_plugins(plugin)
    from learning_diagrams.commands.diagram_of_file import read_diagram, spaces_of

    diagram = read_diagram(file).diagram
    given, (own, faults) = _spaces(space or []), spaces_of(file, diagram)
    own = {name: text for name, text in own.items() if name not in given}
    if weights is not None and not (given or own):
        raise typer.BadParameter("--weights needs the spaces too: --space image='Euclidean(784)' …")
    if weights is not None and latex:
        raise typer.BadParameter("--latex writes the loss, which weights do not change; leave --weights out")
    function = "formula" if latex else "explain"
    back_end = _back_end(is_needed=bool(given) or weights is not None) if given or own else None
    if back_end is None:
        module = {"explain": "explanation", "formula": "latex.mathematics"}[function]
        print(getattr(import_module(f"learning_diagrams.semantics.program.{module}"), function)(diagram))
        return
    for name, text in own.items():
        with faults.at("spaces", name):
            back_end.parse_space(text)
    faults.require_none()
    print(getattr(back_end, function)(diagram, own | given, *([] if latex else [weights])))


def show(file: File, form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.yaml) -> None:
    """Write the canonical form of a learning diagram."""
    from learning_diagrams.commands.diagram_of_file import read_diagram
    from learning_diagrams.files.load_save import encode

    diagram = read_diagram(file).diagram
    writers: dict[Form, Callable[[], str]] = {
        Form.text: lambda: f"{diagram}\n",
        Form.tikz_cd: lambda: diagram.to_tikz_cd(standalone=True),
        Form.quiver: lambda: f"{diagram.to_quiver()}\n",
    }
    print(writers.get(form, lambda: encode(diagram, form.value).decode("utf-8"))(), end="")


def draw(
    file: File,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="PICTURE", help="A file .svg, .png, .pdf, .tikz or .tex.")
    ],
    theme: Annotated[Colours, typer.Option(help="Colours; auto follows the reader's browser.")] = Colours.auto,
    direction: Annotated[Directions, typer.Option(help="Where string diagrams run.")] = Directions.right,
    width: Annotated[float | None, typer.Option(metavar="PIXELS", help="The width at which it is shown.")] = None,
    plugin: Plugins = None,
) -> None:
    """Draw a learning diagram: its graph, its equations, its loss. `print --format tikz-cd` writes its graph alone."""
    import_plugins(plugin)
    from learning_diagrams.commands.diagram_of_file import read_diagram

    picture = read_diagram(file).diagram.draw(output, theme=theme.value, direction=direction.value, width=width)
    print(f"written to {output}: {picture.scene.width:g} × {picture.scene.height:g} pixels")


def difference(
    first: Annotated[str, typer.Argument(metavar="A", help="A learning diagram, .yaml or .json.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="PICTURE", help="For a picture.")] = None,
    theme: Annotated[Colours, typer.Option(help="Colours; auto follows the reader's browser.")] = Colours.auto,
) -> int:
    """List what changes from one learning diagram to another: exit code 0 if they are equal, 1 if they are not."""
    from learning_diagrams.commands.diagram_of_file import read_diagram
    from learning_diagrams.composition.differences import difference as compare

    changes = compare(read_diagram(first).diagram, read_diagram(second).diagram)
    print(changes)
    if output is not None:
        changes.draw(output, theme=theme.value)
        print(f"written to {output}")
    return 1 if changes else 0


def schema(plan: Annotated[bool, typer.Option("--plan", help="That of plans.")] = False) -> None:
    """Write the JSON Schema of the file format."""
    import json

    if plan:
        from learning_diagrams.files.experiment_shape import json_schema
    else:
        from learning_diagrams.documents.document import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def list_regimes(context: typer.Context) -> None:
    """List the training setups of the literature that come with the library."""
    if context.invoked_subcommand is None:
        from learning_diagrams.regimes.catalogue import sentences

        for name, sentence in sentences().items():
            print(f"{name:<22}  {sentence}")


def show_regime(name: Annotated[str, typer.Argument(metavar="NAME", help="One of the list.")]) -> None:
    """Write the file of a regime, as a start of your own: `regimes show NAME > mine.yaml`."""
    from learning_diagrams.regimes.catalogue import regime_file

    print(regime_file(name), end="")


def _spaces(options: list[str]) -> dict[str, str]:
    spaces: dict[str, str] = {}
    for item in options:
        name, equals, space = item.partition("=")
        if not equals or not name.strip() or not space.strip():
            raise typer.BadParameter(f"--space takes OBJECT=SPACE, as in image='Euclidean(784)'; got {item!r}")
        spaces[name.strip()] = space.strip()
    return spaces


def _back_end(is_needed: bool) -> Any:
    """What explains with spaces; None without PyTorch, or an error where it is needed."""
    try:
        return import_module("learning_diagrams.backends.torch.objective.explanation")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "learning_diagrams":
            raise
        from learning_diagrams.errors import FileError

        if is_needed:
            raise FileError("explaining with spaces needs PyTorch: pip install 'learning-diagrams[torch]'") from None
        return None
