"""The checker accepts the proofs of derivations. A changed certificate proves at most its own statement."""

import copy
import json
import random
import sys

import pytest

import learning_diagrams as ld
import second_decider
from learning_diagrams.diagrams.box import Kernel
from learning_diagrams.errors import ProofError
from learning_diagrams.proof import checker
from learning_diagrams.proof.checker import check
from learning_diagrams.proof.derivation import Derivation
from learning_diagrams.proof.premises import Premises
from learning_diagrams.proof.proof import Proof
from learning_diagrams.proof.rewriting.matching import Budget
from learning_diagrams.proof.rewriting.search import find_steps

x, y, unit = ld.Ty("x"), ld.Ty("y"), ld.Ty()
E = ld.Equation
rows = ld.SampleSpace("rows")
column = rows.column("c", x)
m, e, s, f, g = (
    ld.Box("m", x @ x, x), ld.Box("e", unit, x), ld.Box("s", x, x), ld.Box("f", x, y), ld.Box("g", y, x),
)  # fmt: skip
k, p = Kernel("k", x, x), Kernel("p", unit, x)
AXIOMS = {
    "associative": E(m @ x >> m, x @ m >> m),
    "left unit": E(e @ x >> m, ld.Id(x)),
    "right unit": E(x @ e >> m, ld.Id(x)),
    "commutative": E(ld.Swap(x, x) >> m, m),
    "inverse": E(f >> g, ld.Id(x)),
    "stationary": E(p >> s, p),
    "idempotent": E(s >> s, s),
    "noise": E(k >> s, k),
    "data": E(column >> s, column),
}


def random_goal(seed):
    """A diagram, and where some random steps lead: a goal that has a proof of a few steps."""
    generator = random.Random(seed)
    start = generator.choice(
        [
            m @ x >> m, e @ x @ x >> m @ x >> m, f >> g >> s, p >> s >> ld.Copy(x), column >> ld.Copy(x) >> m,
            k >> s >> s, column >> s >> f >> g, x @ s >> x @ s >> m, x @ e @ e >> x @ m >> m, p >> ld.Copy(x) >> s @ x,
        ]
    )  # fmt: skip
    derivation = ld_derivation(start)
    for _ in range(generator.randint(1, 3)):
        name, backwards = generator.choice(sorted(AXIOMS)), generator.random() < 0.3
        options = derivation.options(name, backwards)
        if options and len(options[0].inside) < 12:
            derivation = derivation.rewrite(name, generator.randrange(len(options)), backwards)
    return derivation


def ld_derivation(start):
    return Derivation(start, AXIOMS)


def certificates(count):
    proved, seed = [], 0
    while len(proved) < count:
        derivation = random_goal(seed)
        seed += 1
        if derivation.steps:
            proof = derivation.proof()
            proved.append((proof.statement, json.loads(json.dumps(proof.to_dict()))))
    return proved


def leaves(data, place=()):
    """Every place of a certificate that can be changed."""
    yield place
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from leaves(data[key], (*place, key))


def changes(value):
    """Other values for a field; None stands for a missing field."""
    yield None
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, 0)
    elif isinstance(value, str):
        yield from ("m", "s", "x", "k", "kernel", "box", "cartesian", "stationary", "")
    elif isinstance(value, list):
        yield from ([], value[::-1], value + value[-1:], value[1:])
    elif isinstance(value, dict):
        yield {}


def changed(data, place, value):
    result = copy.deepcopy(data)
    at = result
    for key in place[:-1]:
        at = at[key]
    if value is None:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    return result


SOME, ALL = pytest.param(3, id="some"), pytest.param(10_000, id="all", marks=pytest.mark.thorough)


@pytest.mark.parametrize("some", [SOME, ALL])
def test_every_change_of_a_field_is_rejected_or_proves_what_it_then_displays(some):
    """Of 25 certificates. Another reader and another decider replay the accepted certificates."""
    for seed, (statement, data) in enumerate(certificates(25)):
        assert check(data, statement, AXIOMS)
        places = list(leaves(data))[1:]
        for place in random.Random(seed).sample(places, min(some, len(places))):
            at = data
            for key in place:
                at = at[key]
            for value in changes(at):
                if value == at:
                    continue
                new = changed(data, place, value)
                if check(new):
                    assert replays(new), place
                asked = check(new, statement, AXIOMS)
                assert not asked or asked.statement == statement, place


