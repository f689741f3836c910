"""Equality of diagrams as a search of egglog: the laws of a theory are rewrite rules on terms.

Used by peers.py, inside the peers' environment. A term is made of boxes, identities, swaps, copies and discards with
then (>>) and beside (@); all wires have the same type, so a type is a number of wires. The search can only say yes.
"""

from __future__ import annotations

from typing import Any

from egglog import (
    EGraph,
    Expr,
    String,
    StringLike,
    birewrite,
    eq,
    function,
    i64,
    i64Like,
    rewrite,
    rule,
    ruleset,
    set_,
    union,
    vars_,
)


class Term(Expr):
    def __init__(self, name: StringLike, dom: i64Like, cod: i64Like) -> None: ...
    @classmethod
    def function(cls, name: StringLike, dom: i64Like, cod: i64Like) -> Term: ...
    @classmethod
    def id(cls, n: i64Like) -> Term: ...
    @classmethod
    def swap(cls, m: i64Like, n: i64Like) -> Term: ...
    @classmethod
    def copy(cls) -> Term: ...
    @classmethod
    def discard(cls, n: i64Like) -> Term: ...
    def __rshift__(self, other: Term) -> Term: ...
    def __matmul__(self, other: Term) -> Term: ...


@function
def dom(term: Term) -> i64: ...


@function
def cod(term: Term) -> i64: ...


def _types(f: Term, g: Term, h: Term, m: i64, n: i64, p: i64, q: i64, name: String) -> Any:
    """Rules for the number of wires on either side of a term."""

    def typed(term: Term, inputs: Any, outputs: Any, *premises: Any) -> Any:
        return rule(eq(f).to(term), *premises).then(set_(dom(f)).to(inputs), set_(cod(f)).to(outputs))

    sides = eq(dom(g)).to(m), eq(cod(g)).to(n), eq(dom(h)).to(p), eq(cod(h)).to(q)
    return ruleset(
        typed(Term(name, m, n), m, n),
        typed(Term.function(name, m, n), m, n),
        typed(Term.id(m), m, m),
        typed(Term.swap(m, n), m + n, m + n),
        typed(Term.copy(), i64(1), i64(2)),
        typed(Term.discard(m), m, i64(0)),
        typed(g >> h, m, q, *sides),
        typed(g @ h, m + p, n + q, *sides),
    )


def _symmetric(f: Term, g: Term, h: Term, k: Term, m: i64, n: i64, p: i64, q: i64) -> Any:
    """The laws of symmetric monoidal categories; identities and swaps of many wires are built from smaller ones."""
    wire = Term.id(1)
    types = eq(dom(f)).to(m), eq(cod(f)).to(n), eq(dom(g)).to(p), eq(cod(g)).to(q)
    return ruleset(
        birewrite((f >> g) >> h).to(f >> (g >> h)),
        birewrite((f @ g) @ h).to(f @ (g @ h)),
        rewrite(Term.id(m) >> f).to(f),
        rewrite(f >> Term.id(m)).to(f),
        rewrite(Term.id(0) @ f).to(f),
        rewrite(f @ Term.id(0)).to(f),
        rule(eq(cod(f)).to(n)).then(union(f).with_(f >> Term.id(n))),
        rule(eq(dom(f)).to(n)).then(union(f).with_(Term.id(n) >> f)),
        rule(eq(dom(f)).to(n)).then(union(f).with_(f @ Term.id(0)), union(f).with_(Term.id(0) @ f)),
        rewrite(Term.id(m) @ Term.id(n)).to(Term.id(m + n)),
        rewrite(Term.id(m)).to(wire @ Term.id(m - 1), m > 1),
        rewrite((f @ g) >> (h @ k)).to((f >> h) @ (g >> k), eq(cod(f)).to(m), eq(dom(h)).to(m)),
        rewrite((f >> h) @ (g >> k)).to((f @ g) >> (h @ k)),
        rewrite((f @ g) >> Term.swap(n, q)).to(Term.swap(m, p) >> (g @ f), *types),
        rewrite(Term.swap(m, p) >> (g @ f)).to((f @ g) >> Term.swap(n, q), *types),
        rewrite(Term.swap(m, n) >> Term.swap(n, m)).to(Term.id(m + n)),
        rewrite(Term.swap(m, 0)).to(Term.id(m)),
        rewrite(Term.swap(0, n)).to(Term.id(n)),
        rewrite(Term.swap(m, n)).to((wire @ Term.swap(m - 1, n)) >> (Term.swap(1, n) @ Term.id(m - 1)), m > 1),
        rewrite(Term.swap(m, n)).to((Term.swap(m, 1) @ Term.id(n - 1)) >> (wire @ Term.swap(m, n - 1)), n > 1),
        rewrite((wire @ Term.swap(m, n)) >> (Term.swap(1, n) @ Term.id(m))).to(Term.swap(m + 1, n)),
        rewrite((Term.swap(m, 1) @ Term.id(n)) >> (wire @ Term.swap(m, n))).to(Term.swap(m, n + 1)),
    )


def _markov(f: Term, m: i64, n: i64, name: String) -> Any:
    """The comonoid of copy and discard, discarding for all terms, copying for functions of one wire."""
    wire, copy, applied = Term.id(1), Term.copy(), Term.function(name, 1, 1)
    return ruleset(
        rewrite(copy >> (Term.discard(1) @ wire)).to(wire),
        rewrite(copy >> (wire @ Term.discard(1))).to(wire),
        rewrite(copy >> Term.swap(1, 1)).to(copy),
        birewrite(copy >> (copy @ wire)).to(copy >> (wire @ copy)),
        rewrite(Term.discard(m) @ Term.discard(n)).to(Term.discard(m + n)),
        rewrite(Term.discard(0)).to(Term.id(0)),
        rewrite(f >> Term.discard(n)).to(Term.discard(m), eq(dom(f)).to(m)),
        birewrite(applied >> copy).to(copy >> (applied @ applied)),
    )


def term(width: int, steps: list[list[Any]]) -> Term:
    whole = None
    for at, name, inputs, outputs in steps:
        wiring = {"swap": Term.swap(1, 1), "copy": Term.copy(), "discard": Term.discard(1)}
        kind = Term.function if name.startswith("f") else Term
        layer = wiring[name] if name in wiring else kind(name, inputs, outputs)
        rest = width - at - inputs
        layer = Term.id(at) @ layer if at else layer
        layer = layer @ Term.id(rest) if rest else layer
        whole = layer if whole is None else whole >> layer
        width += outputs - inputs
    return Term.id(width) if whole is None else whole


def search(lhs: Term, rhs: Term, theory: str) -> bool | None:
    """True if the search finds a proof, None if no rule applies any more; the search may not end."""
    terms, numbers, (name,) = vars_("f g h k", Term), vars_("m n p q", i64), vars_("name", String)
    f, g, h, k = terms
    m, n, p, q = numbers
    laws = _symmetric(f, g, h, k, m, n, p, q)
    schedule = laws if theory == "symmetric" else laws | _markov(f, m, n, name)
    graph = EGraph()
    lhs, rhs = graph.let("lhs", lhs), graph.let("rhs", rhs)
    schedule += _types(f, g, h, m, n, p, q, name).saturate()
    while not graph.check_bool(eq(lhs).to(rhs)):
        if not graph.run(schedule).updated:
            return None
    return True
