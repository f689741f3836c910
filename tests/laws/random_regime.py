"""Random learning diagrams with exact finite modules, and data that are made from the modules.

Some boxes are equal to others, or equal except on the diagonal; some columns are images of others, except where a mask
hides them. Constraints repeat, join, split and draw the equations of earlier constraints.
"""

import random

import torch

import learning_diagrams as ld
from finite_regime import ARROWS, BOXES, COLUMNS, OMEGA, PSI, ROWS, Regime
from learning_diagrams.backends.torch import compile
from learning_diagrams.diagrams.port_graph import PortGraphBuilder

DIVERGENCES = {  # by (kernel at the reference, kernel at the prediction, object)
    (False, False, "z"): ["squared_error", "mean_squared_error", "absolute", "huber", "cosine", "difference",
                          "info_nce", {"name": "info_nce", "symmetric": True}, "own", "own_least"],
    (False, True, "z"): ["nll", "energy"],
    (True, True, "z"): ["kl", "reverse_kl", "energy"],
    (False, False, "y"): ["jensen_shannon", "total_variation", "hellinger"],
    (True, False, "y"): ["jensen_shannon", "total_variation", "hellinger"],
    (False, True, "y"): ["kl", "nll", "jensen_shannon", "total_variation", "hellinger", "renyi", "chi_squared",
                         {"name": "kl", "label_smoothing": 0.1}, {"name": "kl", "temperature": 2.0},
                         {"name": "kl", "class_weight": [1, 2, 3]}, {"name": "nll", "label_smoothing": 0.2}],
    (True, True, "y"): ["kl", "reverse_kl", "jensen_shannon", "total_variation", "hellinger", "renyi", "chi_squared",
                        {"name": "renyi", "alpha": 0.5}, {"name": "kl", "temperature": 3.0}],
}  # fmt: skip
IN_LAW = {"y": ["kl", "total_variation", "jensen_shannon", None, "mmd", "energy_distance"],
          "z": [None, "mmd", "energy_distance", "sliced_wasserstein"]}  # fmt: skip


A, B = (0, "a"), (0, "b")
MEET = [("rows", 1, "y", [("f", A)], [B]), ("rows", 1, "y", [("g", A)], [B]), ("rows", 1, "y", [("f", A)], [("g", A)])]
FIT = ("rows", 1, "y", [("k", A)], [B])
PAIR = ("pairs", 2, "y", [("j", A, (1, "a"))], [("i", A, (1, "a"))])
EQUAL = ("pairs", 2, "yy", [("j", A, A), (1, "a")], [("i", A, A), (1, "a")])
THEMES = [(MEET, "same"), ([FIT, FIT, FIT], "same"), ([PAIR, EQUAL], "same"), ([PAIR, PAIR, PAIR], None)]