def replays(data):
    """An independent replay: diagrams built here from the lists, compared by the second decider."""
    spaces = {name: ld.SampleSpace(name) for name in data["sample_spaces"]}

    def ty(names):
        return ld.Ty().tensor(*(spaces[n].ty if n in spaces else ld.Ty(n) for n in names)) if names else ld.Ty()

    def box(entry):
        if entry["kind"] == "column":
            return spaces[entry["dom"][0]].column(entry["name"], ty(entry["cod"]))
        if entry["kind"] == "state":
            return spaces[entry["name"]].state
        return {"box": ld.Box, "kernel": ld.Kernel}[entry["kind"]](entry["name"], ty(entry["dom"]), ty(entry["cod"]))

    boxes = [box(entry) for entry in data["boxes"]]

    def diagram(graph):
        """Everything is kept on wires: each box copies all wires that there are, and adds its outputs."""
        here, wires = ld.Id(ty(graph["dom"])), ty(graph["dom"])
        for number, *arguments in graph["boxes"]:
            here = here >> pick(wires, [*range(len(wires)), *arguments]) >> wires @ boxes[number]
            wires = here.cod
        return here >> pick(wires, graph["outputs"])

    def pick(wires, places):
        from learning_diagrams.diagrams.port_graph import PortGraph

        cod = ld.Ty().tensor(*(wires[i] for i in places)) if places else ld.Ty()
        return PortGraph(wires, cod, (), (), tuple(places)).to_diagram()

    sides = {name: (diagram(a["lhs"]), diagram(a["rhs"])) for name, a in data["axioms"].items()}
    here = diagram(data["statement"]["lhs"])
    for step in data["steps"]:
        lhs, rhs = sides[step["by"]][:: -1 if step["backwards"] else 1]
        before, after = diagram(step["before"]), diagram(step["after"])
        bypass = before.cod[: len(before.cod) - len(lhs.dom)]
        if not second_decider.equal(here, before >> bypass @ lhs >> after, data["theory"]):
            return False
        here = before >> bypass @ rhs >> after
    return second_decider.equal(here, diagram(data["statement"]["rhs"]), data["theory"])


def test_a_certificate_of_another_statement_or_from_other_axioms_is_rejected():
    statement, data = certificates(1)[0]
    assert "another statement" in check(data, E(statement.rhs, statement.lhs)).reason
    assert "may be assumed" in check(data, statement, []).reason
    assert check(data, statement, AXIOMS).axioms.keys() <= AXIOMS.keys()


def test_lemmas_are_checked_before_they_are_used():
    lemma = ld_derivation(s >> s >> s).rewrite("idempotent").rewrite("idempotent").proof(s, "three")
    premises = Premises.read([lemma, E(s >> s, s, "idempotent")], "markov")
    unnamed = ld_derivation(s >> s >> s).reach(s).proof(s)
    again = Premises.read({"idempotent": E(s >> s, s), "three": unnamed}, "markov")
    assert again.equations == premises.equations
    with pytest.raises(ld.TypeMismatch, match="as 3"):
        Premises.read({3: unnamed}, "markov")
    goal = E(s >> s >> s >> f, s >> f)
    steps = find_steps(goal, {"three": lemma.statement}, "markov", Budget(100))
    data = premises.proof(goal, steps).to_dict()
    assert [lemma["name"] for lemma in data["lemmas"]] == ["three"] and check(data, goal, AXIOMS)
    data["lemmas"][0]["steps"].pop()
    assert "lemmas[0].steps" in check(data).reason


def test_a_wire_is_used_once_where_there_is_no_copying():
    """A proof in markov is not a proof in symmetric, although all its forms are equal."""
    shared = ld.Copy(x) >> m
    data = Premises.read([], "markov").proof(E(shared, shared), ()).to_dict()
    assert check(data)
    verdict = check({**data, "theory": "symmetric"})
    assert not verdict and "each wire is used exactly once" in verdict.reason


