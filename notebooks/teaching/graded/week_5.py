"""Week 5: proof and refutation, and the loss functor."""

from collections.abc import Sequence
from typing import Any

import learning_diagrams as ld
from learning_diagrams.errors import brief
from learning_diagrams.exercises.graders import by_proof, by_test, by_value
from learning_diagrams.proof.derivation import Derivation

x, y = ld.Ty("x"), ld.Ty("y")
encode, decode, other = ld.Box("encode", x, y), ld.Box("decode", y, x), ld.Box("other", y, x)
INVERSES = {
    "right": ld.Equation(encode >> decode, ld.Id(x)),
    "left": ld.Equation(other >> encode, ld.Id(y)),
}
GOAL = ld.Equation(other, decode, "one inverse")

one_inverse = ld.exercise(
    "Prove other = decode from week_5.INVERSES: encode >> decode = id and other >> encode = id.",
    Derivation(other, INVERSES).reach(other >> encode >> decode).reach(decode).proof(decode, GOAL.name),
    by=by_proof(INVERSES),
    hint="put encode >> decode after other; then look at the brackets",
)


def _fault(answer: Any) -> str | None:
    if not isinstance(answer, Sequence) or isinstance(answer, str) or not answer:
        return f"the answer is a list, as [0, 1, 2], got {brief(answer)}"
    if any(type(value) is not int or not 0 <= value < len(answer) for value in answer):
        return f"entry i is the element, from 0 to {len(answer) - 1}, to which i is sent"
    for i, value in enumerate(answer):
        if answer[value] != value:
            return f"the axiom fails: {i} goes to {value}, and then to {answer[value]}"
    return "this is the identity, so the claim holds" if list(answer) == list(range(len(answer))) else None


projection = ld.exercise(
    "The axiom is e >> e = e, the claim is e = id. Refute the claim: give a list, in which entry i is the element to "
    "which e sends i.",
    [0, 0],
    by=by_test(_fault),
    hint="two elements suffice. Project both of them to one",
)

orders = ld.exercise(
    "Boxes multiply: f = 1, f′ = 2, g = 3, g′ = 5. The data have mean square 1 and the loss is the squared error. What "
    "does it cost to replace f by f′ and then g by g′, and what in the other order? Answer with the pair.",
    (17, 5),
    by=by_value(
        slips={
            "f′ first stands first in the pair": (5, 17),
            "you measured g at p in both orders; g is measured at what the first stage makes of p": (5, 5),
            "if g is replaced first, the first stage is still f, so g is measured at p ≫ f": (17, 17),
            "these are sums of differences; square each difference before you add": (5, 3),
            "this compares the two ends, f ≫ g with f′ ≫ g′; an order costs the sum over its steps": (49, 49),
        }
    ),
    hint="a cell is measured where it starts: g at p ≫ f′ in the first order, at p ≫ f in the second",
)
