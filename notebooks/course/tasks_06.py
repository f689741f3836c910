"""The exercises of notebook 6: many tasks, one backbone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.exercises.graders import by_test

# ---- easy: the loss of what is glued --------------------------------------------------------------------------------

glued_losses = ld.exercise(
    "Two learning diagrams a and b have the losses 2 and 3. Both contain one constraint that says the same of the same "
    "data, and its weighted term is 0.5. Give the loss of the coproduct, of the pushout along the backbone only, and of "
    "the pushout along all that the common constraint mentions, as three numbers.",
    (5.0, 5.0, 4.5),
    hint="a constraint is counted once only if all of it is glued: its boxes and its columns",
)

# ---- middle: two constraints become one -----------------------------------------------------------------------------

image, code, digit = ld.Ty("image"), ld.Ty("code"), ld.Ty("digit")
picture, feature, parity = ld.Ty("picture"), ld.Ty("feature"), ld.Ty("parity")
digits, numbers = ld.SampleSpace("digits"), ld.SampleSpace("numbers")


def _team(space: ld.SampleSpace, seen: ld.Ty, inner: ld.Ty, out: ld.Ty, names: tuple[str, str, str, str, str]) -> Any:
    """A classifier with a decoder: encode, decode, head, the column of the answers, the title."""
    encode, decode = ld.Box(names[0], seen, inner), ld.Box(names[1], inner, seen)
    pixels, answer = space.column("pixels", seen), space.column(names[3], out)
    return ld.LearningDiagram(
        ld.Constraint(names[4], pixels >> encode >> ld.Kernel(names[2], inner, out), answer),
        ld.Constraint("restored", pixels >> encode >> decode, pixels, weight=0.01),
        name=names[4],
    )


reader = _team(digits, image, code, digit, ("encode", "decode", "which", "label", "reader"))
sorter = _team(numbers, picture, feature, parity, ("embed", "paint", "odd", "answer", "sorter"))


def _fault_of_gluing(answer: Any) -> str | None:
    if not isinstance(answer, Mapping):
        return f"the answer is a dict from names of the reader to names of the sorter, got {answer!r}"
    glued = ld.pushout(reader, sorter, along=answer)
    count = sum(c.name.split(".")[-1] == "restored" for c in glued.constraints)
    if count == 2:
        names = ", ".join(c.name for c in glued.constraints)
        return f"there are still two constraints about restoring: {names}. Which box or column is still there twice?"
    return None


once = ld.exercise(
    "Give a dict `along` for ld.pushout(tasks.reader, tasks.sorter, along=…), so that `restored` is counted once.",
    {"encode": "embed", "decode": "paint", "digits.pixels": "numbers.pixels"},
    by=by_test(_fault_of_gluing),
    hint="print(tasks.reader) and print(tasks.sorter): the constraint mentions two boxes and one column, 'space.column'",
)

# ---- middle: a gluing that must fail --------------------------------------------------------------------------------

pretrained = sorter.freeze("embed")


def _fault_of_mended(answer: Any) -> str | None:
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return "the answer is a pair of learning diagrams, made of tasks.reader and of tasks.pretrained by edits"
    first, second = answer
    glued = ld.pushout(first, second, along={"encode": "embed"})
    if "encode" not in [box.name for box in glued.frozen]:
        return "the two can be glued now, but the common backbone is trained, and its weights were to stay"
    if len(glued.constraints) != 4:
        return f"the two can be glued now, but {len(glued.constraints)} of 4 constraints are left"
    return None


mended = ld.exercise(
    "The backbone of tasks.pretrained is frozen, so it cannot be glued with tasks.reader. Give a pair of learning "
    "diagrams, made of tasks.reader and tasks.pretrained by edits, that can be glued along {'encode': 'embed'}, and "
    "whose pushout has a frozen backbone and four constraints.",
    (reader.freeze("encode"), pretrained),
    by=by_test(_fault_of_mended),
    hint="the error names the fact about the two boxes that differs; .freeze and .unfreeze change this fact",
)

# ---- hard: the universal property as code ---------------------------------------------------------------------------

_glued = ld.colimit({"a": reader, "b": sorter}, [{"a": "encode", "b": "embed"}, {"a": "decode", "b": "paint"}])
_all = {"encode": "embed", "decode": "paint", "digits.pixels": "numbers.pixels"}
_lab = ld.colimit({"a": reader, "b": sorter}, [{"a": a, "b": b} for a, b in _all.items()])
_other = ld.Morphism(sorter, sorter)


def _fault_of_property(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function of injections, legs and u, got {answer!r}"
    u = _glued.mediator(_lab.injections)
    tests = [
        (u, _lab.injections, True, "u is the mediator of a cocone"),
        (ld.Morphism.identity(_glued.diagram), _glued.injections, True, "u is the identity, and the legs are injections"),
        (ld.Morphism.identity(_glued.diagram), _lab.injections, False, "u is the identity, and the legs end elsewhere"),
        (u, {"a": _lab.injections["a"], "b": _other}, False, "only the leg of 'a' fits"),
        (u, {"a": ld.Morphism.identity(reader), "b": _lab.injections["b"]}, False, "only the leg of 'b' fits"),
    ]
    for map_, legs, right, case in tests:
        value = answer(_glued.injections, legs, map_)
        if bool(value) is not right:
            return f"the function returns {value!r} where {case}; {right} is right"
    return None


universal = ld.exercise(
    "Write a function of (injections, legs, u) that says whether u is a mediator: whether each triangle commutes. "
    "`injections` and `legs` are mappings from labels to morphisms; morphisms compose by >> and compare by ==.",
    lambda injections, legs, u: all(injections[at] >> u == legs[at] for at in injections),
    by=by_test(_fault_of_property),
    hint="for each label there is one triangle: first the injection, then u, and this is the leg of the label",
)


def _spelled_out(injections: Any, legs: Any, u: Any) -> bool:
    for at, leg in legs.items():
        if injections[at].then(u) != leg:
            return False
    return True


CASES = {
    "glued_losses": Case("easy", right=[(5, 5, 4.5), [2 + 3, 2.0 + 3.0, 2 + 3 - 0.5]], wrong=[(5, 4.5, 4.5), (5, 5, 5), 5]),
    "once": Case(
        "middle",
        right=[_all, {"digits.pixels": "numbers.pixels", "decode": "paint", ld.Box("encode", image, code): "embed"}],
        wrong=[{"encode": "embed", "decode": "paint"}, {"encode": "embed"}, {"encode": "odd"}, {"code": "nothing"}, 3],
    ),
    "mended": Case(
        "middle",
        right=[
            (reader.freeze("encode"), pretrained),
            [reader.freeze(ld.Box("encode", image, code)), pretrained.rename({"odd": "is odd"})],
        ],
        wrong=[(reader, pretrained.unfreeze("embed")), (reader, pretrained), (reader.restrict("reader"), pretrained), 1],
    ),
    "universal": Case(
        "hard",
        right=[lambda injections, legs, u: all(injections[at] >> u == legs[at] for at in injections), _spelled_out],
        wrong=[
            lambda injections, legs, u: True,
            lambda injections, legs, u: injections["a"] >> u == legs["a"],
            lambda injections, legs, u: any(injections[at] >> u == legs[at] for at in injections),
            lambda injections, legs, u: u >> injections["a"] == legs["a"],
            7,
        ],
    ),
}
