"""A regime that tests of updates change: two tasks on one encoder, and a third that may come."""

import learning_diagrams as ld

image, code, digit, size = (ld.Ty(name) for name in ("image", "code", "digit", "size"))
rows = ld.SampleSpace("rows")
x, y, z = rows.column("x", image), rows.column("y", digit), rows.column("z", size)
encode, classify = ld.Box("encode", image, code), ld.Kernel("classify", code, digit)
decode, measure = ld.Box("decode", code, image), ld.Box("measure", code, size)
supervised = ld.Constraint("supervised", x >> encode >> classify, y)
restored = ld.Constraint("restored", x >> encode >> decode, x, weight=0.5)
measured = ld.Constraint("measured", x >> encode >> measure, z, weight=2.0)
both = ld.LearningDiagram(supervised, restored)