BAD = {
    "a number": (5, "format"),
    "nothing": ({}, "format"),
    "another version": ({"format": "proof/2"}, "format"),
    "no keys": ({"format": "proof/1"}, "missing"),
    "deep": ({"format": "proof/1", "steps": eval("[" * 90 + "]" * 90)}, "missing"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_certificate_is_rejected_with_the_reason(name):
    data, reason = BAD[name]
    verdict = check(data)
    assert not verdict and reason in verdict.reason


def test_nesting_beyond_recursion_is_rejected():
    _, data = certificates(1)[0]
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for place in (("steps",), ("axioms",), ("boxes",), ("statement", "lhs"), ("boxes", 0, "data")):
        if place[-1] == "data":
            data["boxes"][0]["data"] = 0
        assert not check(changed(data, place, deep))


HIDDEN = "law\x1b[8m"  # a terminal would hide all text after it


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("boxes", 0, "name"), ""),
        (("boxes", 0, "name"), "s\n  assumed: nothing"),
        (("boxes", 0, "dom"), [HIDDEN]),
        (("axioms",), {HIDDEN: {}}),
        (("boxes", 0, "kind"), ["box"]),
        (("statement", "lhs", "outputs"), [10**5000]),
    ],
)
def test_what_cannot_be_shown_is_rejected(place, value):
    _, data = certificates(1)[0]
    verdict = check(changed(data, place, value))
    assert not verdict and verdict.reason.isprintable()


@pytest.mark.parametrize("name", ["", HIDDEN])
def test_a_name_that_cannot_be_seen_has_no_certificate(name):
    box, law = ld.Box(name, x, x), E(s, s, name)
    for goal, axioms in ((E(box, box), {}), (E(s, s), {name: law})):
        with pytest.raises(ProofError, match="characters that can be seen"):
            Proof(goal, "markov", (), axioms).to_dict()


def about(dom, boxes, outputs):
    """A certificate, without steps, that a graph is itself."""
    side = {"dom": dom, "boxes": boxes, "outputs": outputs}
    kinds = [{"name": "m", "dom": ["x", "x"], "cod": ["x"], "kind": "box"}]
    named = {"format": "proof/1", "theory": "markov", "sample_spaces": [], "boxes": kinds, "axioms": {}, "lemmas": []}
    return {**named, "statement": {"lhs": side, "rhs": side}, "steps": []}


WIRES = 500
UNDRAWN = {
    "wires turned round": about(["x"] * WIRES, [], [*reversed(range(WIRES))]),
    "boxes that read from both ends": about(
        ["x"] * WIRES, [[0, i, WIRES - 1 - i] for i in range(WIRES)], [*range(WIRES, 2 * WIRES)]
    ),
}


@pytest.mark.parametrize("name", UNDRAWN)
def test_a_short_certificate_that_takes_long_to_draw_is_rejected(name):
    verdict = check(UNDRAWN[name])
    assert not verdict and "statement: to draw the graph takes more than" in verdict.reason


def test_many_boxes_on_few_wires_are_drawn():
    size = 2_000
    assert check(about(["x"], [[0, i, i] for i in range(size)], [size]))


def test_what_is_asked_must_be_an_equation():
    with pytest.raises(ProofError, match="statement= takes"):
        check({}, statement="f = g")


def test_a_proof_is_checked_by_its_certificate():
    proof = Derivation(s >> s, AXIOMS).rewrite("idempotent").proof()
    assert check(proof) == check(proof.to_dict()) and check(proof)
    assert not check(ld.prove(E(s, ld.Id(x)), [AXIOMS["idempotent"]]))  # a countermodel


def test_two_boxes_of_one_name_have_no_certificate():
    box, kernel = ld.Box("b", x, x), ld.Kernel("b", x, x)
    proof = Premises.read([E(box, kernel, "law")], "markov").proof(E(box, kernel), ())
    with pytest.raises(ProofError, match="two different boxes"):
        proof.to_dict()


def test_the_checker_is_short_and_knows_nothing_of_the_search():
    with open(checker.__file__, encoding="utf-8") as file:
        text = file.read()
    assert len(text.splitlines()) < 200
    program = "import sys, learning_diagrams.proof.checker; print(*sys.modules)"
    import subprocess

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert not {"search", "matching", "rewriting", "rule"} & {
        name.rpartition(".")[2] for name in loaded.split() if name.startswith("learning_diagrams.proof.")
    }


def test_checking_is_linear_in_the_number_of_steps():
    """Counted in calls of the form, so that no clock is asked."""
    calls = []

    class Counting(checker._Checker):
        def form(self, graph):
            calls.append(len(graph.boxes))
            return super().form(graph)

    def work(n):
        power = ld.Id(x).then(*[s] * n)
        proof = Premises.read(AXIOMS, "markov").proof(
            E(power, s), find_steps(E(power, s), {"idempotent": AXIOMS["idempotent"]}, "markov", Budget(1_000))
        )
        calls.clear()
        assert Counting(proof.to_dict()).verdict(None, None)
        return len(calls)

    assert work(33) - work(17) == 2 * (work(17) - work(9)) == 32
