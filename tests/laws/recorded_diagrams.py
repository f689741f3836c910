"""Thirty-five learning diagrams, and what is recorded of each: digest, printed code, errors of damaged data.

`python tests/laws/recorded_diagrams.py` writes the record anew. That is right only where a change is meant to alter
digests, printed code or the types and places of errors; `test_recorded.py` holds every other change to the record.
"""

import copy
import io
import json
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import learning_diagrams as ld
from learning_diagrams import regimes

RECORD = Path(__file__).with_suffix(".json")
REGIMES = {name: getattr(regimes, name) for name in regimes.__all__}
DAMAGE = (None, 7, "nowhere", [], {"extra": 1})


def written():
    """Diagrams that say what no regime says: draws, sources, laws, several outputs, options, averages, players."""
    x, y, n = ld.Ty("x"), ld.Ty("y"), ld.Ty("n")
    rows, other = ld.SampleSpace("rows"), ld.SampleSpace("other")
    a, b, label = rows.column("a", x), rows.column("b", x), rows.column("label", n)
    far = other.column("far", x)
    f, g, h = ld.Box("f", x, x), ld.Box("g", x, x), ld.Box("h", x, y)
    pair, add = ld.Box("pair", x, x @ y), ld.Box("add", x @ x, x)
    k, m, noise = ld.Kernel("k", x, n), ld.Kernel("m", x, n), ld.Kernel("noise", x, x)
    start, coin = ld.Kernel("start", ld.Ty(), x), ld.Box("coin", ld.Ty(), x)
    equation, c = ld.Equation, ld.Constraint
    everything = {
        "empty": ld.LearningDiagram(),
        "axioms only": ld.LearningDiagram(axioms={"involution": equation(f >> f, ld.Id(x))}, name="axioms only"),
        "vacuous": ld.LearningDiagram(c("same", f >> g, f >> g, over=a)),
        "shared draw": ld.LearningDiagram(c("c", add, f @ f >> add, over=a >> ld.Copy(x) >> noise @ noise)),
        "random source": ld.LearningDiagram(c("c", f, g, over=rows.state >> a)),
        "two rows": ld.LearningDiagram(c("c", a @ a >> add, ld.Swap(rows.ty, rows.ty) >> a @ a >> add)),
        "two spaces": ld.LearningDiagram(c("c", a @ far >> add, a @ far >> f @ g >> add)),
        "in law": ld.LearningDiagram(c("c", start >> f, other.state >> far), c("d", start, rows.state >> a >> f)),
        "constants": ld.LearningDiagram(c("c", coin >> f, coin)),
        "several outputs": ld.LearningDiagram(
            c("c", a >> pair, a >> ld.Copy(x) >> g @ h, divergence=["squared_error", {"name": "huber", "delta": 2}])
        ),
        "options": ld.LearningDiagram(
            c("soft", a >> k, a >> m, divergence={"name": "kl", "temperature": 4}, weight=0.25),
            c("hard", a >> k, label, divergence={"name": "kl", "label_smoothing": 0.1}),
            frozen=[m],
        ),
        "detached": ld.LearningDiagram(c("c", a >> f >> g, b >> f, detach="rhs"), c("d", a >> f, b, detach=[f])),
        "average": ld.LearningDiagram(c("c", a >> f, a >> g), ema={g: (f, 0.99)}),
        "game": ld.LearningDiagram(
            c("c", a >> f >> g, a),
            c("d", a >> g, b, weight=0),
            players={
                "first": {"terms": ["c"], "boxes": [f], "steps": 2},
                "second": {"terms": {"c": -1.0, "d": 0.5}, "boxes": [g], "optimizer": {"name": "sgd", "lr": 0.1}},
            },
        ),
        "discarded": ld.LearningDiagram(c("c", a >> pair >> x @ ld.Discard(y), a >> f)),
        "contrast": ld.LearningDiagram(c("c", a >> f, b >> g, divergence="info_nce")),
        "energy": ld.LearningDiagram(c("c", a >> h, ld.Discard(rows.ty) >> ld.Box("zero", ld.Ty(), y))),
    }
    return everything


def diagrams():
    """All of them, by name."""
    return {name: regime() for name, regime in REGIMES.items()} | written()


def printed_code(diagram, *options):
    """The lines of the loss, in a game of each player, that the command line explains, or how it refuses."""
    from learning_diagrams.cli import main

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "diagram.yaml"
        out, error = io.StringIO(), io.StringIO()
        argv, sys.argv = sys.argv, ["learning-diagrams", "explain", str(file), *options]
        try:
            ld.save(diagram, file)
            with redirect_stdout(out), redirect_stderr(error):
                main()
            code = 0
        except SystemExit as stop:
            code = stop.code
        except ld.LearningDiagramError as fault:
            code = type(fault).__name__
        finally:
            sys.argv = argv
        lines = out.getvalue().splitlines()
        heads = [i for i, line in enumerate(lines) if line.startswith("the loss")]
        return lines[heads[0] : lines.index("counts")] if code == 0 and heads else [str(code)]


def spaces(diagram):
    """A space for each object as the command line takes it: finite where a kernel ends."""
    stochastic = {ob.name for box in diagram.boxes if isinstance(box, ld.Kernel) for ob in box.cod.inside}
    for ty in diagram.objects:
        name = ty.inside[0].name
        yield from ("--space", f"{name}={'Finite(3)' if name in stochastic else 'Euclidean(4)'}")


def places(data, place=()):
    """Every place in plain data, outermost first."""
    if place:
        yield place
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places(data[key], (*place, key))


def damaged(data, place, value):
    result = copy.deepcopy(data)
    at = result
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return result


def fault(data):
    """The digest of what plain data say, or the type of the error and the place that stands at its head."""
    try:
        return ld.LearningDiagram.from_dict(data).digest()[:8]
    except ld.LearningDiagramError as error:
        return f"{type(error).__name__} {str(error).partition(': ')[0][:80]}"


def record(diagram):
    try:
        data = diagram.to_dict()
    except ld.LearningDiagramError as error:
        return {"digest": diagram.digest(), "fault": type(error).__name__}
    faults = {}
    for place in places(data):
        faults["/".join(map(str, place))] = " | ".join(fault(damaged(data, place, value)) for value in DAMAGE)
    return {
        "digest": diagram.digest(),
        "sides": {c.name: [ld.digest(c.lhs)[:16], ld.digest(c.rhs)[:16]] for c in diagram.constraints},
        "code without spaces": printed_code(diagram),
        "code": printed_code(diagram, *spaces(diagram)),
        "damaged": faults,
    }


if __name__ == "__main__":
    everything = {name: record(diagram) for name, diagram in diagrams().items()}
    RECORD.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(everything)} diagrams, {sum(len(d.get('damaged', ())) for d in everything.values())} damaged places")
