"""Equality of diagrams beside DisCoPy, chyp and egglog: each question's time, or the failure. Run by `make bench`.

    python benchmarks/peers_table.py .venv-peers/bin/python

Without that environment only our own column has times.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from equality import pair
from measured_file import write
from questions import Question, markov_laws, parallel, rings, strands

import learning_diagrams as ld

LIMIT = 10  # CPU seconds for an answer
COLUMNS = ("ours", "DisCoPy diagrams", "DisCoPy hypergraphs", "chyp", "egglog")
NOTES = """
ours: `equal`, reading both diagrams each time. DisCoPy: == of diagrams up to hypergraphs, and of hypergraphs made
beforehand; it cannot be told that f is a function, and of a kernel its "no" is right. chyp: find_iso of graphs made
beforehand. egglog: search for a proof with the laws as rewrite rules, written by us; it cannot say "no".

wrong: the other answer. no proof: the search ended without one. out of time: no answer within the limit. not built:
nothing to compare within 20 s. not asked: a smaller question of the kind was too much. unable: its equality has no
such laws.
"""


def questions() -> list[Question]:
    asked = [make(n) for make, sizes in ((parallel, (2, 4, 8)), (strands, (10, 30, 100, 1_000))) for n in sizes]
    return [*asked, rings(2), rings(8), *markov_laws()]


def ours(question: Question) -> dict[str, Any]:
    lhs, rhs = pair(question)
    runs = []
    for _ in range(5):
        start = time.process_time()
        answer = ld.equal(lhs, rhs, question.theory)
        runs.append(time.process_time() - start)
    return {"answer": answer, "seconds": statistics.median(runs)}


def ask_peers(python: str, asked: list[Question]) -> dict[str, Any] | None:
    """The answers of peers.py in its environment; None if the peers are not installed."""
    try:
        subprocess.run([python, "-c", "import chyp, discopy, egglog"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    command = [python, str(Path(__file__).with_name("peers.py"))]
    task = json.dumps({"limit": LIMIT, "questions": [question.as_data() for question in asked]})
    return json.loads(subprocess.run(command, input=task, stdout=subprocess.PIPE, text=True, check=True).stdout)


def cell(reply: dict[str, Any], expected: bool) -> str:
    answer = reply["answer"]
    if answer not in (True, False):
        return answer
    spent = reply["seconds"]
    shown = f"{spent:.3g} s" if spent >= 1 else f"{spent * 1e3:.3g} ms"
    return shown if answer is expected else f"wrong, {shown}"


def main(python: str) -> None:
    asked = questions()
    replies = {("ours", q.kind, q.size): ours(q) for q in asked}
    print(f"\nCPU time to tell whether two diagrams are equal, for at most {LIMIT} s; sizes in boxes", flush=True)
    answers = ask_peers(python, asked)
    for reply in answers["answers"] if answers else ():
        replies[reply["peer"], reply["kind"], reply["size"]] = reply
    if answers:
        print(", ".join(f"{name} {version}" for name, version in answers["versions"].items()))
    print(f"\n{'question':36s}{'equal':7s}" + "".join(f"{name:>20s}" for name in COLUMNS))
    absent = {"answer": "not installed"}
    rows = []
    for q in asked:
        cells = [cell(replies.get((column, q.kind, q.size), absent), q.equal) for column in COLUMNS]
        name = f"{q.kind}, {q.size:,}" if q.size > 1 else q.kind
        rows.append({"question": name, "kind": q.kind, "size": q.size, "equal": q.equal, "cells": cells})
        print(f"{name:36s}{'yes' if q.equal else 'no':7s}" + "".join(f"{text:>20s}" for text in cells))
    for reply in replies.values():
        if "message" in reply:
            print(f"{reply['peer']}, {reply['kind']}: {reply['message']}")
    print(NOTES, end="")
    write("peers_table", limit=LIMIT, columns=COLUMNS, peers=answers["versions"] if answers else {}, rows=rows)


if __name__ == "__main__":
    main(sys.argv[1])
