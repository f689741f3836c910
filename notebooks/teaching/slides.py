"""The slides of the lecture: for each a title, words, a function that draws its picture, the minutes, and notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import board
from course.squares import in_hand

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.drawing.picture import Picture


class Slide(NamedTuple):
    """What one slide shows and what the lecturer says.

    Attributes
    ----------
    title, words : str, together at most 40 words.
    picture : function that draws the one picture.
    minutes : int, the time for the slide.
    notes : str, what to say, ask or show.
    """

    title: str
    words: str
    picture: Callable[[], Picture]
    minutes: int
    notes: str


SLIDES = [
    # ---- a training setup is a picture: 17 minutes
    Slide(
        "Learning diagrams",
        "A training setup is a picture. The picture is mathematics. It compiles to a loss.",
        lambda: board.graph(board.distillation),
        2,
        "Let the audience look first. Ask who has written a training loop, and who has proved that a diagram commutes. "
        "Both groups see their own object here.",
    ),
    Slide(
        "One equation: learn from labels",
        "Two paths start at the data: the label, and the model’s answer. Training is to make them equal.",
        lambda: board.graph(board.labelled),
        3,
        "Arrows are programs. A face between two paths is an equation that is not true yet.",
    ),
    Slide(
        "Which side is the reference?",
        "The loss is D(reference ‖ prediction). The label is the reference. So cross-entropy is KL(label ‖ model).",
        lambda: board.pair(board.pixels >> board.student, board.label, "⇒"),
        3,
        "D(rhs ‖ lhs): the reference comes first. Ask what changes if the sides are exchanged: KL would be infinite at "
        "a certain label. Notebook 3 computes it.",
    ),
    Slide(
        "A second equation: agree with the teacher",
        "The student’s answer should be the teacher’s answer. The teacher is frozen, so only the student moves.",
        lambda: board.graph(board.distillation),
        2,
        "The crystal marks the frozen box. Hinton, Vinyals and Dean (2015) call this distillation.",
    ),
    Slide(
        "What does the equation buy?",
        "On 200 labelled digits: 81 % without the teacher, 90 % with it. An edit of the diagram is the experiment.",
        lambda: board.pair(board.pixels >> board.student, board.pixels >> board.teacher, "⇒"),
        3,
        "Figures of the README: 0.823 ± 0.007 and 0.896 ± 0.007, three seeds, 500 test digits. Run make demo live if "
        "there is time.",
    ),
    Slide(
        "A student who never saw a three",
        "No image of a three, no label. The student still names 73 % of the threes.",
        lambda: board.graph(board.silent),
        2,
        "Notebook 5, three seeds, after Hinton, Vinyals and Dean (2015). Ask where the knowledge comes from: the "
        "teacher’s probability of a three, at images of fives and eights.",
    ),
    Slide(
        "Other setups are other pictures",
        "Two translators that undo each other: four equations, no pairs of data.",
        lambda: board.graph(regimes.cycle_consistency()),
        2,
        "Zhu, Park, Isola and Efros (2017). The point is that nothing new is needed: boxes, paths, faces.",
    ),
    # ---- wires and boxes: 17 minutes
    Slide(
        "Wires are types, boxes are programs",
        "First f, then k: write f ≫ k. Corners mark a function, round ends mark a kernel, which may draw at random.",
        lambda: ld.draw(board.f >> board.k),
        2,
        "A text on category theory writes k ∘ f. Say it once and stay with ≫.",
    ),
    Slide(
        "Boxes beside each other",
        "Two texts, one picture: f @ x ≫ x @ k and x @ k ≫ f @ x. Independent boxes have no order.",
        lambda: ld.draw(board.f @ board.x >> board.x @ board.k),
        2,
        "This is interchange. It will fail for losses, an hour from now.",
    ),
    Slide(
        "A wire may split, and may end",
        "A disc copies a value. A ring forgets it. To copy a value and forget one copy is to do nothing.",
        lambda: ld.draw(board.copy @ board.k >> board.x @ board.f @ board.discard),
        2,
        "Copies have no order and no spare ends: a commutative comonoid.",
    ),
    Slide(
        "Are these two programs one?",
        "The left program encodes once. The right program encodes twice. Both return a name and the feature.",
        lambda: board.pair(board.anna, board.cleo),
        3,
        "Let the audience vote. Then: ld.equal says yes, because encode is a function. Both compile to the same code.",
    ),
    Slide(
        "Dead code is a law",
        "Nobody reads the result, so nobody needs the box: k ≫ discard = discard.",
        lambda: board.pair(board.k >> board.discard, board.discard),
        2,
        "Discarding is natural. For a kernel this says that its probabilities sum to one.",
    ),
    Slide(
        "Common subexpressions are a law",
        "Two equal calls of a function become one call: copy ≫ f @ f = f ≫ copy.",
        lambda: board.pair(board.copy >> board.f @ board.f, board.f >> board.copy),
        2,
        "Copying is natural for functions. Ask for a program for which this law is false. Somebody says random().",
    ),
    Slide(
        "Equality is cheap",
        "Forty such steps have 2⁴⁰ leaves as a formula. Their fingerprint takes milliseconds.",
        lambda: ld.draw(board.powers(3)),
        2,
        "The normal form shares what is equal, so its size is linear in the boxes. Show ld.digest live (notebook 1).",
    ),
    Slide(
        "Four moves",
        "Exercise: go from eight boxes to four, one law at a time.",
        lambda: ld.draw(
            board.copy
            >> (board.k >> board.copy >> (board.f >> board.g) @ (board.f >> board.g) >> board.mix)
            @ (board.g >> board.k >> board.discard)
        ),
        2,
        "Two dead boxes at the ring; then f twice, then g twice. It is exercise 4 of notebook 1.",
    ),
    # ---- functors: 15 minutes
    Slide(
        "A diagram computes nothing",
        "Its boxes are names. An interpretation says what each name means.",
        lambda: ld.draw(board.anna),
        1,
        "Syntax on the left hand, semantics on the right hand. Mac Lane (1998) for the definition of a functor.",
    ),
    Slide(
        "Reading 1: shapes",
        "The table has a line for each box. The rest follows by composition.",
        lambda: board.reading(board.SHAPES),
        2,
        "A functor is fixed by what it does to the boxes. A wrong shape is found before any data is loaded.",
    ),
    Slide(
        "Reading 2: tensors",
        "F(f ≫ g) = F(f) ≫ F(g). The module of a path is the path of the modules.",
        lambda: board.reading(board.TENSORS),
        3,
        "This is the reading that training changes. Shapes, tensors, exact probabilities and formulas are four "
        "functors on one diagram (notebook 2).",
    ),
    Slide(
        "Reading 3: cost",
        "Cost adds under ≫. But equal programs have different costs. So cost reads programs as they are written.",
        lambda: board.reading(board.COSTS),
        3,
        "25,408 operations for the program that encodes once, 50,496 for the other. A compiler lives "
        "on this difference.",
    ),
    Slide(
        "Parameters are names",
        "f ≫ f has the parameters of f: one name, one set of weights. Weight sharing is syntax.",
        lambda: ld.draw(board.f >> board.f),
        2,
        "Hence the number of parameters is no functor. The set of names is one, under union.",
    ),
    Slide(
        "Backpropagation is functorial",
        "Backwards, f* needs the input of f, and what g* returns. Value and gradient together compose.",
        lambda: ld.draw(board.backward),
        4,
        "This is the chain rule, as a wiring: Fong, Spivak and Tuyéras (2019), Backprop as functor. The gradient alone "
        "does not compose. PyTorch’s autograd supplies this half.",
    ),
    # ---- Markov categories: 17 minutes
    Slide(
        "A kernel draws",
        "A prior gives an animal, a kernel gives a word for it. Composition sums over what lies between.",
        lambda: ld.draw(board.prior >> board.likelihood),
        2,
        "Finite sets and stochastic matrices: composition is the product of matrices.",
    ),
    Slide(
        "One draw, or two?",
        "For a kernel, copy after and copy before differ. A diamond marks each draw.",
        lambda: board.pair(board.k >> board.copy >> board.mix, board.copy >> board.k @ board.k >> board.mix, "≠"),
        3,
        "Cho and Jacobs (2019), Fritz (2020): a box is deterministic if this equation holds. It is a definition, in a "
        "picture.",
    ),
    Slide(
        "A coin shows it",
        "A coin tossed once and copied: both copies agree. A coin tossed twice: they agree half of the time.",
        board.two_draws,
        3,
        "The library returns this model as the reason of its no. Read the cells on sand aloud.",
    ),
    Slide(
        "It matters in practice",
        "Contrastive learning compares two views of one photo. Drawn once and copied, it compares a photo with itself.",
        lambda: board.pair(
            board.augment >> ld.Copy(board.image) >> board.compare,
            ld.Copy(board.image) >> board.augment @ board.augment >> board.compare,
            "≠",
        ),
        2,
        "Chen, Kornblith, Norouzi and Hinton (2020) need the lower side.",
    ),
    Slide(
        "A joint distribution",
        "Draw an animal, copy it, annotate one copy. What leaves is the pair.",
        lambda: ld.draw(board.joint),
        2,
        "Discard an output and a marginal is left. Let the audience do both.",
    ),
    Slide(
        "Bayes’ rule, drawn",
        "The inverse is a kernel that makes the same joint from the other end.",
        lambda: board.pair(board.joint, board.inverted),
        3,
        "Cho and Jacobs (2019). The inverse is unique only where the evidence is positive. Notebook 4 changes it where "
        "the evidence is 0, and no data can tell.",
    ),
    Slide(
        "What to remember of probability",
        "Everyone may forget. Only functions may be copied through.",
        lambda: board.pair(board.k >> board.copy, board.copy >> board.k @ board.k, "≠"),
        2,
        "This is a Markov category with named deterministic boxes. Pause for questions.",
    ),
    # ---- the loss functor: 13 minutes
    Slide(
        "A square is an equation with corners",
        "Turn, then segment; or segment, then turn the mask. A face says that both paths should agree.",
        board.turning.draw,
        2,
        "Equivariance. The same shape is a conjugacy, a naturality square, a homomorphism.",
    ),
    Slide(
        "Squares are pasted",
        "Two squares beside each other have one boundary. The right square is measured at what the left one makes.",
        lambda: in_hand(board.pasted, "turns"),
        3,
        "Where is a cell measured? At its own start. This sentence is the whole of the loss functor.",
    ),
    Slide(
        "Repair f first, then g",
        "Measured at p: 1. Then g is measured at p ≫ f': 9. This order costs 10.",
        board.PASTINGS["a first"],
        3,
        "All boxes multiply: f = 2, f' = 3, g = 1, g' = 2. The data p have mean square 1, the loss is the "
        "squared error.",
    ),
    Slide(
        "Repair g first, then f",
        "Measured at p ≫ f: 4. Then f is measured at p: 1. This order costs 5.",
        board.PASTINGS["b first"],
        3,
        "Same boundary, other price. Interchange fails: the loss is a functor of sesquicategories (notebook 10). "
        "The difference is L_b(p ≫ f') − L_b(p ≫ f).",
    ),
    Slide(
        "Setups are glued",
        "Two tasks share a backbone. The pushout identifies it: one box, two gradients that meet.",
        lambda: board.graph(board.glued.diagram),
        2,
        "Caruana (1997) for multi-task learning. L(glued) = L(a) + L(b) − L(shared); here no term is shared.",
    ),
    # ---- proof and refutation: 11 minutes
    Slide(
        "A proof is a strip of pictures",
        "Three axioms: each flip twice is nothing, and so are both, twice. Then their order is irrelevant.",
        board.three_axioms,
        2,
        "What a step rewrites lies on sand. The library found the strip. A small checker replays it without search.",
    ),
    Slide(
        "A refutation is a table",
        "Without the third axiom: three elements, on which both axioms hold and the claim fails.",
        board.two_axioms,
        3,
        "The corners of a triangle: flip fixes 0, and mirror fixes 2. First flip, then mirror, sends 0 to 1; the other "
        "order sends 0 to 2. A proof and a countermodel of one claim cannot both exist.",
    ),
    Slide(
        "The third answer is Unknown",
        "Packing loses nothing. Are two values then always equal? No finite set refutes it; Cantor does.",
        lambda: board.pair(board.pack >> board.unpack, ld.Id(board.x @ board.x)),
        2,
        "Post and Markov (1947): no program decides all such questions. An honest tool says when it does not know.",
    ),
    Slide(
        "A proof saves a term of the loss",
        "Two turns follow from one. So the second equation need not be trained.",
        board.by_equivariance,
        2,
        "ld.review finds such terms. Caution: the proof holds for equations that hold everywhere. Notebook 12 bounds "
        "what is left when they hold nearly.",
    ),
    Slide(
        "Take home",
        "Draw it. Read it as a loss, a formula, a cost. Prove what follows, refute what does not.",
        lambda: board.with_formula(board.distillation),
        2,
        "Sheet 1 and notebooks 1 and 2 are for next week. Questions.",
    ),
]
