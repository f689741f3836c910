"""Boxes that use others: what is used is part of the box."""

import copy
import pickle
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning_diagrams as ld
from learning_diagrams.diagrams.labels import label
from learning_diagrams.diagrams.uses import USED, with_uses

x, y = ld.Ty("x"), ld.Ty("y")
u, v = ld.Box("u", x, x), ld.Box("v", x, x)


def box(*uses, name="f", kind=ld.Box):
    return kind(name, x, x, uses=uses)


def deep(inner):
    """A box that uses a box that uses another."""
    return box(box(inner, name="g"))


@pytest.mark.parametrize("kind", [ld.Box, ld.Kernel])
@pytest.mark.parametrize(
    "one, other",
    [
        (lambda k: box(u, kind=k), lambda k: box(kind=k)),
        (lambda k: box(u, kind=k), lambda k: box(v, kind=k)),
        (lambda k: box(u, kind=k), lambda k: box(ld.Kernel("u", x, x), kind=k)),
        (lambda k: box(u, kind=k), lambda k: box(ld.Box("u", x, y), kind=k)),
        (lambda k: box(u, kind=k), lambda k: box(ld.Box("u", x, x, data=1), kind=k)),
        (lambda k: box(u, v, kind=k), lambda k: box(v, u, kind=k)),
        (lambda k: box(u, v, kind=k), lambda k: box(u, kind=k)),
        (lambda k: deep(u), lambda k: deep(v)),
        (lambda k: deep(u), lambda k: deep(ld.Box("u", x, x, uses=[v]))),
    ],
)
def test_boxes_that_differ_in_what_they_use_are_different(one, other, kind):
    one_, other_ = one(kind), other(kind)
    assert one_ != other_ and label(one_) != label(other_) and not ld.equal(one_, other_)
    assert ld.digest(one_) != ld.digest(other_) and one_ == one(kind) and hash(one_) == hash(one(kind))
    assert ld.digest(one_) == ld.digest(one(kind)) and ld.equal(one_, one(kind))
    with pytest.raises(ld.DuplicateName, match="declared twice"):
        ld.LearningDiagram(ld.Constraint("c", one_ >> other_, one_, over=ld.SampleSpace("rows").column("t", x)))


@given(st.lists(st.sampled_from([u, v, ld.Kernel("k", x, y)]), max_size=4))
def test_copies_and_pickles_are_equal_and_repetitions_do_not_count(uses):
    f = box(*uses)
    for twin in (copy.copy(f), copy.deepcopy(f), pickle.loads(pickle.dumps(f)), box(*uses, *uses)):
        assert twin == f and hash(twin) == hash(f) and twin.uses == f.uses and ld.digest(twin) == ld.digest(f)


@pytest.mark.parametrize(
    "uses, error, message",
    [
        (lambda: u, ld.TypeMismatch, "takes a list of boxes, as in uses="),
        (lambda: "u", ld.TypeMismatch, "takes a list of boxes"),
        (lambda: 3, ld.TypeMismatch, "takes a list of boxes"),
        (lambda: ["u"], ld.TypeMismatch, "can use a Box or a Kernel, .*; got 'u'"),
        (lambda: [u >> v], ld.TypeMismatch, "a composite is given a name as a box"),
        (lambda: [u.dagger()], ld.TypeMismatch, "is a dagger"),
        (lambda: [ld.Copy(x)], ld.TypeMismatch, "can use a Box or a Kernel"),
        (lambda: [ld.SampleSpace("rows").column("t", x)], ld.TypeMismatch, "data comes on wires"),
        (lambda: [ld.SampleSpace("rows").state], ld.TypeMismatch, "data comes on wires"),
        (lambda: [box()], ld.TypeMismatch, "'f' would use itself, through 'f'"),
        (lambda: [ld.Box("u", x, x, uses=[box()])], ld.TypeMismatch, "'f' would use itself, through 'u'"),
        (lambda: [u, ld.Box("u", x, y)], ld.DuplicateName, "two different boxes named 'u'"),
        (lambda: [u, box(ld.Kernel("u", x, x), name="g")], ld.DuplicateName, "two different boxes named 'u'"),
        (lambda: [ld.Box(f"u{i}", x, x) for i in range(USED + 1)], ld.LimitExceeded, "at most 100"),
    ],
)
def test_what_cannot_be_used_is_a_typed_error(uses, error, message):
    with pytest.raises(error, match=message):
        ld.Box("f", x, x, uses=uses())


def test_doubling_towers_are_read_in_linear_time():
    """Each box uses two that use the same two: 2³⁰ paths, 61 boxes."""

    def storey(pair, i):
        return tuple(ld.Box(f"{side}{i}", x, x, uses=pair) for side in "ab")

    top, again = (reduce(storey, range(30), (u, v))[0] for _ in range(2))
    assert len(with_uses(top)) == 61 and with_uses(top)[-1] is top
    assert top == again and hash(top) == hash(again) and ld.digest(top) == ld.digest(again)
    t = ld.SampleSpace("rows").column("t", x)
    d = ld.LearningDiagram(ld.Constraint("c", t >> top, t))
    assert len(d.boxes) == 61 and d.rename({"u": "w"}).rename({"w": "u"}) == d
    assert ld.LearningDiagram.from_dict(d.to_dict()) == d and ld.isomorphic(d, d.rename({"v": "w"})) is not None
    with pytest.raises(ld.LimitExceeded, match="at most 100"):
        reduce(storey, range(60), (u, v))


def test_a_diagram_has_the_boxes_that_its_boxes_use():
    t = ld.SampleSpace("rows").column("t", x)
    d = ld.LearningDiagram(ld.Constraint("c", t >> deep(u), t), frozen=["u"])
    assert [b.name for b in d.boxes] == ["f", "g", "u"] and d.box("u") == u and d.frozen == {u}
    assert d != d.unfreeze("u")  # a box that is only used counts in the digest, too
    assert "g uses u" in str(d) and [b.name for b in d.without("c").boxes] == []
    game = {"a": {"terms": ["c"], "boxes": ["f"]}, "b": {"terms": ["c"], "boxes": ["u"]}}
    assert len(ld.LearningDiagram(ld.Constraint("c", t >> deep(u), t), players=game).players) == 2


def test_detaching_speaks_of_applications():
    t = ld.SampleSpace("rows").column("t", x)
    with pytest.raises(ld.TypeMismatch, match="'u' is only used by another box there; detach the box that uses it"):
        ld.Constraint("c", t >> box(u), t, detach="u")
    both = ld.Constraint("c", t >> box(u), t >> u, detach="u")
    assert both.detach == ("u",)