class Draw:
    """A random regime."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tables = {name: self.table(name) for name in ARROWS}
        self.facts = []  # pairs of terms of one object, equal at each row
        for name, twin in (("g", "f"), ("u", "e"), ("l", "k"), ("o", "n"), ("i", "j")):
            if self.random.random() < 0.7:
                self.tables[name] = self.tables[twin]
                if name == "i" and self.random.random() < 0.5:
                    self.tables["i"] = [
                        [(row[c] + (r == c)) % 3 for c in range(3)] for r, row in enumerate(self.tables["j"])
                    ]
        if self.random.random() < 0.4:  # a kernel that is a function
            self.tables["k"] = torch.eye(3)[torch.tensor(self.tables["f"])].tolist()
        self.values = {
            (space.name, name): [self.random.randrange(3) for _ in range(ROWS)]
            for own in COLUMNS.values() for space, name in own
        }  # fmt: skip
        values = self.values
        values["omega", "a"] = self.random.sample(range(3), 3) if self.random.random() < 0.7 else values["omega", "a"]
        f, e = self.tables["f"], self.tables["e"]
        if self.random.random() < 0.8:
            values["omega", "b"] = [f[v] for v in values["omega", "a"]]
        if self.random.random() < 0.8:
            values["omega", "c"] = [f[v] for v in values["omega", "b"]]
        if self.random.random() < 0.8:
            values["omega", "q"] = [e[v] for v in values["omega", "b"]]
        if len(set(values["omega", "a"])) == 3 and self.random.random() < 0.5:
            self.tables["coin"] = [1 / 3] * 3
        self.masks = {}
        for key in list(values):
            if self.random.random() < 0.25:
                hidden = self.random.randrange(ROWS)
                self.masks[key] = [row != hidden for row in range(ROWS)]
                values[key] = [(v + 1) % 3 if row == hidden else v for row, v in enumerate(values[key])]
                if key[1] == "b" and self.tables["g"] == f:  # unlike only where the mask hides it
                    at = values["omega", "a"][hidden]
                    self.tables["g"] = [(v + 1) % 3 if v_in == at else v for v_in, v in enumerate(f)]

    def table(self, name):
        kernel, inputs, output = ARROWS[name]
        if kernel and output == "y":
            rows = [(1 / 2, 1 / 2, 0.0), (1 / 4, 1 / 4, 1 / 2), (1.0, 0.0, 0.0), (1 / 3, 1 / 3, 1 / 3)]
            entry = lambda: list(self.random.choice(rows))  # noqa: E731
        else:
            entry = lambda: self.random.randrange(3)  # noqa: E731
        for _ in inputs:
            entry = lambda inner=entry: [inner() for _ in range(3)]  # noqa: E731
        return entry()

    def term(self, ob, draws, depth):
        """A term that ends in an object: a column of a draw, or a box applied to terms."""
        columns = [(d, name) for d, space in enumerate(draws) for own, name in COLUMNS[ob] if own == space]
        if columns and (depth == 0 or self.random.random() < 0.35):
            return self.random.choice(columns)
        fitting = [n for n, (kernel, _, output) in ARROWS.items() if output == ob and (depth > 1 or not kernel)]
        if len(draws) > 1 and ob == "y" and self.random.random() < 0.5:
            return (self.random.choice("jjiw"), *((draw, "a" if draws[draw] == OMEGA else "d") for draw in (0, 1)))
        if not columns or self.random.random() < 0.25:
            fitting = [n for n, (_, _, output) in ARROWS.items() if output == ob]
        name = self.random.choice(fitting)
        if depth < -1:
            name = "coin" if ob == "y" else "e"
        return (name, *(self.term(own, draws, depth - 1) for own in ARROWS[name][1]))

    def changed(self, term, draws):
        """A term with some parts exchanged for parts that are often equal."""
        name, *arguments = term
        if isinstance(name, int):
            table = {"b": ("f", (name, "a")), "c": ("f", (name, "b")), "q": ("e", (name, "b"))}
            if arguments[0] in table and self.random.random() < 0.5:
                return self.changed(table[arguments[0]], draws) if self.random.random() < 0.5 else table[arguments[0]]
            return term
        twins = dict(zip("fgeukljino", "gfuelkijon", strict=True))
        twin = twins.get(name, name) if self.random.random() < 0.5 else name
        inner = [self.changed(argument, draws) for argument in arguments]
        if twin in ("f", "g") and inner[0] in [(d, "a") for d in range(9)] and self.random.random() < 0.4:
            return inner[0][0], "b"
        if twin in ("e", "u") and inner[0] in [(d, "b") for d in range(9)] and self.random.random() < 0.4:
            return inner[0][0], "q"
        return (twin, *inner)

    def graph(self, terms, draws, states, dead):
        """Terms as a port graph from the draws, which are inputs or states; `dead` terms are discarded."""
        builder = PortGraphBuilder(ld.Ty() if states else ld.Ty().tensor(*(space.ty for space in draws)))
        rows = [builder.add(space.state, [])[0] for space in draws] if states else list(builder.inputs)

        def wire(term):
            name, *arguments = term
            if isinstance(name, int):
                space = draws[name]
                ob = next(ob for ob, own in COLUMNS.items() if (space, arguments[0]) in own)
                return builder.add(space.column(arguments[0], ld.Ty(ob)), [rows[name]])[0]
            return builder.add(BOXES[name], [wire(argument) for argument in arguments])[0]

        for term in dead:
            wire(term)
        ends = [wire(term) for term in terms]
        cod = ld.Ty().tensor(*(ld.Ty(self.object(term, draws)) for term in terms))
        return builder.build(cod, ends).to_diagram()

    def object(self, term, draws):
        name, *arguments = term
        if isinstance(name, int):
            return next(ob for ob, own in COLUMNS.items() if (draws[name], arguments[0]) in own)
        return ARROWS[name][2]

    def divergence(self, lhs, rhs, obs, in_law):
        if in_law:
            return self.random.choice(IN_LAW[obs[0]])
        chosen = []
        for p, r, ob in zip(lhs, rhs, obs, strict=True):
            ends = tuple(isinstance(t[0], str) and ARROWS[t[0]][0] for t in (r, p))
            fitting = DIVERGENCES.get((*ends, ob))
            if fitting is None:
                return "none"
            own = [None] if (ob == "y" and ends[1]) or (ob == "z" and not any(ends)) else []
            chosen.append(self.random.choice([*own * len(fitting), *fitting]))
        if None in chosen:
            return None if all(choice is None for choice in chosen) or len(chosen) == 1 else "none"
        return chosen if len(chosen) > 1 else chosen[0]

    def constraint(self, name, equation=None, way=None):
        """A constraint between two terms, or of a known equation in other words; None if its sides do not compare."""
        if equation is None:
            kind = self.random.choice(["rows"] * 5 + ["pairs"] * 3 + ["both", "law", "law", "source"])
            draws = {"rows": [OMEGA], "pairs": [OMEGA, OMEGA], "both": [OMEGA, PSI]}.get(kind, [OMEGA])
            if kind in ("law", "source") and self.random.random() < 0.3:
                draws = [OMEGA, OMEGA]
            obs = [self.random.choice("yyz") for _ in range(1 if kind == "law" or self.random.random() < 0.8 else 2)]
            lhs = [self.term(ob, draws, self.random.choice([1, 1, 2])) for ob in obs]
            equal = self.random.random() < 0.85
            for _ in range(5):
                rhs = [
                    self.changed(t, draws) if equal else self.term(ob, draws, 1) for t, ob in zip(lhs, obs, strict=True)
                ]
                if rhs != lhs:
                    break
        else:
            kind, draws, obs, lhs, rhs = equation
            if self.random.random() < 0.3:
                lhs, rhs = rhs, lhs
            wraps = [n for n in ("f", "k", "e", "j", "m") if len(obs) == 1 and obs[0] == ARROWS[n][1][0]]
            joined = [other[4] for other in self.facts if other[:4] == (kind, draws, obs, lhs) and other[4] != rhs]
            joined += [other[3] for other in self.facts if (*other[:3], other[4]) == (kind, draws, obs, lhs)]
            free, way = (
                way is None,
                way or self.random.choice(["same", "branch", "branch", "wrap", "merge", "merge", "split", "law"]),
            )
            if joined and free and self.random.random() < 0.6:
                lhs = self.random.choice(joined)
            elif way == "branch":
                rhs = [self.changed(term, draws) for term in lhs]
            elif way == "wrap" and wraps:
                wrap = self.random.choice(wraps)
                more = [self.term(ob, draws, 0) for ob in ARROWS[wrap][1][1:]]
                lhs, rhs, obs = [(wrap, lhs[0], *more)], [(wrap, rhs[0], *more)], [ARROWS[wrap][2]]
            elif way == "merge" and kind in ("pairs", "both"):
                kind, draws = "rows", [OMEGA]
                lhs, rhs = ([_merged(term) for term in side] for side in (lhs, rhs))
            elif way == "split" and kind == "rows":
                kind, draws = "pairs", [OMEGA, OMEGA]
            elif way == "law" and kind in ("rows", "pairs") and len(obs) == 1:
                kind = "law"
        if lhs != rhs:
            self.facts.append((kind, draws, obs, lhs, rhs))
        dead = [self.term(self.random.choice("yz"), draws, 1) for _ in range(self.random.random() < 0.3)]
        options = {
            "weight": self.random.choice([1.0, 1.0, 1.0, 0.5, 0.0]),
            "divergence": self.divergence(lhs, rhs, obs, kind == "law"),
        }
        if options["divergence"] == "none":
            return None
        if self.random.random() < 0.15:
            options["detach"] = self.random.choice(["lhs", "rhs"])
        states = kind == "law"
        try:
            if kind == "source" or (kind == "pairs" and self.random.random() < 0.4):
                return self.sourced(name, draws, lhs, rhs, kind == "source", options)
            return ld.Constraint(
                name, self.graph(lhs, draws, states, dead), self.graph(rhs, draws, states, ()), **options
            )
        except ld.LearningDiagramError:
            return None

    def sourced(self, name, draws, lhs, rhs, states, options):
        """The constraint over a source that reads the columns of both sides."""
        columns = sorted({leaf for term in (*lhs, *rhs) for leaf in _leaves(term)})
        if not columns:
            return None
        source = self.graph(columns, draws, states, ())
        places = {leaf: number for number, leaf in enumerate(columns)}

        def side(terms):
            builder = PortGraphBuilder(source.cod)

            def wire(term):
                if isinstance(term[0], int):
                    return places[term]
                return builder.add(BOXES[term[0]], [wire(argument) for argument in term[1:]])[0]

            ends = [wire(term) for term in terms]
            return builder.build(ld.Ty().tensor(*(ld.Ty(self.object(t, draws)) for t in terms)), ends).to_diagram()

        return ld.Constraint(name, side(lhs), side(rhs), over=source, **options)

    def regime(self):
        """The regime, with the constraints that compile."""
        constraints = []
        known, way = self.random.choice(THEMES) if self.random.random() < 0.4 else ((), None)
        equations = [(kind, [OMEGA] * draws, list(obs), list(lhs), list(rhs)) for kind, draws, obs, lhs, rhs in known]
        for number in range(self.random.choice([4, 5, 6, 7])):
            known = self.random.choice(self.facts) if self.facts and self.random.random() < 0.7 else None
            known = equations.pop() if equations else known
            constraint = self.constraint(f"{self.random.choice('abc')}{number}", known, way)
            if constraint is not None:
                constraints.append(constraint)
        kept = []
        for constraint in constraints:
            alone = Regime(ld.LearningDiagram(constraint), self.tables, self.values, self.masks)
            try:
                compile(alone.diagram, alone.functor)
            except ld.LearningDiagramError:
                continue
            kept.append(constraint)
        boxes = sorted({name for constraint in kept for name in constraint.boxes})
        options = {}
        equal = [(a, b) for a, b in ("fg", "eu", "ji", "kl") if {a, b} <= {*boxes} and self.tables[a] == self.tables[b]]
        if equal and self.random.random() < 0.3:
            options["axioms"] = [ld.Equation(BOXES[a], BOXES[b], a + b) for a, b in equal]
        if boxes and self.random.random() < 0.3:
            options["frozen"] = [BOXES[self.random.choice(boxes)]]
        elif len(boxes) > 1 and self.random.random() < 0.07:
            options["players"] = {"one": {"terms": [c.name for c in kept], "boxes": boxes[:1]},
                                  "two": {"terms": [c.name for c in kept], "boxes": boxes[1:]}}  # fmt: skip
        return Regime(ld.LearningDiagram(*kept, **options), self.tables, self.values, self.masks) if kept else None


def _merged(term):
    """A term in which all draws are one."""
    name, *arguments = term
    return (
        (0, {"d": "a", "r": "p"}.get(arguments[0], arguments[0]))
        if isinstance(name, int)
        else (name, *map(_merged, arguments))
    )


def _leaves(term):
    if isinstance(term[0], int):
        return {term}
    return {leaf for argument in term[1:] for leaf in _leaves(argument)}
