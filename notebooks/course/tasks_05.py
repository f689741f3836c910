"""The exercises of notebook 5, distillation."""

from __future__ import annotations

import re
from collections.abc import Collection

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.exercises.graders import by_test, by_value

image, digit = ld.Ty("image"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
teacher, student = ld.Kernel("teacher", image, digit), ld.Kernel("student", image, digit)
SOFT = {"name": "kl", "temperature": 4.0}
distillation = ld.LearningDiagram(
    ld.Constraint("supervised", pixels >> student, label),
    ld.Constraint("distilled", pixels >> student, pixels >> teacher, weight=0.5, divergence=SOFT),
    frozen=[teacher],
    name="distillation",
)

# --- temperature
softened = ld.exercise(
    "At temperature 1 a kernel gives the probabilities 0.8 and 0.2. Give both at temperature 2.",
    (2 / 3, 1 / 3),
    by_value(
        slips={
            "these are p to the power T; take the power 1/T": (0.64 / 0.68, 0.04 / 0.68),
            "these are p to the power T, and their sum is not 1; take the power 1/T": (0.64, 0.04),
            "these are the square roots; divide them by their sum": (0.8**0.5, 0.2**0.5),
            "the temperature divides the logits, not the probabilities": (0.4, 0.1),
            "these are the probabilities at temperature 1": (0.8, 0.2),
            "the two probabilities are exchanged": (1 / 3, 2 / 3),
        },
        tolerance=5e-3,
    ),
    hint="a temperature T replaces each probability p by p to the power 1/T, and then divides by the sum",
)
same_size = ld.exercise(
    "At temperature 4 the term has the weight 0.5. Which weight keeps the size of its gradient at temperature 8?",
    2.0,
    by_value(
        slips={
            "this weight makes up for one factor 1/T; the gradient has two": 1,
            "the gradient shrinks, so the weight must grow": 0.125,
            "this weight would be right if 0.5 stood at temperature 1; it stands at temperature 4": 32,
            "this factor is right, and it multiplies the weight 0.5": 4,
        },
        tolerance=1e-3,
    ),
    hint="the gradient shrinks as 1/T², so the weight times 1/T² stays",
)

# --- mutual learning
follows = {"weight": 0.5, "divergence": SOFT}
taught = ld.Constraint("taught", pixels >> teacher, label)
back = ld.Constraint("distilled back", pixels >> teacher, pixels >> student, **follows)
mutual = distillation.unfreeze(teacher).add(taught, back)
_apart = ld.LearningDiagram(  # as in the paper, each reference is held still
    distillation.restrict("supervised").constraints[0],
    taught,
    ld.Constraint("distilled", pixels >> student, pixels >> teacher, detach="rhs", **follows),
    ld.Constraint("distilled back", pixels >> teacher, pixels >> student, detach="rhs", **follows),
    name="distillation",
)


def _fault_of_mutual(answer: object) -> object:
    if not isinstance(answer, ld.LearningDiagram):
        return f"the answer is a learning diagram, got {answer!r}"
    if ld.isomorphic(answer, mutual) or ld.isomorphic(answer, _apart):
        return None
    if answer.frozen:
        return f"{' and '.join(sorted(box.name for box in answer.frozen))}: still frozen, so without learning"
    solution = _apart if any(constraint.detach == "rhs" for constraint in answer.constraints) else mutual
    names = {(constraint.lhs, constraint.rhs): constraint.name for constraint in answer.constraints}
    for part in solution.constraints:  # constraint by constraint, since their names are free
        name = names.get((part.lhs, part.rhs))
        if name is None:
            return f"no constraint says {part.lhs} = {part.rhs}, where the right-hand side is the reference"
        if fault := ld.difference(answer.restrict(name), solution.restrict(part.name).rename({part.name: name})):
            return fault
    return ld.difference(answer, solution)


peers = ld.exercise(
    "Make mutual learning from `distillation`, in two edits: both networks learn from the labels, and each follows the "
    "other, at temperature 4 with weight 0.5.",
    mutual,
    by_test(_fault_of_mutual),
    hint="unfreeze(teacher), then add() two constraints: the two equations with the roles exchanged",
)

# --- an unfrozen teacher
CLAIMS = {
    "a": "the teacher's parameters move",
    "b": "the loss can become 0 although neither network names one digit correctly",
    "c": "the teacher stays as it is, because it stands on the right-hand side, as the reference",
    "d": "with detach='rhs' the student learns as if the teacher were still frozen",
}
TRUE = {"a", "b", "d"}


def _fault_of_claims(answer: object) -> str | None:
    letters = re.findall(r"[^\s,]", answer) if isinstance(answer, str) else answer
    if not isinstance(letters, Collection) or not all(str(letter) in CLAIMS for letter in letters):
        return f"the answer is a set of the letters a to d, as {{'a', 'c'}}, got {answer!r}"
    chosen = set(map(str, letters))
    if "c" in chosen:
        return "c is false: to be the reference says what is compared with what; the gradient still reaches both sides"
    missing = len(TRUE - chosen)
    return f"no claim of yours is false; of those that you leave out, {missing} more must be there" if missing else None


unfrozen = ld.exercise(
    "We train distillation.without('supervised').unfreeze(teacher). Which claims are true? "
    + " ".join(f"({letter}) {claim}." for letter, claim in CLAIMS.items()),
    TRUE,
    by_test(_fault_of_claims),
    hint="the loss is a function of all trained parameters; two equal networks have loss 0",
)

CASES = {
    "softened": Case("easy", right=[(2 / 3, 1 / 3), [0.67, 0.33]], wrong=[(0.8, 0.2), (0.4, 0.1), (0.64, 0.04), 0.5]),
    "same_size": Case("middle", right=[2, 0.5 * (8 / 4) ** 2], wrong=[1, 0.125, 32, "2"]),
    "peers": Case(
        "middle",
        right=[
            mutual,
            distillation.unfreeze("teacher").add(
                ld.Constraint("a", pixels >> ld.Id(image) >> teacher, label),
                ld.Constraint("b", pixels >> teacher, ld.Id(digits.ty) >> pixels >> student, **follows),
            ),
            _apart,
        ],
        wrong=[
            distillation.add(taught, back),
            distillation.unfreeze(teacher),
            distillation.unfreeze(teacher).add(taught),
            mutual.without("distilled back").add(
                ld.Constraint("back", pixels >> teacher, pixels >> student, detach="lhs", **follows)
            ),
            distillation.unfreeze(teacher).add(taught, ld.Constraint("back", pixels >> teacher, pixels >> student)),
            "mutual",
        ],
    ),
    "unfrozen": Case(
        "hard", right=[{"a", "b", "d"}, "a, b, d", ["d", "b", "a"]], wrong=[{"a"}, {"c"}, "abcd", 4, [["a"]]]
    ),
}
