"""Questions of questions.py put to DisCoPy, chyp and egglog, each from its own release. Run by peers_table.py.

    .venv-peers/bin/python benchmarks/peers.py < questions.json > answers.json

This file imports nothing of ours. Each question is answered in a process of its own, which a timer ends when the CPU
seconds run out. Building the two sides is not timed, but has a limit too.
"""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

TO_BUILD = 20  # CPU seconds for the imports and for building both sides
Answer = Callable[[], "bool | None"]  # None: no proof, so the answer is neither yes nor no


class Unable(Exception):
    """The peer cannot express the question."""


def discopy_diagrams(question: dict[str, Any]) -> Answer:
    """`==` of diagrams up to hypergraphs, as in DisCoPy's documentation; each call translates the diagrams."""
    from discopy import markov

    x = markov.Ty("x")
    make = {"swap": markov.Swap(x, x), "copy": markov.Copy(x, 2), "discard": markov.Copy(x, 0)}

    def diagram(steps: list[list[Any]]) -> Any:
        layers, width = [], question["width"]
        for at, name, inputs, outputs in steps:
            box = make.get(name) or markov.Box(name, x**inputs, x**outputs)
            layers.append(x**at @ box @ x ** (width - at - inputs))
            width += outputs - inputs
        return markov.Id(x ** question["width"]).then(*layers)

    lhs, rhs = diagram(question["lhs"]), diagram(question["rhs"])

    def answer() -> bool:
        with markov.Diagram.hypergraph_equality:
            return lhs == rhs

    return answer


def wires(width: int, steps: list[list[Any]]) -> tuple[list[tuple[str, list[int], list[int]]], list[int], int]:
    """Boxes with the wires at their sides, the wires of the outputs, and the number of wires."""
    scan, count = list(range(width)), width
    boxes = []
    for at, name, inputs, outputs in steps:
        here = scan[at : at + inputs]
        produced = {"swap": here[::-1], "copy": here * 2, "discard": []}.get(name)
        if produced is None:
            produced = list(range(count, count + outputs))
            boxes.append((name, here, produced))
            count += outputs
        scan[at : at + inputs] = produced
    return boxes, scan, count


def discopy_hypergraphs(question: dict[str, Any]) -> Answer:
    """`==` of hypergraphs built beforehand: the isomorphism alone, without the translation of diagrams."""
    from discopy import markov

    x = markov.Ty("x")
    kind = type(markov.Box("f", x, x).to_hypergraph())

    def hypergraph(steps: list[list[Any]]) -> Any:
        applied, outputs, count = wires(question["width"], steps)
        boxes = tuple(markov.Box(name, x ** len(before), x ** len(after)) for name, before, after in applied)
        box_wires = tuple((tuple(before), tuple(after)) for _, before, after in applied)
        wiring = tuple(range(question["width"])), box_wires, tuple(outputs)
        return kind(x ** question["width"], x ** len(outputs), boxes, wiring, dict.fromkeys(range(count), x))

    lhs, rhs = hypergraph(question["lhs"]), hypergraph(question["rhs"])
    return lambda: lhs == rhs


def chyp(question: dict[str, Any]) -> Answer:
    """`find_iso` of graphs built beforehand."""
    from chyp.graph import Graph
    from chyp.matcher import find_iso

    if question["theory"] != "symmetric":
        raise Unable

    def graph(steps: list[list[Any]]) -> Graph:
        boxes, outputs, count = wires(question["width"], steps)
        hypergraph = Graph()
        vertices = [hypergraph.add_vertex() for _ in range(count)]
        for name, before, after in boxes:
            hypergraph.add_edge([vertices[wire] for wire in before], [vertices[wire] for wire in after], name)
        hypergraph.set_inputs(vertices[: question["width"]])
        hypergraph.set_outputs([vertices[wire] for wire in outputs])
        return hypergraph

    lhs, rhs = graph(question["lhs"]), graph(question["rhs"])
    return lambda: find_iso(lhs, rhs) is not None


def egglog(question: dict[str, Any]) -> Answer:
    """Search for a proof; the time includes reading the terms."""
    from egglog_laws import search, term

    lhs, rhs = (term(question["width"], question[side]) for side in ("lhs", "rhs"))
    return lambda: search(lhs, rhs, question["theory"])


PEERS: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "DisCoPy diagrams": discopy_diagrams,
    "DisCoPy hypergraphs": discopy_hypergraphs,
    "chyp": chyp,
    "egglog": egglog,
}


def answer_one(peer: str, limit: float) -> None:
    """Answer the question on standard input, up to five times.

    By the thread's clock: while a timer of the process is set, the clock of the process goes in steps of milliseconds.
    """
    signal.setitimer(signal.ITIMER_PROF, TO_BUILD)
    try:
        ask = PEERS[peer](json.load(sys.stdin))
    except Unable:
        print(json.dumps({"answer": "unable"}))
        return
    print("built", flush=True)
    runs: list[float] = []
    while len(runs) < 5 and sum(runs) < 1:
        signal.setitimer(signal.ITIMER_PROF, limit)
        start = time.thread_time()
        answer = ask()
        runs.append(time.thread_time() - start)
        signal.setitimer(signal.ITIMER_PROF, 0)
    print(json.dumps({"answer": "no proof" if answer is None else answer, "seconds": statistics.median(runs)}))


def put(peer: str, question: dict[str, Any], limit: float) -> dict[str, Any]:
    command = [sys.executable, __file__, peer, str(limit)]
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True)
    if done.returncode == -signal.SIGPROF:
        return {"answer": "out of time" if "built" in done.stdout else "not built"}
    if done.returncode:
        return {"answer": "error", "message": (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    asked = json.load(sys.stdin)
    answers: list[dict[str, Any]] = []
    for peer in PEERS:
        gave_up: set[str] = set()  # kinds with a smaller question that failed
        for question in asked["questions"]:
            reply = {"answer": "not asked"} if question["kind"] in gave_up else put(peer, question, asked["limit"])
            if reply["answer"] in ("out of time", "not built", "error"):
                gave_up.add(question["kind"])
            answers.append({"peer": peer, "kind": question["kind"], "size": question["size"], **reply})
    versions = {name: version(name) for name in ("discopy", "chyp", "egglog")}
    print(json.dumps({"versions": versions, "answers": answers}))


if __name__ == "__main__":
    answer_one(sys.argv[1], float(sys.argv[2])) if sys.argv[1:] else main()
