"""Random learning diagrams of boxes with several inputs and of kernels from I, tested over data and draws."""

import random

import learning_diagrams as ld


def sourced(seed):
    """Constraints between two boxes, or chains of them; test points come from columns, from kernels from I, or both.

    Some boxes read one value twice. There are arrows that lead back, loops and moving averages.
    """
    draw = random.Random(seed)
    names = ["x", "t", "state", "latent code"]
    objects = [ld.Ty(name) for name in draw.sample(names, k=draw.randint(2, 4))]
    rows = ld.SampleSpace("rows")
    sources = [rows.column(f"at {ob.inside[0].name}", ob) for ob in objects]
    sources += [ld.Kernel(f"draw {ob.inside[0].name}", ld.Ty(), ob) for ob in objects]
    followed, constraints = {}, []
    for number in range(draw.randint(1, 3)):
        over = draw.choice(sources)
        for _ in range(draw.randint(0, 2)):
            over = over @ draw.choice([each for each in sources if not each.dom or not over.dom] or sources[-1:])
        end, kind = draw.choice(objects), draw.choice([ld.Box, ld.Kernel])
        sides = [kind(f"{letter}{number}", over.cod, end) for letter in "fg"]
        if draw.random() < 0.3:
            followed[sides[1]] = (sides[0], 0.9)
        if draw.random() < 0.5:
            other = draw.choice(objects)
            step = ld.Box(f"step {number}", end, other)
            sides = [side >> step for side in sides]
        if draw.random() < 0.3:
            sides[1] = sides[1] >> ld.Box(f"again {number}", sides[1].cod, sides[1].cod)
        constraints.append(ld.Constraint(f"c{number}", *sides, over=over))
    return ld.LearningDiagram(*constraints, ema=followed)
