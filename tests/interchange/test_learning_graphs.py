"""Learning diagrams as labelled graphs of Catlab and as texts of Graphviz and Mermaid; the command that converts."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pydot
import pytest
from hypothesis import given, settings
from typer.testing import CliRunner

import learning_diagrams as ld
import strategies
from acset_schema import ACSet, their_schema
from learning_diagrams import interchange, regimes
from learning_diagrams.cli import app
from learning_diagrams.commands.convert_command import Formats
from learning_diagrams.interchange.formats import FORMATS
from learning_diagrams.interchange.graph_acset import GRAPH
from learning_diagrams.interchange.plain_graph import graph_of

ROOT = Path(__file__).resolve().parents[2]
NAMES = [name for name in regimes.__all__ if name != "regimes"]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of acsets and pydot
x, y = ld.Ty("x"), ld.Ty("y")
MARKS = [
    'a "b"', "<script>alert(1)</script>", "|x|", "]", "end", "`**a**`", "%%{init}%%", "a\nb", "\\N", "#1;", "中文",
    "--> n0",    "--> n0", "click n0 href", "\u202e", "}", "",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_regime_comes_back_from_the_package_acsets(name):
    diagram = getattr(regimes, name)()
    text = interchange.to_graph_acset(diagram)
    schema = their_schema(GRAPH)
    graph = ACSet.read_json("graph", schema, text)
    again = interchange.from_graph_acset(graph.to_json_str())
    assert again == diagram and again.name == diagram.name
    (edges,) = (ob for ob in schema.obs if ob.name == "E")
    assert graph.nparts(edges) == len(diagram.boxes) + len(diagram.columns)


@settings(max_examples=20)
@given(strategies.small_learning_diagrams())
def test_a_learning_diagram_comes_back(diagram):
    more = {"more rows": "more"} if "more rows" in [space.name for space in diagram.sample_spaces] else {}
    diagram = diagram.rename(more)
    assert interchange.from_graph_acset(interchange.to_graph_acset(diagram)) == diagram


EDGE = {"src": 1, "tgt": 1, "name": "f", "kind": "function", "box_fields": "{}"}
ROW = {"V": [{"label": "x", "data": False}], "E": [EDGE]}
EQUATION = {"title": "t", "lhs": "f", "rhs": "f", "axiom": True, "fields": "{}"}
WRONG = {
    "a vertex twice": ({"V": ROW["V"] * 2}, "2 rows for the vertex 'x'"),
    "an edge twice": ({**ROW, "E": ROW["E"] * 2}, "2 rows for the edge"),
    "another kind": ({**ROW, "E": [{**EDGE, "kind": "functor"}]}, "kinds are function, kernel, column"),
    "a column of no data": ({**ROW, "E": [{**EDGE, "kind": "column"}]}, "a column runs from data"),
    "a product as data": ({"V": [{"label": "x @ y", "data": True}]}, "must be one name"),
    "no name": ({"V": [{"label": "x-y", "data": False}]}, "cannot stand in a term"),
    "no term": ({**ROW, "Equation": [{**EQUATION, "lhs": "f >>"}]}, "axioms.t.lhs"),
    "no truth value": ({**ROW, "Equation": [{**EQUATION, "axiom": 1}]}, "must be true or false"),
    "fields of its own": ({**ROW, "Equation": [{**EQUATION, "fields": '{"lhs": "f"}'}]}, "has a column of its own"),
    "fields that are none": ({**ROW, "Equation": [{**EQUATION, "fields": "[]"}]}, "must be a mapping"),
    "an unknown field": ({"Equation": [{**EQUATION, "axiom": False, "fields": '{"wait": 1}'}]}, "unknown key 'wait'"),
    "a statement of a table": ({"Statement": [{"about": "boxes", "says": "{}"}]}, "a table of their own"),
    "an unknown statement": ({"Statement": [{"about": "colour", "says": "{}"}]}, "unknown key 'colour'"),
}  # fmt: skip


@pytest.mark.parametrize(("tables", "message"), WRONG.values(), ids=WRONG)
def test_tables_that_are_no_learning_diagram_are_a_typed_error(tables, message):
    with pytest.raises(ld.LearningDiagramError, match=r"^the labelled graph") as caught:
        interchange.from_graph_acset(json.dumps(tables))
    assert message in str(caught.value)


def marked():
    boxes = [ld.Box(f"{mark}f", ld.Ty(f"{mark}x"), y) for mark in MARKS]
    axioms = {f"{box.name}=": ld.Equation(box, ld.Kernel(f"{box.name}'", box.dom, y)) for box in boxes}
    return ld.LearningDiagram(axioms=axioms, name=MARKS[0])


def drawn():
    names = ("distillation", "gan", "pinn", "mean_teacher")
    texts = {name: getattr(regimes, name)() for name in names} | {"marked": marked()}
    sides = {f"{name} {i}": side for name, d in texts.items() for i, side in enumerate(d.diagrams[:1])}
    return texts | sides


def test_graphviz_is_read_by_a_parser_of_its_language():
    for value in drawn().values():
        graph = graph_of(value)
        (read,) = pydot.graph_from_dot_data(interchange.to_graphviz(value))
        nodes = [node for node in read.get_nodes() if node.get_name() not in ("node", "edge")]
        assert len(nodes) == len(graph.nodes) and len(read.get_edges()) == len(graph.arrows)
        for node, ours in zip(nodes, graph.nodes, strict=True):
            text = node.get("label")[1:-1].replace("\\l", "\n").replace('\\"', '"').replace("\\\\", "\\")
            assert text.removesuffix("\n") == ours.label.removesuffix("\n") or "\n" in ours.label


LABEL = r'"[^"\n]*"'
NODE = re.compile(
    rf"  n\d+(\[\({LABEL}\)\]|\(\({LABEL}\)\)|\[{LABEL}\]|\(\[{LABEL}\]\)|@\{{ shape: [\w-]+, label: {LABEL} \}})"
)
LINE = re.compile(rf"  n\d+ (-->|-\.->)\|{LABEL}\| n\d+|  linkStyle \d+ stroke:#808080,color:#808080")


def test_mermaid_has_one_node_or_arrow_a_line_and_no_mark_in_a_label():
    for value in drawn().values():
        first, *lines = interchange.to_mermaid(value).splitlines()
        graph = graph_of(value)
        assert first == "flowchart LR" and all(NODE.fullmatch(line) or LINE.fullmatch(line) for line in lines)
        assert sum(bool(NODE.fullmatch(line)) for line in lines) == len(graph.nodes)
        labels = re.findall(LABEL, "\n".join(lines))
        assert not re.search(r"[<>`|\[\]{}%]|#(?!\d+;)", "".join(labels).replace("<br>", ""))


PROGRAM = """
import { JSDOM } from "jsdom"; import fs from "fs"; globalThis.window = new JSDOM("").window;
globalThis.document = window.document; const mermaid = (await import("mermaid")).default;
for (const text of JSON.parse(fs.readFileSync(0, "utf8"))) await mermaid.parse(text);
"""


def test_mermaid_reads_what_we_write():
    """By the parser of Mermaid itself, after `npm install mermaid jsdom` in the clone."""
    if shutil.which("node") is None or not all(
        (ROOT / "node_modules" / name).exists() for name in ("mermaid", "jsdom")
    ):
        pytest.skip("needs node with mermaid and jsdom")
    texts = json.dumps([interchange.to_mermaid(value) for value in drawn().values()])
    command = ["node", "--input-type=module", "-e", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, input=texts, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_graphs_are_of_diagrams_only():
    for write in (interchange.to_graphviz, interchange.to_mermaid):
        with pytest.raises(ld.TypeMismatch, match="a learning diagram or a diagram"):
            write(3)


@pytest.fixture
def convert(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ld.save(regimes.inverse_pair(), "a.yaml")
    return lambda *args: CliRunner().invoke(app, ["convert", *args])


@pytest.mark.parametrize("name", ["b.json", "b.quiver", "b.tex", "b.acset.json", "b.yml"])
def test_convert_goes_there_and_back(convert, name):
    assert convert("a.yaml", "-o", name).exit_code == 0
    done = convert(name, "-o", "c.yaml")
    assert (done.exit_code, done.stderr) == (0, "")
    assert ld.load("c.yaml") == regimes.inverse_pair()


def test_convert_reads_links_writes_sides_and_takes_formats_by_name(convert):
    link = regimes.inverse_pair().to_quiver()
    assert convert(link, "-o", "c.yaml").stdout == "written to c.yaml, from quiver to yaml\n"
    (constraint, *_) = regimes.inverse_pair().constraints
    done = convert("a.yaml", "-o", "b.txt", "--from", "yaml", "--to", "hypergraph", "--side", f"{constraint.name}.lhs")
    assert done.exit_code == 0
    with open("b.txt", encoding="utf-8") as file:
        side = interchange.from_open_hypergraph(file.read(), regimes.inverse_pair())
    assert ld.equal(side, constraint.reading.composites[0])


def test_convert_says_what_it_leaves_out(convert):
    document = regimes.inverse_pair().to_dict()
    document["objects"] += ["spare"]
    document["boxes"]["more"] = {"dom": ["spare"], "cod": ["spare"]}
    with open("more.json", "w", encoding="utf-8") as file:
        json.dump(document, file)
    done = convert("more.json", "-o", "b.yaml")
    assert done.stdout.splitlines()[1:] == ["left out, for nothing uses them: object 'spare', box 'more'"]
    assert len(convert("b.yaml", "-o", "c.json").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("a.yaml", "-o", "b.odd"), "says no format"),
        (("a.yaml", "-o", "b.wiring.json"), "add --side"),
        (("a.yaml", "-o", "b.quiver", "--side", "x.lhs"), "leave --side out"),
        (("a.yaml", "-o", "b.dot", "--side", "x.lhs"), "there is no side 'x.lhs'"),
        (("a.yaml", "-o", "b.dot", "--from", "mermaid"), "not read from mermaid"),
        (("a.json", "-o", "b.dot"), "there is no file 'a.json'"),
        (("https://q.uiver.app/", "-o", "b.yaml"), "neither a link"),
        (("a.yaml", "-o", "b.yaml", "--from", "json"), "a.yaml:1: this is not JSON"),
    ],
)
def test_convert_says_what_it_cannot_do(convert, args, message):
    done = convert(*args)
    assert (done.exit_code, done.stdout) == (2, "") and message in done.stderr


def test_the_command_knows_the_formats_of_the_table():
    assert [form.value for form in Formats] == list(FORMATS)
