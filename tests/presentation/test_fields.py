"""A field is listed once: a new one, declared here alone, is compared, written, read, renamed, glued and printed."""

import copy
import pickle
from dataclasses import dataclass, field, replace

import pytest

import learning_diagrams as ld
from learning_diagrams.composition.colimits import colimit
from learning_diagrams.composition.morphism import Morphism
from learning_diagrams.documents.document import json_schema
from learning_diagrams.editing.supports import reduced
from learning_diagrams.errors import DuplicateName, FileError, TypeMismatch, UnknownName
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.fields.constraint_field import MEANING, ConstraintField
from learning_diagrams.presentation.presentation_field import PresentationField


class Guards(ConstraintField):
    """The boxes that a constraint guards."""

    name = "guards"
    default = ()
    shape = list[str]
    description = "the boxes that it guards"

    def read(self, value, constraint):
        for name in value:
            if name not in constraint.boxes:
                raise UnknownName(f"constraint {constraint.name!r} cannot guard box {name!r}")
        return tuple(sorted(value))

    def map(self, value, to):
        return tuple(new for name in value for new in to.boxes(name))

    def plain(self, value):
        return list(value) or None

    def boxes(self, value):
        return value


@dataclass(frozen=True, eq=False, repr=False)
class Guarded(Constraint):
    guards: tuple[str, ...] = field(default=(), kw_only=True, metadata={MEANING: Guards()})


class Owners(PresentationField):
    """Who owns a box: a mapping from boxes to owners."""

    name = "owners"
    default = ()
    shape = dict[str, str]
    description = "who owns a box"

    def read(self, value, presentation):
        for name in value:
            presentation.signature.box(name)
        return dict(value)

    def map(self, value, to):
        return {new: owner for name, owner in value.items() for new in to.boxes(name)}

    def restricted(self, value, presentation):
        return {name: owner for name, owner in value.items() if name in presentation.signature.boxes}

    def joined(self, values):
        owners = {}
        for value in values:
            for name, owner in value.items():
                if owners.setdefault(name, owner) != owner:
                    raise DuplicateName(f"box {name!r} has two owners")
        return owners

    def lines(self, value):
        return [f"{owner} owns {name}" for name, owner in value.items()]


class Owned(ld.LearningDiagram):
    constraint_type = Guarded
    listed = (*ld.LearningDiagram.listed, Owners())

    def __init__(self, *constraints, owners=(), **options):
        super().__init__(*constraints, **options)
        self._annotate({"owners": dict(owners)})


A, ROWS = ld.Ty("a"), ld.SampleSpace("rows")
X = ROWS.column("x", A)
F, G = ld.Box("f", A, A), ld.Box("g", A, A)


def owned(box=F, guards=("f",), owners=(("f", "ann"),), **options):
    return Owned(Guarded("c", X >> box, X, guards=guards, **options), owners=owners, name="guarded")


def states(diagram):
    """What a diagram says in the two new fields."""
    return [constraint.guards for constraint in diagram.constraints], diagram.owners


def test_it_is_compared_and_digested():
    assert owned() == owned() and hash(owned()) == hash(owned())
    assert owned() != owned(guards=()) != owned(guards=(), owners=())
    constraint = owned().constraints[0]
    assert constraint != replace(constraint, guards=()) and constraint == copy.deepcopy(constraint)
    assert owned(guards=(), owners=()).digest() == ld.LearningDiagram(Constraint("c", X >> F, X)).digest()


def test_it_is_written_and_read_back():
    data = owned().to_dict()
    assert data["constraints"]["c"] == {"lhs": "x >> f", "rhs": "x", "guards": ["f"]}
    assert data["owners"] == {"f": "ann"}
    again = Owned.from_dict(data)
    assert type(again) is Owned and again == owned() and states(again) == ([("f",)], {"f": "ann"})
    assert states(pickle.loads(pickle.dumps(owned()))) == states(owned())


def test_a_fault_in_a_file_names_its_place():
    data = owned().to_dict()
    data["constraints"]["c"]["guards"] = ["h"]
    with pytest.raises(UnknownName, match=r"constraints\.c: .*cannot guard"):
        Owned.from_dict(data)
    data["constraints"]["c"]["guards"] = "f"
    with pytest.raises(FileError, match=r"constraints\.c\.guards: must be a list"):
        Owned.from_dict(data)
    with pytest.raises(FileError, match="unknown key 'guards'"):
        ld.LearningDiagram.from_dict(owned().to_dict())
    with pytest.raises(UnknownName, match="owners: no box is named 'h'"):
        Owned.from_dict(owned().to_dict() | {"owners": {"h": "ann"}})


def test_the_schema_describes_it():
    schema = json_schema(Owned)
    assert schema["properties"]["owners"]["description"] == "who owns a box"
    assert schema["$defs"]["ConstraintShape"]["properties"]["guards"]["default"] == []
    assert "owners" not in json_schema()["properties"]


