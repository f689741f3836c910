"""The sections of a report: graph, curves, conflicts, worst rows, environment; each says what it shows."""

from __future__ import annotations

from base64 import b64decode
from bisect import bisect_right
from collections.abc import Mapping

from learning_diagrams.drawing.elements.svg import number
from learning_diagrams.report.curve_picture import LEFT, LOW, RIGHT, TOP, panels
from learning_diagrams.report.graph_section import graph_picture
from learning_diagrams.report.markup import Markup, element, table
from learning_diagrams.report.run_folder import Columns, Run, WorstRow
from learning_diagrams.report.small_picture import data_uri, png
from learning_diagrams.report.timeline import LEVELS, Timeline, choose, level_words, shown

MOST_COSINES = 40  # pairs of terms
OFTEN = 600  # points of a curve


def graph(run: Run, timeline: Timeline) -> Markup:
    """The learning graph, the slider, and the terms as a table."""
    last = len(timeline.steps) - 1
    words = (
        "Each coloured face is an equation that training makes true, and the number in it is its term: how far the two "
        "sides are apart, before the weight. The colour compares the term with its value at the first step, before any "
        "weight of the model had changed. Move the slider to see an earlier step."
    )
    legend = element(
        "ul",
        *(
            element("li", element("span", cls="swatch", data_level=i), level_words(i))
            for i in reversed(range(len(LEVELS)))
        ),
        element("li", element("span", cls="swatch sand-swatch"), "no share: its start is not above 0"),
        cls="legend",
    )
    slider = element(
        "div",
        element("label", "Step of training", **{"for": "at"}),
        element("input", type="range", id="at", min=0, max=max(last, 0), value=max(last, 0), step=1),
        element("output", "", id="now", aria_live="off", **{"for": "at"}),  # the slider says its text itself
        cls="slider",
    )
    rows = [
        [name, moments[-1].value, moments[-1].share, moments[-1].rows] if moments else [name, "–", "–", "–"]
        for name, moments in timeline.terms.items()
    ]
    terms = table("The terms at this step", ["equation", "term", "share of its start", "rows in the mean"], rows)
    waiting = element("p", "No step was recorded yet, so there is nothing to colour.")
    return _section(
        "graph",
        "The learning graph",
        words,
        legend,
        slider if last > 0 else "" if last == 0 else waiting,
        element("noscript", element("p", "Without JavaScript this page shows the last step, and no colours.")),
        _scrolled("the learning graph", Markup(graph_picture(run, timeline))),
        _scrolled("the terms at this step", terms, "terms"),
    )


def curves(run: Run) -> Markup:
    """A curve for each measurement."""
    steps, validations = (_thin(part) for part in (run.measurements.steps, run.measurements.validations))
    figures = []
    for name, scene in panels(steps, validations).items():
        view = f"0 0 {number(scene.width)} {number(scene.height)}"
        marker = f'<path class="soft now" d="M{LEFT} {TOP}V{LOW}" stroke-width="1.5"/>'
        picture = Markup("".join([*scene.elements, marker]))
        label = f"{name}: {_in_words(steps.get(name, []))}"
        figures.append(element("svg", picture, viewBox=view, role="img", aria_label=label, data_across=RIGHT - LEFT))
    words = (
        "Each picture shows one measurement over the steps: the total, the unweighted terms, and what else a step "
        "measures. Rings on a dotted line are validation. The upright line is the step of the slider."
    )
    empty = "" if figures else element("p", "Nothing was measured yet.")
    return _section("curves", "Curves", words, empty, element("div", *figures, cls="curves"))


