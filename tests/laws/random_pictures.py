"""Random learning diagrams to be drawn: many boxes, and names of 1 to 40 letters in four scripts."""

import random

import learning_diagrams as ld

SCRIPTS = [
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзиклмнопрстуфхц",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "一二三四五六七八九十木水火土",
]


def random_learning_diagram(seed, least=30, most=200):
    """A learning diagram with so many applications of boxes; each reference is a column or a further diagram."""
    draw = random.Random(seed)

    def name(start):
        return start + "".join(draw.choices(draw.choice(SCRIPTS), k=int(40 ** draw.random()) - 1))

    objects = [ld.Ty(name(f"o{i}"[: draw.randint(1, 2)] if i == 0 else f"o{i}")) for i in range(draw.randint(3, 8))]
    spaces = [ld.SampleSpace(name(f"s{i}")) for i in range(draw.randint(1, 2))]
    boxes, constraints, count = [], [], 0
    goal = draw.randint(least, most)

    def box(dom, cod):
        old = [each for each in boxes if each.dom == dom and each.cod == cod]
        if old and draw.random() < 0.6:
            return draw.choice(old)
        kind = draw.choice([ld.Box, ld.Kernel])
        boxes.append(kind(name(f"f{len(boxes)}"), dom, cod))
        return boxes[-1]

    def side(space, end):
        nonlocal count
        wires = draw.sample(objects, k=1 if draw.random() < 0.6 else 2)
        diagram = ld.Copy(space.ty, len(wires)) if len(wires) > 1 else ld.Id(space.ty)
        columns = ld.Id(ld.Ty())
        for wire in wires:
            columns = columns @ space.column(f"x{objects.index(wire)}{wire.inside[0].name}"[:40], wire)
        diagram, types = diagram >> columns, list(wires)
        for _ in range(draw.randint(1, 6)):
            at = draw.randrange(len(types))
            before, after = ld.Ty().tensor(*types[:at]), ld.Ty().tensor(*types[at + 1 :])
            goes = (
                draw.choice(objects)
                if draw.random() < 0.8 or len(types) > 3
                else draw.choice(objects) @ draw.choice(objects)
            )
            diagram = diagram >> ld.Id(before) @ box(types[at], goes) @ ld.Id(after)
            types[at : at + 1] = [goes[i : i + 1] for i in range(len(goes))]
            count += 1
        count += 1
        return diagram >> box(ld.Ty().tensor(*types), end)

    while count < goal:
        space, end = draw.choice(spaces), draw.choice(objects)
        lhs = side(space, end)
        rhs = (
            side(space, end)
            if draw.random() < 0.5
            else space.column(f"x{objects.index(end)}{end.inside[0].name}"[:40], end)
        )
        weight = draw.choice([1.0, 0.5, 2.0])
        constraints.append(ld.Constraint(name(f"c{len(constraints)}"), lhs, rhs, weight=weight))
    return ld.LearningDiagram(*constraints, name=f"seed {seed}")