def test_it_follows_a_renaming_and_a_substitution():
    assert states(owned().rename({"f": "h"})) == ([("h",)], {"h": "ann"})
    assert states(owned().substitute({F: F >> G})) == ([("f", "g")], {"f": "ann", "g": "ann"})
    assert type(owned().rename({"f": "h"})) is Owned
    both = owned().add(Guarded("d", X >> G, X)).freeze("f")
    swapped = both.substitute({F: G, G: F})
    assert states(swapped) == ([("g",), ()], {"g": "ann"}) and swapped.substitute({F: G, G: F}) == both


def test_it_survives_the_edits_and_leaves_with_its_box():
    diagram = owned().add(Guarded("d", X >> G, X)).freeze(G).reweight({"d": 2.0})
    assert states(diagram) == ([("f",), ()], {"f": "ann"})
    assert states(diagram.without("c")) == ([()], {})


def test_it_is_glued_by_a_union():
    other = Owned(Guarded("d", X >> G, X, guards=("g",)), owners={"g": "bob"})
    assert states(owned() + other) == ([("f",), ("g",)], {"f": "ann", "g": "bob"})
    assert owned() + owned() == owned()
    with pytest.raises(DuplicateName, match="constraint 'c' has two meanings"):
        owned() + owned(guards=())
    with pytest.raises(DuplicateName, match="two owners"):
        owned() + owned(owners={"f": "bob"})


def test_it_is_glued_by_a_pushout():
    both = ld.pushout(owned(), owned(G, guards=("g",), owners={"g": "ann"}), along={"f": "g", "rows.x": "rows.x"})
    assert type(both) is Owned and both == owned()
    apart = ld.pushout(owned(), owned(G, guards=(), owners=()), along={"f": "g", "rows.x": "rows.x"})
    assert sorted(states(apart)[0]) == [(), ("f",)]
    assert [set(m.cod.owners) for m in colimit({"a": owned(), "b": owned()}).injections.values()] == [
        {"a.f", "b.f"}
    ] * 2


def test_a_morphism_keeps_it():
    target = owned(G, guards=("g",), owners={"g": "ann"})
    assert Morphism(owned(), target, {"f": "g"}).cod == target
    with pytest.raises(TypeMismatch, match="says something else"):
        Morphism(owned(), owned(G, guards=(), owners=()), {"f": "g"})


@pytest.mark.parametrize("owners", [{}, {"g": "bob"}])
def test_a_morphism_keeps_a_field_of_the_presentation(owners):
    target = owned(G, guards=("g",), owners=owners)
    with pytest.raises(TypeMismatch, match=r"goes to a box that has owners \{'g': 'ann'\}, and box 'g' has"):
        Morphism(owned(), target, {"f": "g"})
    back = Morphism(target, target + Owned(Guarded("d", X >> F, X), owners={"f": "eve"}))
    assert back.cod.owners == owners | {"f": "eve"}  # what is said of other boxes is free
    with pytest.raises(TypeMismatch, match="box 'f' has no owners"):
        Morphism(owned(), ld.LearningDiagram(*owned().constraints))


def test_isomorphic_learning_diagrams_agree_in_it():
    renamed = owned().rename({"f": "h", "c": "d"})
    assert states(renamed) == ([("h",)], {"h": "ann"})
    assert ld.isomorphic(owned(), renamed).cod == renamed
    for other in (owned(guards=()), owned(owners=()), owned(owners={"f": "bob"})):
        assert ld.isomorphic(owned(), other.rename({"f": "h"})) is None


def test_it_is_printed():
    assert repr(owned().constraints[0]) == "Guarded('c', x >> f = x, guards=['f'])"
    assert str(owned()) == "guarded\n  c: x >> f = x  (guards=['f'])\n  ann owns f"
    assert "guards [&#x27;f&#x27;]" in owned().draw().svg or "guards ['f']" in owned().draw().svg


def test_a_box_that_it_annotates_is_kept_where_no_output_needs_it():
    idle = X >> ld.Copy(A) >> A @ (F >> ld.Discard(A))
    for guards, boxes in ((("f",), ["f"]), ((), [])):
        diagram = Owned(Guarded("c", idle, X, guards=guards))
        assert [box.name for box in reduced(diagram).boxes] == boxes


def test_a_part_without_the_field_adds_nothing_to_it():
    plain = ld.LearningDiagram(Constraint("d", X >> G, X))
    assert states(owned().restrict() + plain.restrict()) == ([], {})
    assert (owned() + plain.restrict()).owners == {"f": "ann"} == ld.pushout(owned(), plain.restrict(), {}).owners


def test_a_difference_tells_it():
    told = [str(change) for change in ld.difference(owned(), owned(guards=(), owners={"f": "bob"})).changes]
    assert told == ["~ constraint c: guards - f", "~ owners f: ann → bob"]
    plain = ld.LearningDiagram(Constraint("c", X >> F, X))
    told = [str(change) for change in ld.difference(plain, owned()).changes]
    assert told == ["~ constraint c: guards + f", "+ owners f: ann"]
    assert "guards + f" in ld.difference(plain, owned()).draw().svg
