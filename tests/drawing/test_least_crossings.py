"""The crossings of small string diagrams are the fewest over all orders of the layers, by integer programming."""

from itertools import combinations
from random import Random

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

import learning_diagrams as ld
from learning_diagrams.diagrams.port_graph import PortGraphBuilder
from learning_diagrams.drawing.strings.layering import Layering

x = ld.Ty("x")


class Program:
    """Whether a place stands before another one, for all pairs in a layer, and whether two strands cross: 0 or 1."""

    def __init__(self, layering):
        self.layers, self.strands = layering.layers, layering.strands
        self.places, self.rows, self.bounds, self.cost = {}, [], [], []

    def variable(self, key):
        return self.places.setdefault(key, len(self.places))

    def before(self, layer, first, second):
        """An affine expression, as coefficient, variable and constant."""
        if layer in (0, len(self.layers) - 1):
            return 0, None, int(self.layers[layer].index(first) < self.layers[layer].index(second))
        if first < second:
            return 1, self.variable((layer, first, second)), 0
        return -1, self.variable((layer, second, first)), 1

    def at_least(self, terms, bound):
        self.rows.append(terms)
        self.bounds.append(bound)

    def least(self):
        for layer, strands in enumerate(self.strands):
            for s, t in combinations(strands, 2):
                if (s.source, s.out_port) != (t.source, t.out_port):
                    self.pair(layer, s, t)
        for layer in range(1, len(self.layers) - 1):
            for a, b, c in combinations(sorted(self.layers[layer]), 3):  # an order is transitive
                ab, bc, ac = (self.before(layer, *pair)[1] for pair in ((a, b), (b, c), (a, c)))
                self.at_least({ab: 1, bc: 1, ac: -1}, 0)
                self.at_least({ab: -1, bc: -1, ac: 1}, -1)
        if not self.cost:
            return 0
        matrix = np.zeros((len(self.rows), len(self.places)))
        for row, terms in enumerate(self.rows):
            for variable, value in terms.items():
                matrix[row, variable] = value
        weights = np.zeros(len(self.places))
        weights[self.cost] = 1
        constraint = LinearConstraint(matrix, self.bounds, np.inf)
        return round(milp(weights, constraints=constraint, integrality=1 - weights, bounds=Bounds(0, 1)).fun)

    def pair(self, layer, s, t):
        """Two strands cross when their ends stand in different orders."""
        ends = [
            (0, None, int(s.out_port < t.out_port)) if s.source == t.source else self.before(layer, s.source, t.source),
            (0, None, int(s.in_port < t.in_port))
            if s.target == t.target
            else self.before(layer + 1, s.target, t.target),
        ]
        crossing = self.variable(("crossing", layer, s, t))
        self.cost.append(crossing)
        for more, less in (ends, ends[::-1]):
            terms = {crossing: 1}
            for sign, (value, variable, _) in ((-1, more), (1, less)):
                if variable is not None:
                    terms[variable] = terms.get(variable, 0) + sign * value
            self.at_least(terms, more[2] - less[2])


def random_graph(seed, boxes, ports):
    """A port graph whose wires go anywhere: a box may read any wire that is there."""
    chance = Random(seed)
    builder = PortGraphBuilder(x ** chance.randint(0, 3))
    wires = list(builder.inputs)
    for i in range(chance.randint(1, boxes)):
        inputs = chance.randint(0, ports) if wires else 0
        box = ld.Box(f"b{i}", x**inputs, x ** chance.randint(0, ports))
        wires += builder.add(box, [chance.choice(wires) for _ in range(inputs)])
    outputs = [chance.choice(wires) for _ in range(chance.randint(0, 3))] if wires else []
    return builder.build(x ** len(outputs), outputs)


def check(seeds, ports):
    crossed = 0
    for seed in seeds:
        layering = Layering.of(random_graph(seed, 6, ports))
        assert layering.crossings() == Program(layering).least(), (seed, ports)
        crossed += layering.crossings() > 0
    return crossed


def test_crossings_are_least():
    assert check(range(60), 2) > 10


@pytest.mark.thorough
@pytest.mark.parametrize("ports", [1, 2, 3])
def test_crossings_are_least_on_many_graphs(ports):
    assert check(range(1000, 1400), ports) > 0


def test_a_search_without_moves_finds_more_crossings(monkeypatch):
    """The graphs above are not all easy."""
    monkeypatch.setattr(Layering, "_sift", lambda self, layer: None)
    monkeypatch.setattr(Layering, "_try_all", lambda self: False)
    with pytest.raises(AssertionError):
        check(range(60), 2)
