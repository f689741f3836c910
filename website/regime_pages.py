"""A page for each regime, and their contact sheet: pictures, formula and code come from the function of the regime."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator

import learning_diagrams as ld
from figures import of_experiment, of_notebook
from learning_diagrams import regimes
from learning_diagrams.drawing.graph.graph_picture import learning_graph
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.regimes.annotated_file import read_docstring
from learning_diagrams.regimes.catalogue import NAMES
from learning_diagrams.semantics.program.explanation import explain
from regime_notes import edits, notes

WIDEST = 118  # letters of a line that a page shows
DOCSTRING = re.compile(r'\n    """.*?"""', re.S)
INTRODUCTION = """\
# Regimes

A regime is a training setup of the literature, written as a learning diagram: a function in `learning_diagrams.regimes`.
Each page has its graph and equations, its formula and code, what to measure, what it reaches, and three edits with what
they change. The command `learning-diagrams regimes show NAME` writes a regime as a file, which is yours to edit.
"""
SIGNS = {
    r"D_{": "*D* with an index is the divergence that the space of this object brings along.",
    r"\operatorname{sg}": "sg stops the gradient.",
    r"\operatorname*{Law}": "Law is the distribution of what is drawn below it.",
}


def pages() -> Iterator[tuple[str, str | Callable[[], str]]]:
    yield "regimes/index.md", contact_sheet()
    for name in NAMES:
        yield f"regimes/{name}.md", page(name)
        yield f"regimes/{name}_graph.svg", lambda name=name: _graph(name).svg
        for number in range(len(notes()[name]["edits"])):
            yield (
                f"regimes/{name}_edit_{number + 1}.svg",
                lambda name=name, number=number: edits(name)[number].difference.draw().svg,
            )


def contact_sheet() -> str:
    """The graph of each regime and its definition, by field."""
    parts = [INTRODUCTION]
    field = ""
    for name in NAMES:
        module = sys.modules[getattr(regimes, name).__module__]
        if field != (field := module.__name__.rpartition(".")[2]):
            definition = (module.__doc__ or "").splitlines()[0]
            parts.append(f"{'</div>' if len(parts) > 1 else ''}\n\n## {field.capitalize()}\n\n{definition}\n")
            parts.append('<div class="cards" markdown>\n')
        sentence = read_docstring(inspect.getdoc(getattr(regimes, name)) or "")[0][0]
        picture = f'[![]({name}_graph.svg){{ loading=lazy }}]({name}.md){{ tabindex="-1" aria-hidden="true" }}'
        parts.append(
            f'<div class="card" markdown>\n\n{picture}\n\n**[{title(name)}]({name}.md)**\n\n{sentence}\n\n</div>\n'
        )
    return "\n".join([*parts, "</div>\n"])


def title(name: str) -> str:
    diagram = getattr(regimes, name)()
    return diagram.name[0].upper() + diagram.name[1:]


def page(name: str) -> str:
    """The page of a regime."""
    regime = getattr(regimes, name)
    diagram = regime()
    (sentence, *paragraphs), sections = read_docstring(inspect.getdoc(regime) or "")
    source = paragraphs.pop()
    module = regime.__module__
    explained = explain(diagram)
    code, _, counts = explained.partition("the loss\n")[2].partition("\n\ncounts\n")
    return "\n\n".join(
        [
            f"# {title(name)}",
            sentence,
            f"![The learning graph, the equations and the loss]({name}.svg)",
            f"```python\nimport learning_diagrams as ld\nfrom learning_diagrams import regimes\n\n"
            f"{name} = regimes.{name}()\nprint({name})\n```",
            _printed(str(diagram)),
            *_listed("Boxes and constraints", sections.get("boxes", {}) | sections["constraints"]),
            *paragraphs,
            *_listed("Parameters", sections.get("parameters", {})),
            "## Formula",
            *_formula(diagram),
            "## Code",
            f"The loss that it compiles to, as `learning-diagrams explain` shows it where no space is known.\n\n```py\n{code}\n```",
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


def _printed(text: str) -> str:
    """A block of what the code before prints; a line that is too long for the page is left out."""
    lines = (line if len(line) <= WIDEST else "..." for line in text.splitlines())
    return "\n".join(["```text", *lines, "```"])


def _indented(text: str) -> str:
    return re.sub("^(?=.)", "    ", text, flags=re.M)


def _listed(heading: str, entries: dict[str, str]) -> list[str]:
    lines = [f"`{name}`\n:   {text[0].upper() + text[1:]}" for name, text in entries.items()]
    return [f"## {heading}", "\n\n".join(lines)] if lines else []


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
    if not {"paper", "notebook"} & set(entry):
        yield "Not measured here: no run on data of this clone trains it to the end."
    yield "Its loss and thirty steps of training are those of a loop in plain PyTorch, which a test in `tests/regimes` holds."


def _edits(name: str) -> Iterator[str]:
    for number, edit in enumerate(edits(name), 1):
        yield f"**{number}.** {edit.why}"
        yield f"```python\n{edit.code}\nprint(ld.difference({name}, edited))\n```"
        yield _printed(str(edit.difference))
        yield f"![What edit {number} changes]({name}_edit_{number}.svg){{ loading=lazy }}"


def _graph(name: str) -> Picture:
    """The learning graph alone, for the contact sheet."""
    return Picture(learning_graph(getattr(regimes, name)()), title(name), "the learning graph")
