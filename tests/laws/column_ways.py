"""Random learning diagrams of ways from one sample space: through its columns, and on through boxes."""

from itertools import combinations
from random import Random

import learning_diagrams as ld

OBJECTS = [ld.Ty(name) for name in "abcd"]
SPACE = ld.SampleSpace("machine")


def random_diagram(seed):
    """Columns into four objects, boxes between them, and constraints between ways from the sample space."""
    random = Random(seed)
    columns = [SPACE.column(f"column {i}", random.choice(OBJECTS)) for i in range(random.randrange(3, 6))]
    kinds = random.choices((ld.Box, ld.Kernel), k=random.randrange(4, 8))
    boxes = [kind(f"box {i}", *random.choices(OBJECTS, k=2)) for i, kind in enumerate(kinds)]
    ways = []
    for _ in range(80):
        way = random.choice(columns)
        for _ in range(random.randrange(4)):
            way = way >> random.choice([box for box in boxes if box.dom == way.cod] or [ld.Id(way.cod)])
        ways.append(way)
    pairs = [(lhs, rhs) for lhs, rhs in combinations(dict.fromkeys(ways), 2) if lhs.cod == rhs.cod]
    pairs = random.sample(pairs, min(len(pairs), random.randrange(2, 7)))
    return ld.LearningDiagram(*(ld.Constraint(f"term {i}", *pair) for i, pair in enumerate(pairs)))
