"""The exercises of notebook 6: many tasks, one backbone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import learning_diagrams as ld
from course.case import Case
from learning_diagrams.exercises.graders import by_test, by_value

# ---- easy: the loss of what is glued --------------------------------------------------------------------------------

WHY = {
    "part 1": "side by side nothing is shared, so all terms are counted",
    "part 2": "along the backbone only, decoders and data stay two, so the two constraints do",
    "part 3": "along everything the two constraints become one, so a term of 0.5 is counted once",
}


def _fault_of_losses(right: Any, answer: Any) -> str | None:
    fault = by_value()(right, answer)
    return f"{fault}: {WHY[fault[:6]]}" if fault and fault[:6] in WHY else fault


glued_losses = ld.exercise(
    "Two learning diagrams have the losses 2 and 3. Each contains a constraint on restoring; if boxes and columns are "
    "glued, the two constraints become one, and its weighted term is 0.5 in either diagram. Give the loss of the "
    "coproduct, of the pushout along the backbone only, and of that along all that these constraints mention.",
    (5.0, 5.0, 4.5),
    by=_fault_of_losses,
    hint="a constraint is counted once only if all of it is glued: its boxes and its columns",
)

# ---- middle: two constraints become one -----------------------------------------------------------------------------

scan, sketch, lesion = ld.Ty("scan"), ld.Ty("sketch"), ld.Ty("lesion")
slide, summary, organ = ld.Ty("slide"), ld.Ty("summary"), ld.Ty("organ")


def _team(space: str, columns: list[ld.Box], encode: ld.Box, decode: ld.Box, head: ld.Box) -> ld.LearningDiagram:
    """A classifier whose code also restores the image."""
    seen, answer = columns
    return ld.LearningDiagram(
        ld.Constraint(head.name, seen >> encode >> head, answer),
        ld.Constraint("restored", seen >> encode >> decode, seen, weight=0.01),
        name=space,
    )


look, redraw = ld.Box("look", scan, sketch), ld.Box("redraw", sketch, scan)
view, repaint = ld.Box("view", slide, summary), ld.Box("repaint", summary, slide)
wards, labs = ld.SampleSpace("wards"), ld.SampleSpace("labs")
hospital = _team(
    "hospital",
    [wards.column("shot", scan), wards.column("finding", lesion)],
    look,
    redraw,
    ld.Kernel("diagnose", sketch, lesion),
)
clinic = _team(
    "clinic",
    [labs.column("photo", slide), labs.column("origin", organ)],
    view,
    repaint,
    ld.Kernel("locate", summary, organ),
)


NEEDED = {"look": "view", "redraw": "repaint", "wards.shot": "labs.photo"}


def _fault_of_gluing(answer: Any) -> str | None:
    if not isinstance(answer, Mapping):
        return f"the answer is a dict from symbols of the hospital to symbols of the clinic, got {answer!r}"
    glued = ld.pushout(hospital, clinic, along=answer)
    if any(constraint.name == "restored" for constraint in glued.constraints):
        return None
    left = [f"{a} and {b}" for a, b in NEEDED.items() if ld.pushout(hospital, clinic, along=answer | {a: b}) != glued]
    return f"there are still two constraints about restoring, since these stay apart: {', '.join(left)}"


once = ld.exercise(
    "Give a dict `along` for ld.pushout(tasks.hospital, tasks.clinic, along=…), so that `restored` is counted once.",
    NEEDED,
    by=by_test(_fault_of_gluing),
    hint="draw both teams: the constraint mentions two boxes and one column, written space.column",
)

# ---- middle: a gluing that must fail --------------------------------------------------------------------------------

pretrained = clinic.freeze("view")


def _fault_of_mended(answer: Any) -> str | None:
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return "the answer is a pair of learning diagrams, made of tasks.hospital and of tasks.pretrained by edits"
    first, second = answer
    glued = ld.pushout(first, second, along={"look": "view"})
    if "look" not in [box.name for box in glued.frozen]:
        return "the two can be glued now, but the common backbone is trained, and its parameters were to stay"
    if len(glued.constraints) != 4:
        return f"the two can be glued now, but {len(glued.constraints)} of 4 constraints are left"
    for name, diagram, wanted in (("first", first, hospital.freeze("look")), ("second", second, pretrained)):
        if ld.isomorphic(diagram, wanted) is None:
            return f"the two can be glued now, but a constraint of the {name} diagram is another one than before"
    return None


mended = ld.exercise(
    "The backbone of tasks.pretrained is frozen, so it cannot be glued with tasks.hospital. Give a pair of learning "
    "diagrams, made of tasks.hospital and tasks.pretrained by edits, that can be glued along {'look': 'view'}, and "
    "whose pushout has a frozen backbone and the four constraints as they are.",
    (hospital.freeze("look"), pretrained),
    by=by_test(_fault_of_mended),
    hint="the error names the fact that differs between the two boxes; .freeze and .unfreeze change it",
)

# ---- hard: the universal property as code ---------------------------------------------------------------------------

_glued = ld.colimit({"a": hospital, "b": clinic}, [{"a": "look", "b": "view"}, {"a": "redraw", "b": "repaint"}])
_lab = ld.colimit({"a": hospital, "b": clinic}, [{"a": a, "b": b} for a, b in NEEDED.items()])
_other = ld.Morphism(clinic, clinic)


def _fault_of_property(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function of injections, legs and u, got {answer!r}"
    u = _glued.mediator(_lab.injections)
    tests = [
        (u, _lab.injections, True, "u is the mediator of a cocone"),
        (
            ld.Morphism.identity(_glued.diagram),
            _glued.injections,
            True,
            "u is the identity, and the legs are injections",
        ),
        (ld.Morphism.identity(_glued.diagram), _lab.injections, False, "u is the identity, and the legs end elsewhere"),
        (u, {"a": _lab.injections["a"], "b": _other}, False, "only the leg of 'a' fits"),
        (u, {"a": ld.Morphism.identity(hospital), "b": _lab.injections["b"]}, False, "only the leg of 'b' fits"),
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
    hint="a label has one triangle: first the injection, then u; together they are the leg of the label",
)


def _spelled_out(injections: Any, legs: Any, u: Any) -> bool:
    return not [at for at, leg in legs.items() if injections[at].then(u) != leg]


CASES = {
    "glued_losses": Case(
        "easy", right=[(5, 5, 4.5), [2 + 3, 2.0 + 3.0, 2 + 3 - 0.5]], wrong=[(5, 4.5, 4.5), (5, 5, 5), 5]
    ),
    "once": Case(
        "middle",
        right=[NEEDED, {"wards.shot": "labs.photo", "redraw": repaint, look: "view"}],
        wrong=[{"look": "view", "redraw": "repaint"}, {"look": "view"}, {"look": "locate"}, {"scan": "nothing"}, 3],
    ),
    "mended": Case(
        "middle",
        right=[
            (hospital.freeze("look"), pretrained),
            [hospital.freeze(look), pretrained.rename({"organ": "tissue"})],
        ],
        wrong=[
            (hospital, pretrained.unfreeze("view")),
            (hospital, pretrained),
            (hospital.restrict("diagnose"), pretrained),
            (hospital.freeze("look").reweight({"diagnose": 2.0}), pretrained),
            1,
        ],
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
