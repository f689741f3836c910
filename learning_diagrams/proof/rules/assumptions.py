"""The axioms of a proof, with those that speak of the symbols of its steps.

>>> from learning_diagrams.diagrams.box import Box, Ty
>>> from learning_diagrams.diagrams.port_graph import PortGraph
>>> f, g, h = (Box(name, Ty("x"), Ty("x")) for name in "fgh")
>>> same, known = Equation(f, g, "same"), Equation(h, h, "there is h")
>>> step = Step("same", False, PortGraph.from_diagram(h), PortGraph.from_diagram(h))
>>> sorted(spoken_axioms(Equation(f, g), [step], {"same": same}, [same, known]))
['same', 'there is h']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from learning_diagrams.presentation.equation import Equation
from learning_diagrams.proof.rules.question import require_spoken, symbols, symbols_of
from learning_diagrams.proof.rules.step import Step


def spoken_axioms(
    statement: Equation,
    steps: Iterable[Step],
    assumed: Mapping[str, Equation],
    axioms: Iterable[Equation],
    lemmas: Sequence[Equation] = (),
) -> dict[str, Equation]:
    """What a proof assumes, with the axioms for the symbols of which neither its statement nor its axioms speak yet.

    Raises `ProofError` for a symbol without an axiom.
    """
    used = symbols(graph for step in steps for graph in (step.before, step.after))
    used |= symbols_of([statement, *lemmas])
    known, result = symbols_of([statement, *assumed.values()]), dict(assumed)
    for axiom in axioms if used.keys() - known else ():
        if (used.keys() - known) & (own := symbols_of([axiom])).keys():
            result[axiom.name] = axiom
            known |= own
    require_spoken(used, known, f"proof of {statement.name or 'the statement'}")
    return result
