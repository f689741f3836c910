"""Composition of boxes, composites and identities: what does not fit is a typed error, whatever the sides are."""

import pytest
from discopy import markov

import learning_diagrams as ld

x, y = ld.Ty("x"), ld.Ty("y")
f, k = ld.Box("f", x, y), ld.Kernel("k", y, x)
ENDS = "these do not compose: the left side ends in "
REFUSED = {
    "two composites": (lambda: f @ x >> f @ y, ENDS + "y @ x, the right side starts from x @ y"),
    "a composite and a box": (lambda: (f >> k) >> k, ENDS + "x, the right side starts from y"),
    "an identity": (lambda: ld.Id(x).then(k), ENDS + "x, the right side starts from y"),
    "the middle of several": (lambda: ld.Id(x).then(f, f, k), ENDS + "y, the right side starts from x"),
    "a diagram of DisCoPy": (lambda: markov.Diagram.id(x) >> (k >> f), ENDS + "x, the right side starts from y"),
    "a list behind an identity": (lambda: ld.Id(x).then([f]), "only diagrams compose by >>, got [the diagram f]"),
    "a number behind a composite": (lambda: (f >> k) >> 3, "only diagrams compose by >>, got 3"),
    "a number before a composite": (lambda: 3 >> (f >> k), "only diagrams compose by >>, got 3"),
    "a text beside a box": (lambda: f @ "x", "diagrams and types stand side by side by @, got 'x'"),
    "a box beside a text": (lambda: "x" @ f, "diagrams and types stand side by side by @, got 'x'"),
    "a list beside a box": (lambda: (f >> k) @ [f], "diagrams and types stand side by side by @, got [the diagram f]"),
    "the identity of a text": (lambda: ld.Id("x"), "Id takes a type, as Ty('x') or Ty('x', 'y'); got 'x'"),
    "the identity of a number": (lambda: ld.Id(3), "Id takes a type, as Ty('x') or Ty('x', 'y'); got 3"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(case):
    compose, message = REFUSED[case]
    with pytest.raises(ld.TypeMismatch) as caught:
        compose()
    assert str(caught.value).splitlines()[0] == message
