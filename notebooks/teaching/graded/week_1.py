"""Week 1: wires and boxes, functors."""

import learning_diagrams as ld

x = ld.Ty("x")
f, g, h = (ld.Box(letter, x, x) for letter in "fgh")
plus, k = ld.Box("plus", x @ x, x), ld.Kernel("k", x, x)

residual = ld.exercise(
    "Write the residual block x ↦ g(f(x)) + x.",
    ld.Copy(x) >> (f >> g) @ x >> plus,
    hint="copy first; the block goes above, the wire x below; plus reads both",
)

fewest = ld.exercise(
    "How many boxes has copy(x, 3) >> (f >> g) @ (f >> h) @ (k >> discard(x)) >> plus as written, and at least? "
    "Answer with the pair.",
    (6, 4),
    hint="a box is f, g, h, k or plus. Which box is read by nobody, and which one is written twice?",
)

theories = ld.exercise(
    "For each equation, the first of symmetric, markov, cartesian in which it holds: "
    "1. f @ k swapped is k @ f, 2. k >> discard = discard, 3. k >> copy = copy >> k @ k. Answer with a list of three.",
    ["symmetric", "markov", "cartesian"],
    hint="ask ld.equal(lhs, rhs, theory=…)",
)
