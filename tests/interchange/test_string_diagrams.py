"""String diagrams as hypergraphs, wiring diagrams and DisCoPy's own, there and back, on random diagrams."""

import json

import pytest
from discopy import frobenius, markov, rigid, symmetric, traced, utils
from hypothesis import given, settings

import learning_diagrams as ld
import strategies
from acset_schema import ACSet, their_schema
from learning_diagrams import interchange, regimes
from learning_diagrams.diagrams.box import Kernel
from learning_diagrams.diagrams.port_graph import PortGraph
from learning_diagrams.interchange.wiring_acset import WIRING

x, y = ld.Ty("x"), ld.Ty("y")
f, g = ld.Box("f", x, y), ld.Kernel("g", y @ y, x)
SHARED = f >> ld.Copy(y) >> g
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of acsets
FORMS = {
    "hypergraph": (interchange.to_open_hypergraph, interchange.from_open_hypergraph),
    "wiring": (interchange.to_wiring_acset, interchange.from_wiring_acset),
    "discopy": (interchange.to_discopy, interchange.from_discopy),
    "discopy json": (interchange.to_discopy_json, interchange.from_discopy_json),
}
JSON = {name: form for name, form in FORMS.items() if name != "discopy"}


@pytest.mark.parametrize(("write", "read"), FORMS.values(), ids=FORMS)
@settings(max_examples=20)
@given(strategies.diagrams())
def test_a_diagram_comes_back(write, read, diagram):
    """With its boxes in scope the port graph is the same; without scope each box is a kernel of its name."""
    graph = PortGraph.from_diagram(diagram)
    assert PortGraph.from_diagram(read(write(diagram), [diagram])) == graph
    bare = PortGraph.from_diagram(read(write(diagram)))
    assert bare.boxes == tuple(Kernel(box.name, box.dom, box.cod) for box in graph.boxes)
    assert (bare.arguments, bare.outputs) == (graph.arguments, graph.outputs)


@pytest.mark.parametrize(("write", "read"), FORMS.values(), ids=FORMS)
def test_columns_and_states_get_their_meaning_from_the_scope(write, read):
    for name in ("distillation", "mean_teacher", "gan", "arithmetic_from_images"):
        regime = getattr(regimes, name)()
        for constraint in regime.constraints:
            for side in constraint.reading.composites:
                assert ld.equal(read(write(side), regime), side)


def test_boxes_are_read_in_any_order_and_nodes_may_be_identified():
    graph = {
        "nodes": ["x", "y", "x", "y"], "edges": ["g", "f"],
        "adjacency": [{"sources": [3, 1], "targets": [2]}, {"sources": [0], "targets": [1]}],
        "quotient": [[1], [3]],
    }  # fmt: skip
    text = json.dumps({"sources": [0], "targets": [2], "hypergraph": graph, "more": 1})
    assert ld.equal(interchange.from_open_hypergraph(text, [f, g]), SHARED)


def test_discopy_reads_what_we_write_of_its_json():
    swapped = ld.Swap(x, y) >> ld.Kernel("k", y @ x, x)
    assert utils.loads(interchange.to_discopy_json(swapped)) == interchange.to_discopy(swapped)
    theirs = symmetric.Box("a", x, y) @ x >> symmetric.Swap(y, x)
    assert interchange.from_discopy_json(utils.dumps(theirs)) == interchange.from_discopy(theirs)
    assert interchange.from_discopy_json(utils.dumps(markov.Box("a", x, y))).dom == x


def test_the_package_acsets_reads_and_writes_our_wiring_diagrams():
    theirs = their_schema(WIRING)
    text = interchange.to_wiring_acset(SHARED)
    wiring = ACSet.read_json("shared", theirs, text)
    assert {ob.name: wiring.nparts(ob) for ob in theirs.obs} == {
        "Box": 2, "InPort": 3, "OutPort": 2, "OuterInPort": 1, "OuterOutPort": 1,
        "Wire": 2, "InWire": 1, "OutWire": 1, "PassWire": 0,
    }  # fmt: skip
    assert interchange.from_wiring_acset(wiring.to_json_str(), [f, g]) == interchange.from_wiring_acset(text, [f, g])


def hypergraph(**changes):
    graph = {"nodes": ["x", "y"], "edges": ["f"], "adjacency": [{"sources": [0], "targets": [1]}], "quotient": [[], []]}
    ends = {"sources": [0], "targets": [1]}
    return json.dumps(
        {
            **{k: changes.get(k, v) for k, v in ends.items()},
            "hypergraph": graph | {k: v for k, v in changes.items() if k not in ends},
        }
    )