def conflicts(run: Run, timeline: Timeline) -> tuple[Markup, list[list[str]]]:
    """The cosines between gradients, and for each row of their table its texts at the chosen steps."""
    pairs: dict[tuple[str, tuple[str, str]], list[tuple[int, float]]] = {}
    for cosine in run.measurements.cosines:
        pairs.setdefault((cosine.box, cosine.terms), []).append((cosine.step, cosine.value))
    chosen = sorted(pairs, key=lambda pair: min(value for _, value in pairs[pair]))[:MOST_COSINES]
    rows, texts = [], []
    for box, terms in chosen:
        steps = [step for step, _ in pairs[box, terms]]
        at = [max(bisect_right(steps, step) - 1, 0) for step in timeline.steps]
        texts.append([f"{shown(round(pairs[box, terms][i][1], 3))}" for i in at])
        rows.append([" and ".join(terms), box, texts[-1][-1] if texts[-1] else "–"])
    words = (
        "The cosine between the gradients of two weighted terms in the parameters of a box, on the first batch: 1 "
        "where both pull the same way, −1 where they pull opposite ways. A weight below 0 turns its gradient. In a "
        "game both are terms of the player that trains the box, with its factors. It is measured now and then, and "
        "once at the end with the weights that were kept."
    )
    if not rows:
        return _section("conflicts", "Conflicts", words, element("p", "No two terms met in one box.")), []
    left_out = len(pairs) - len(rows)
    more = element("p", f"{left_out} pairs with larger cosines are left out.") if left_out else ""
    shown_table = table("Cosines at this step", ["equations", "box", "cosine"], rows)
    return _section(
        "conflicts", "Conflicts", words, _scrolled("cosines at this step", shown_table, "cosines"), more
    ), texts


def worst(run: Run) -> Markup:
    """The worst rows of each equation with what it reads of them."""
    title = "Worst rows"
    if run.worst is None:
        return _section("worst", title, "They are looked for when a run has ended well, and this one has not.")
    words = (
        "For each equation the rows that are furthest from it after training, with what the equation reads of them. "
        f"They were looked for {run.worst.note}; row 0 is the first one."
    )
    if not run.worst.rows:
        return _section("worst", title, f"The worst rows were {run.worst.note}.")
    parts = []
    for name, rows in run.worst.rows.items():
        cards = [element("li", element("p", f"row {row.row:,}: {shown(row.defect)}"), *_values(row)) for row in rows]
        parts += [element("h3", name), element("ol", *cards, cls="cards")]
    return _section("worst", title, words, *parts)


def environment(run: Run) -> Markup:
    """What the run was: diagram, digest, data, device, versions, arguments."""
    record = run.record
    facts = {
        "digest": record.digest,
        "started": record.started,
        "seed": "chance" if record.seed is None else str(record.seed),
        "device": record.device,
        **{f"rows of {name}": rows for name, rows in record.rows.items()},
        **record.versions,
    }
    arguments = {f"{name}=": value for name, value in record.arguments.items()}
    details = element("details", element("summary", "Arguments of fit"), _list(arguments))
    words = "The learning diagram as text, and on what, with what and how it was trained."
    text = element("pre", str(run.diagram), tabindex=0, role="region", aria_label="the learning diagram as text")
    return _section("environment", "Environment", words, text, _list(facts), details)


def _section(name: str, title: str, words: str, *content: str) -> Markup:
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, element("p", words), *content, id=name, aria_labelledby=f"{name}-title")


def _scrolled(label: str, content: Markup, name: str | None = None) -> Markup:
    """Content that a narrow window scrolls, also by keyboard."""
    return element("div", content, id=name, cls="scroll", tabindex=0, role="region", aria_label=label)


def _values(row: WorstRow) -> list[Markup]:
    """The columns of a row: pictures, and then texts under their names."""
    pictures = [
        element(
            "img",
            src=data_uri(png(b64decode(value.pixels), *value.size)),
            alt=f"{value.column} of row {row.row}: {value.text}",
            title=f"{value.column}: {value.text}",
            height=min(max(value.size[0], 84), 168),
        )
        for value in row.values
        if value.pixels
    ]
    texts = [element("p", element("span", f"{v.column} "), v.text) for v in row.values if not v.pixels]
    return [*pictures, *texts]


def _list(facts: Mapping[str, str]) -> Markup:
    return element("dl", *(part for name, fact in facts.items() for part in (element("dt", name), element("dd", fact))))


def _thin(columns: Columns) -> Columns:
    chosen = choose(max(map(len, columns.values()), default=0), OFTEN)
    return {name: [column[i] for i in chosen] for name, column in columns.items()}


def _in_words(column: list[float | None]) -> str:
    known = [value for value in column if value is not None]
    return f"from {shown(known[0])} to {shown(known[-1])}" if known else "validation"
