"""Random theories of boxes with one or two inputs, of which the pictures have faces, charts and many strands."""

import random

import learning_diagrams as ld

points = ld.SampleSpace("points")


def random_theory(seed):
    """Boxes of one or two inputs on at most three objects, each equal to a column."""
    draw = random.Random(seed)
    objects = [ld.Ty(name) for name in "xyz"[: draw.randint(1, 3)]]
    columns = {each: points.column(f"c_{each}", each) for each in objects}
    boxes = [
        ld.Box(f"f{i}", draw.choice(objects) @ (draw.choice(objects) if draw.random() < 0.6 else ld.Ty()), end)
        for i in range(draw.randint(2, 3))
        for end in [draw.choice(objects)]
    ]
    laws = []
    for box in boxes:
        inputs = [columns[box.dom[i]] for i in range(len(box.dom))]
        rows = ld.Copy(points.ty, len(inputs)) >> ld.Id().tensor(*inputs)
        laws.append(ld.Constraint(f"law_{box.name}", rows >> box, columns[box.cod]))
    return ld.LearningDiagram(*laws)
