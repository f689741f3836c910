"""A page for each regime: pictures, formula and code come from the function of the regime."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.regimes.annotated_file import read_docstring
from learning_diagrams.regimes.catalogue import NAMES
from learning_diagrams.semantics.program.explanation import explain
from website.regimes.contact_sheet import graph, sheet, title
from website.regimes.figures import of_experiment, of_notebook, of_run
from website.regimes.regime_notes import edits, notes

WIDEST = 118  # letters of a line that a page shows
DOCSTRING = re.compile(r'\n    """.*?"""', re.S)
SIGNS = {
    r"D_{": "*D* with an index is the divergence that the space of this object brings along.",
    r"\operatorname{sg}": "sg stops the gradient.",
    r"\operatorname*{Law}": "Law is the distribution of what is drawn below it.",
}


def pages() -> Iterator[tuple[str, str | Callable[[], str]]]:
    yield "regimes/index.md", sheet()
    for name in NAMES:
        yield f"regimes/{name}.md", page(name)
        yield f"regimes/{name}_graph.svg", lambda name=name: graph(name).svg
        for number in range(len(notes()[name]["edits"])):
            yield (
                f"regimes/{name}_edit_{number + 1}.svg",
                lambda name=name, number=number: edits(name)[number].difference.draw().svg,
            )


def page(name: str) -> str:
    """The page of a regime."""
    regime = getattr(regimes, name)
    diagram = regime()
    (sentence, *paragraphs), sections = read_docstring(inspect.getdoc(regime) or "")
    source = paragraphs.pop()
    module = regime.__module__
    explained = explain(diagram)
    losses, _, counts = explained.partition("\n\nthe loss")[2].partition("\n\ncounts\n")
    return "\n\n".join(
        [
            f"# {title(name)}",
            sentence,
            _picture("The learning graph, the equations and the loss", f"{name}.svg"),
            f"```python\nimport learning_diagrams as ld\nfrom learning_diagrams import regimes\n\n"
            f"{name} = regimes.{name}()\nprint({name})\n```",
            _printed(str(diagram)),
            *_listed("Boxes and constraints", sections.get("boxes", {}) | sections["constraints"]),
            *paragraphs,
            *_listed("Parameters", sections.get("parameters", {})),
            "## Formula",
            *_formula(diagram),
            "## Code",
            "The loss that it compiles to, as `learning-diagrams explain` shows it where no space is known.",
            *_losses(losses),
            f"{'. '.join(line.strip() for line in counts.splitlines())}.",
            f'??? abstract "The function, in {module.replace(".", "/")}.py"\n\n'
            + _indented(f"```py\n{DOCSTRING.sub('', inspect.getsource(regime), count=1).rstrip()}\n```"),
            "## What to measure",
            "\n".join(f"- {measure}" for measure in notes()[name]["measure"]),
            "## What it reaches",
            *_figures(name, diagram),
            "## Three edits",
            *_edits(name),
            "## Source",
            f"{source.removeprefix('Source: ')}",
            "",
        ]
    )


def _losses(explained: str) -> Iterator[str]:
    """The code of the loss; in a game that of each player under its name."""
    for part in explained.split("\n\nthe loss"):
        player, _, code = part.partition("\n")
        if player:
            yield f"The loss{player}:"
        yield f"```py\n{code}\n```"


def _printed(text: str) -> str:
    """A block of what the code before prints; what is too long for the page is left out."""
    lines = "\n".join(line if len(line) <= WIDEST else "..." for line in text.splitlines())
    return "```text\n" + re.sub(r"^(\.\.\.\n)+", "...\n", lines, flags=re.M) + "\n```"


def _indented(text: str) -> str:
    return re.sub("^(?=.)", "    ", text, flags=re.M)


def _listed(heading: str, entries: dict[str, str]) -> list[str]:
    lines = [f"- `{name}`: {text}" for name, text in entries.items()]
    return [f"## {heading}", "\n".join(lines)] if lines else []


def _formula(diagram: ld.LearningDiagram) -> Iterator[str]:
    formula = str(ld.formula(diagram))
    yield f"$$\n{formula}\n$$"
    yield " ".join(sentence for sign, sentence in SIGNS.items() if sign in formula)


def _figures(name: str, diagram: ld.LearningDiagram) -> Iterator[str]:
    entry = notes()[name]
    if "paper" in entry:
        yield of_experiment(**entry["paper"])
    if "notebook" in entry:
        yield of_notebook(diagram, entry["notebook"])
    if "run" in entry:
        yield of_run(name, entry["run"])
    yield "A test in `tests/regimes` holds its loss, and thirty steps of training, to a loop in plain PyTorch."


def _edits(name: str) -> Iterator[str]:
    for number, edit in enumerate(edits(name), 1):
        yield f"**{number}.** {edit.why}"
        yield f"```python\n{edit.code}\nprint(ld.difference({name}, edited))\n```"
        yield _printed(str(edit.difference))
        yield _picture(f"What edit {number} changes", f"{name}_edit_{number}.svg")


def _picture(caption: str, file: str) -> str:
    return f"![{caption}]({file}){{ loading=lazy }}"