WIRED = {
    "a merge": (hypergraph(adjacency=[{"sources": [], "targets": [0]}]), "has 2 sources"),
    "a cap": (hypergraph(sources=[]), "has no source"),
    "an input twice": (hypergraph(sources=[0, 0]), "has 2 sources"),
    "a circle": (hypergraph(sources=[], adjacency=[{"sources": [1], "targets": [0, 1]}]), "wires run in a circle"),
    "no node": (hypergraph(targets=[7]), "must be a whole number from 0 to 1, got 7"),
    "no label": (hypergraph(nodes=["x", 3]), "a label must be a string"),
    "no name": (hypergraph(edges=["__import__('os')"]), "cannot stand in a term"),
    "no nodes": (hypergraph(nodes=3), "must be a list"),
    "no edge": (hypergraph(edges=[]), "adjacency has 1 entries, and edges has 0"),
    "two labels of a node": (hypergraph(quotient=[[0], [1]]), "carry 'x' and 'y'"),
    "no pair": (hypergraph(quotient=[[0]]), "must be two lists"),
    "unlike lists": (hypergraph(quotient=[[0], []]), "must have one length"),
    "no graph": ("{}", "lacks the key 'sources'"),
}
WIRES = {
    "no table": ({"V": [{}]}, "the schema has no table 'V'"),
    "no column": ({"Box": [{"name": "f"}]}, "the table has no column 'name'"),
    "a column too few": ({"Box": [{}]}, "lacks the column 'value'"),
    "no string": ({"Box": [{"value": 3}]}, "must be a string"),
    "no row": ({"OuterInPort": [], "OutPort": [{"out_port_box": 1, "out_port_type": "x"}]}, "there are none"),
    "another number": ({"Box": [{"_id": 2, "value": "f"}]}, "_id must be 1"),
    "no wire": ({"OuterOutPort": [{"outer_out_port_type": "x"}]}, "no wires end here"),
    "another type": (
        {"OuterInPort": [{"outer_in_port_type": "y"}], "OuterOutPort": [{"outer_out_port_type": "x"}],
         "PassWire": [{"pass_src": 1, "pass_tgt": 1}]}, "its wire carries 'y'"),
    "no list": ({"Box": {}}, "must be a list"),
}  # fmt: skip
TREE = markov.Box("f", x, y).to_tree()
TREES = {
    "another class": ({"factory": "os.system", "inside": []}, "must be a Diagram"),
    "a cup": (rigid.Cup(rigid.Ty("n"), rigid.Ty("n").r).to_tree(), "must be a Diagram"),
    "a dagger": (markov.Box("f", x, y).dagger().to_tree(), "is a dagger"),
    "data": (TREE | {"data": [1]}, "carries data"),
    "another object": (TREE | {"dom": TREE["dom"] | {"inside": [{"factory": "rigid.Ob", "name": "x"}]}}, "cat.Ob"),
    "no name": (TREE | {"name": 3}, "must be a string"),
    "another end": ((markov.Box("f", x, y) @ y).to_tree() | {"dom": TREE["cod"]}, "starts from x"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WIRED.values(), ids=WIRED)
def test_a_hypergraph_that_is_no_diagram_is_a_typed_error(text, message):
    with pytest.raises(ld.FileError, match=r"^the open hypergraph") as caught:
        interchange.from_open_hypergraph(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(("tables", "message"), WIRES.values(), ids=WIRES)
def test_tables_that_are_no_wiring_diagram_are_a_typed_error(tables, message):
    with pytest.raises(ld.FileError, match=r"^the wiring diagram") as caught:
        interchange.from_wiring_acset(json.dumps(tables))
    assert message in str(caught.value)


@pytest.mark.parametrize(("tree", "message"), TREES.values(), ids=TREES)
def test_a_tree_of_discopy_that_is_no_diagram_of_ours_is_a_typed_error(tree, message):
    with pytest.raises((ld.FileError, ld.TypeMismatch), match=r"^the DisCoPy JSON") as caught:
        interchange.from_discopy_json(json.dumps(tree))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "diagram",
    [
        rigid.Cup(rigid.Ty("n"), rigid.Ty("n").r),
        rigid.Box("f", rigid.Ty("n").r, rigid.Ty("n")),
        frobenius.Spider(1, 2, frobenius.Ty("n")),
        traced.Box("f", x @ x, x @ x).trace(),
        markov.Box("f", x, y).dagger(),
        markov.Box("f", x, x) + markov.Box("g", x, x),
        markov.Box("f", x, x).bubble(),
        markov.Box("f", x, x, data=1),
        markov.Merge(x, 2),
        x,
    ],
    ids=str,
)
def test_structure_of_richer_categories_is_refused(diagram):
    with pytest.raises(ld.TypeMismatch):
        interchange.from_discopy(diagram)


@pytest.mark.parametrize(("write", "read"), FORMS.values(), ids=FORMS)
def test_names_have_one_meaning_and_the_scope_has_them_all(write, read):
    with pytest.raises(ld.DuplicateName, match="'f' is declared twice"):
        read(write(f >> ld.Box("f", y, x)))
    with pytest.raises(ld.FileError, match=r"the scope has no box 'g' : y @ y → x; did you mean|known"):
        read(write(SHARED), [f])
    with pytest.raises(ld.FileError, match=r"the scope has no object 'x'"):
        read(write(SHARED), [ld.Ty("z")])
    with pytest.raises(ld.FileError, match="'two words' cannot stand in a term"):
        read(write(ld.Box("two words", x, y)))
    with pytest.raises(ld.TypeMismatch, match="dagger"):
        write(f.dagger())


HOSTILE = {
    "deep": "[" * 100_000, "huge": "[" + "0," * 900_000 + "0]", "a number": "3", "nothing": "", "half": '"\\ud800"',
    "python": "__import__('os').system('touch ran')", "too large": " " * 10_000_001, "not a number": '{"a": NaN}',
}  # fmt: skip


@pytest.mark.sampled(12)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("read", [*(read for _, read in JSON.values()), interchange.from_graph_acset])
def test_a_hostile_text_is_a_short_typed_error(read, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ld.FileError) as caught:
        read(text)
    assert len(str(caught.value)) < 2_000 and not list(tmp_path.iterdir())
    with pytest.raises(ld.TypeMismatch, match="must be a string"):
        read(text.encode("utf-8", "ignore"))


def test_a_diagram_of_many_crossings_is_refused_before_it_is_built():
    count = 3_000
    nodes = {"nodes": ["x"] * count, "edges": [], "adjacency": [], "quotient": [[], []]}
    text = json.dumps({"sources": list(range(count)), "targets": list(range(count))[::-1], "hypergraph": nodes})
    with pytest.raises(ld.LimitExceeded):
        interchange.from_open_hypergraph(text)
