"""The plates of a scene as rectangles, and the pairs of them that lie on each other."""

import random
import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations

import learning_diagrams as ld

TAKEN = {"M": 2, "L": 2, "H": 1, "V": 1, "A": 7}  # how many numbers follow a letter of a path


def plates(scene):
    """The name and the rectangle of each plate, and of the name of each column, in pixels."""
    return list(_plates(ElementTree.fromstring(f"<g>{''.join(scene.elements)}</g>"), 0.0, 0.0))


def _plates(element, x, y):
    if place := re.match(r"translate\((\S+) (\S+)\)", element.get("transform", "")):
        x, y = x + float(place[1]), y + float(place[2])
    if name := element.get("data-box"):
        left, top, right, low = _rectangle(element[0])
        yield name, (left + x, top + y, right + x, low + y)
    for part in element:
        yield from _plates(part, x, y)


def _rectangle(shape):
    if shape.tag == "rect":
        left, top, width, height = (float(shape.get(key)) for key in ("x", "y", "width", "height"))
        return left, top, left + width, top + height
    across, down = [], []
    for letter, text in re.findall(r"([MLHVA])([^MLHVAZ]*)", shape.get("d")):
        numbers = [float(each) for each in re.findall(r"-?[\d.]+", text)]
        assert len(numbers) % TAKEN[letter] == 0, text
        across += [] if letter == "V" else [numbers[-1]] if letter == "H" else [numbers[-2]]
        down += [] if letter == "H" else [numbers[-1]]
    return min(across), min(down), max(across), max(down)


def covered(scene):
    """The names of the plates that lie on each other, in pairs."""
    return [
        (name, other)
        for (name, (left, top, right, low)), (other, box) in combinations(plates(scene), 2)
        if left < box[2] and box[0] < right and top < box[3] and box[1] < low
    ]


def two_way_diagram(seed):
    """A learning diagram in which arrows run both ways: sections, retracts, idempotents and what splits them."""
    draw = random.Random(seed)
    names = draw.sample(["colour", "image", "kind", "state", "page", "x"], draw.randint(2, 5))
    objects = [ld.Ty(name) for name in names]
    spaces = [ld.SampleSpace(name) for name in ("bases", "obs")[: draw.randint(1, 2)]]
    columns = {x: draw.choice(spaces).column(f"{draw.choice(['at', 'seen in the'])} {x}", x) for x in objects}
    constraints, kind = [], draw.choice([ld.Box, ld.Kernel])
    for _ in range(draw.randint(1, 4)):
        x, y = draw.sample(objects, 2)
        there, back, turn = ld.Box(f"s {x} {y}", x, y), kind(f"r {x} {y}", y, x), ld.Box(f"e {x}", x, x)
        sides = {
            "retract": (there >> back, ld.Id(x)),
            "read": (columns[x] >> there >> back, columns[x]),
            "splits": (there >> back, turn),
            "idempotent": (turn >> turn, turn),
            "section": (turn >> there, there),
        }
        for name in draw.sample(sorted(sides), draw.randint(1, 3)):
            over = None if name == "read" else columns[x]
            constraints.append(ld.Constraint(f"{name} {x} {y}", *sides[name], over=over, weight=draw.choice([1, 0.5])))
    return ld.LearningDiagram(*{each.name: each for each in constraints}.values())
