"""Colimits of learning diagrams: what is named how, what counts once, and what cannot be glued."""

import pytest

import learning_diagrams as ld
from learning_diagrams.editing.supports import support
from learning_diagrams.editing.symbol import Symbol

image, feature, digit = (ld.Ty(name) for name in ("image", "feature", "digit"))


def test_the_sum_keeps_titles_once():
    a = ld.LearningDiagram(name="school")
    assert (a + a).name == "school" and (a + ld.LearningDiagram(name="home")).name == "school + home"


# Names.


def regime(space="rows", student="student", task="digit", name="fit", **options):
    rows, cod = ld.SampleSpace(space), ld.Ty(task)
    x, y = rows.column("x", image), rows.column("y", cod)
    encode, head = ld.Box("encode", image, feature), ld.Kernel(student, feature, cod)
    return ld.LearningDiagram(ld.Constraint(name, x >> encode >> head, y), **options)


def test_what_is_glued_keeps_the_names_of_the_first_and_the_rest_is_told_apart():
    result = ld.pushout(regime(task="label"), regime(task="word", student="reader"), along={"encode": "encode"})
    assert [box.name for box in result.boxes] == ["encode", "reader", "student"]
    assert [str(ty) for ty in result.objects] == ["feature", "image", "label", "word"]
    assert [space.name for space in result.sample_spaces] == ["a.rows", "b.rows"]
    assert [(c.space.name, c.name) for c in result.columns] == [
        ("a.rows", "x"), ("a.rows", "y"), ("b.rows", "x"), ("b.rows", "y")]  # fmt: skip
    assert [c.name for c in result.constraints] == ["a.fit", "b.fit"]


def test_columns_of_a_glued_space_are_told_apart():
    rows = ld.SampleSpace("rows")
    result = ld.pushout(regime(), regime(student="reader", task="word", name="read"), along={rows: rows})
    assert [c.name for c in result.columns] == ["a.x", "a.y", "b.x", "b.y"] and len(result.sample_spaces) == 1
    result = ld.pushout(regime(), regime(student="reader", task="word"), along={"rows.x": "rows.x"})
    assert [c.name for c in result.columns] == ["a.y", "b.y", "x"]
    assert [str(ty) for ty in result.objects] == ["a.feature", "b.feature", "digit", "image", "word"]


def test_the_labels_of_a_colimit_stand_in_front():
    result = ld.colimit({"left": regime(), "right": regime(), "far": regime(student="other")}).diagram
    assert {"left.student", "right.student", "other", "left.encode", "far.encode"} <= {b.name for b in result.boxes}


def test_an_object_and_a_sample_space_of_one_name_are_told_apart():
    result = ld.coproduct(regime(space="stock"), regime(task="stock"))
    assert "a.stock" in {s.name for s in result.sample_spaces} and "b.stock" in {str(ty) for ty in result.objects}


def test_forced_objects_keep_the_names_of_the_first():
    picture, code = ld.Ty("picture"), ld.Ty("code")
    rows = ld.SampleSpace("pictures")
    see = ld.Box("see", picture, code)
    other = ld.LearningDiagram(ld.Constraint("c", rows.column("p", picture) >> see, rows.column("q", code)))
    result = ld.pushout(regime(), other, along={"encode": "see"})
    assert [str(ty) for ty in result.objects] == ["digit", "feature", "image"]
    assert [str(c) for c in result.constraints[:1]] == ["Constraint('c', p >> encode = q)"]


def test_two_boxes_glued_to_one_become_one():
    first, other = ld.Box("zeta", image, feature), ld.Box("eta", image, feature)
    x = ld.SampleSpace("rows").column("x", image)
    a = ld.LearningDiagram(ld.Constraint("agree", x >> first, x >> other, weight=0.5))
    result = ld.pushout(a, regime(space="others"), along={first: "encode", other: "encode"})
    assert [box.name for box in result.boxes] == ["eta", "student"]
    assert str(result.constraints[0].equation) == "Equation(x >> eta = x >> eta)"


def test_a_learning_diagram_can_be_glued_with_itself():
    x = ld.SampleSpace("rows").column("x", image)
    f, g = ld.Box("f", image, feature), ld.Box("g", image, feature)
    d = ld.LearningDiagram(ld.Constraint("agree", x >> f, x >> g))
    assert ld.colimit({"d": d}, [[("d", "f"), ("d", "g")]]).diagram == ld.LearningDiagram(
        ld.Constraint("agree", x >> f, x >> f))  # fmt: skip


def test_names_of_a_pushout_survive_files(tmp_path):
    result = ld.coproduct(ld.coproduct(regime(), regime()), regime(frozen=["encode"]))
    ld.save(result, tmp_path / "made.yaml")
    assert ld.load(tmp_path / "made.yaml") == result
    assert {"a.encode", "b.encode", "encode"} == {box.name for box in result.boxes if "encode" in box.name}


def test_bare_columns_that_a_new_name_takes_are_written_with_their_space(tmp_path):
    """The boxes x become a.x and b.x; so would be written the column x of a sample space a."""
    rows, a = ld.SampleSpace("other"), ld.SampleSpace("a")
    box = ld.Box("x", image, image)
    f = ld.Box("f", image, image)
    d = ld.LearningDiagram(ld.Constraint("c", a.column("x", image) >> f, a.column("z", image)))
    e = ld.LearningDiagram(ld.Constraint("c", rows.column("y", image) >> box, rows.column("w", image)))
    result = ld.colimit({"a": e, "b": e, "d": d}).diagram
    ld.save(result, tmp_path / "made.yaml")
    assert ld.load(tmp_path / "made.yaml") == result
    with pytest.raises(ld.DuplicateName, match=r"column 'a.x' of d would be column 'a.x'.*rename"):
        more = ld.LearningDiagram(ld.Constraint("c", rows.column("x", image), rows.column("w", image)))
        ld.colimit({"a": e, "b": e, "d": d, "e": more})


# What is shared counts once.


def test_constraints_axioms_and_players_that_say_the_same_count_once_and_keep_the_first_name():
    x = ld.SampleSpace("rows").column("x", image)
    f, g = ld.Box("f", image, image), ld.Box("g", image, image)

    def d(name, weight=1.0, detach=(), box=f):
        return ld.LearningDiagram(
            ld.Constraint(name, x >> box, x, weight=weight, detach=detach),
            axioms={f"{name} twice": ld.Equation(box >> box, box)},
            players={f"{name} player": {"terms": [name], "boxes": [box]}} if not detach else {},
        )

    along = {f: g, "rows.x": "rows.x"}
    result = ld.pushout(d("one"), d("two", box=g), along=along)
    assert result == d("one")
    assert [a.name for a in result.axioms] == ["one twice"] and [p.name for p in result.players] == ["one player"]
    for other in (d("two", weight=2.0, box=g), d("two", detach="lhs", box=g)):
        plain = ld.LearningDiagram(*other.constraints)
        assert len(ld.pushout(d("one"), plain, along=along).constraints) == 2


def test_constraints_that_say_the_same_are_matched_one_to_one_by_name_first():
    x = ld.SampleSpace("rows").column("x", image)
    f = ld.Box("f", image, image)
    twice = ld.LearningDiagram(*(ld.Constraint(name, x >> f, x) for name in ("one", "two")))
    again = ld.LearningDiagram(*(ld.Constraint(name, x >> f, x) for name in ("six", "two", "ten")))
    result = ld.pushout(twice, again, along={f: f, x: x})
    assert [c.name for c in result.constraints] == ["one", "ten", "two"]


def test_constraints_of_one_part_stay_apart_and_the_first_in_order_of_names_is_matched():
    x = ld.SampleSpace("rows").column("x", image)
    f, g, h = (ld.Box(name, image, image) for name in "fgh")
    two = ld.LearningDiagram(ld.Constraint("one", x >> f, x), ld.Constraint("two", x >> g, x))
    one = ld.LearningDiagram(ld.Constraint("other", x >> h, x))
    glued = ld.colimit({"a": two, "b": one}, [{"a": f, "b": h}, {"a": g, "b": h}, {"a": x, "b": x}])
    assert [c.name for c in glued.diagram.constraints] == ["one", "two"] and len(set(glued.diagram.constraints)) == 2
    assert glued.diagram.constraints[0].equation == glued.diagram.constraints[1].equation
    assert str(glued.injections["b"](Symbol("constraint", "other"))) == "constraint 'one'"
    assert len(ld.minimal(glued.diagram).constraints) == 1


def test_averages_and_players_are_carried_along():
    x = ld.SampleSpace("rows").column("x", image)
    f, g = ld.Box("f", image, image), ld.Box("g", image, image)
    d = ld.LearningDiagram(
        ld.Constraint("c", x >> f, x >> g), ema={g: (f, 0.9)}, players={"p": {"terms": ["c"], "boxes": [f]}}
    )
    result = ld.coproduct(d, d)
    assert dict(result.ema) == {"a.g": ("a.f", 0.9), "b.g": ("b.f", 0.9)} and len(result.frozen) == 2
    assert [(p.name, p.boxes) for p in result.players] == [("a.p", ("a.f",)), ("b.p", ("b.f",))]
    glued = ld.pushout(d.rename({"f": "h"}), d, along={"g": "g", "rows.x": "rows.x"})
    assert glued == d.rename({"f": "h"}), "what two averages follow is one where they are"


# Bad input.

x = ld.SampleSpace("rows").column("x", image)
d = regime()
agree = ld.LearningDiagram(
    ld.Constraint("agree", x >> ld.Box("f", image, feature), x >> ld.Box("g", image, feature)), frozen=["g"]
)
loop = ld.LearningDiagram(ld.Constraint("c", x >> ld.Box("step", image, image), x))
wide = ld.LearningDiagram(ld.Constraint("c", x >> ld.Copy(image) >> ld.Box("join", image @ image, image), x))
slow = ld.LearningDiagram(*agree.constraints, ema={"g": ("f", 0.9)})
data_of = ld.Box("f", image, feature, data=(1,))
playing = agree.unfreeze("g")


def player(name, box):
    return ld.LearningDiagram(*playing.constraints, players={name: {"terms": ["agree"], "boxes": [box]}})


BAD = [
    (lambda: ld.pushout(d, d, along={"encode": "student"}), ld.TypeMismatch,
     "box 'encode' of a cannot be glued with box 'student' of b: they are Box image → feature and Kernel"),
    (lambda: ld.pushout(loop, wide, along={"step": "join"}), ld.TypeMismatch, "Box image → image and Box image @ ima"),
    (lambda: ld.pushout(d, loop, along={"encode": "step"}), ld.TypeMismatch,
     "forces object 'feature' of a and object 'image' of a and object 'image' of b to be one"),
    (lambda: ld.pushout(d, d.freeze("encode"), along={"encode": "encode"}), ld.TypeMismatch,
     "the first is trained, the second is frozen"),
    (lambda: ld.pushout(agree, slow, along={"g": "g"}), ld.TypeMismatch,
     "the first is frozen, the second follows another, decay 0.9"),
    (lambda: ld.pushout(d, d, along={image: ld.SampleSpace("rows")}), ld.TypeMismatch,
     "object 'image' of a cannot be glued with sample space 'rows' of b: only symbols of one kind"),
    (lambda: ld.pushout(d, d, along={"encode": "rows.x"}), ld.TypeMismatch, "box 'encode' of a .* column 'rows.x'"),
    (lambda: ld.pushout(d, d, along={"encoed": "encode"}), ld.UnknownName,
     "there is no symbol named 'encoed' in a; did you mean 'encode'"),
    (lambda: ld.pushout(d, d, along={"encode": "encoed"}), ld.UnknownName, "in b; did you mean 'encode'"),
    (lambda: ld.pushout(d, d, along={ld.Kernel("encode", image, feature): "encode"}), ld.DuplicateName,
     "box 'encode' is Box image → feature here, and was given as Kernel"),
    (lambda: ld.pushout(d, d, along={ld.SampleSpace("rows").column("x", digit): "rows.x"}), ld.DuplicateName,
     "column 'rows.x' ends in image in a, and was given as one that ends in digit"),
    (lambda: ld.pushout(d, d, along={3: "encode"}), ld.TypeMismatch, "expected a box, a column, .* got 3"),
    (lambda: ld.pushout(d, d, along={image @ image: image}), ld.UnknownName, "no object named"),
    (lambda: ld.pushout(d, d, along=["encode"]), ld.TypeMismatch, "along= takes a mapping"),
    (lambda: ld.pushout(d, "d", along={}), ld.TypeMismatch, "made of learning diagrams, got 'd'"),
    (lambda: ld.pushout(d, d, along={d.constraints[0]: d.constraints[0]}), ld.TypeMismatch,
     "constraint 'fit' of a cannot be glued with constraint 'fit' of b, which says something else"),
    (lambda: ld.colimit([d, d]), ld.TypeMismatch, "takes a mapping from labels"),
    (lambda: ld.colimit({"a b": d}), ld.TypeMismatch, "a label stands in front of names"),
    (lambda: ld.colimit({"a": d}, [{"b": "encode"}]), ld.UnknownName, "no diagram is labelled 'b'"),
    (lambda: ld.colimit({"a": d}, {"a": "encode"}), ld.TypeMismatch, "gluing= takes a list"),
    (lambda: ld.colimit({"a": d}, ["encode"]), ld.TypeMismatch, "gluing= takes a list"),
    (lambda: ld.colimit({"a": d}, [[3]]), ld.TypeMismatch, "gluing= takes a list"),
    (lambda: ld.colimit({"a": d}, [[([], "encode")]]), ld.UnknownName, "no diagram is labelled"),
    (lambda: ld.coproduct(regime(student="a.encode"), regime()), ld.DuplicateName,
     "would both be named 'a.encode'; rename one of them"),
    (lambda: ld.pushout(player("u", "f"), player("v", "f"), along={"f": "f"}), ld.DuplicateName,
     "box 'f' is trained by two players, 'u' and 'v'"),
    (lambda: d + loop.rename({"step": "encode"}), ld.DuplicateName, "box 'encode' is declared twice"),
    (lambda: d + d.freeze("encode"), ld.DuplicateName,
     "box 'encode' is trained in one learning diagram and is frozen in the other; .*rename"),
    (lambda: d + d.reweight({"fit": 2}), ld.DuplicateName, "constraint 'fit' has two meanings"),
    (lambda: d + regime(space="digit"), ld.DuplicateName, "'digit' names an object and a sample space|'fit' is two"),
    (lambda: slow + agree, ld.DuplicateName, "box 'g' follows another, decay 0.9 in one .* is frozen in the other"),
    (lambda: player("u", "f") + player("u", "g"), ld.DuplicateName, "player 'u' has two meanings"),
    (lambda: player("u", "f") + player("v", "f"), ld.DuplicateName, "two players"),
    (lambda: d + 3, ld.TypeMismatch, "added to another one, got 3"),
    (lambda: ld.colimit({"a": d}).mediator({}), ld.UnknownName, "no leg for the diagram 'a'"),
    (lambda: ld.colimit({"a": d}).mediator({"b": ld.Morphism.identity(d)}), ld.UnknownName, "'b'"),
    (lambda: ld.colimit({"a": d}).mediator(3), ld.TypeMismatch, "a cocone is a mapping"),
    (lambda: ld.colimit({"a": d}).mediator({"a": ld.Morphism.identity(loop)}), ld.TypeMismatch, "another learning"),
    (lambda: ld.colimit({}).mediator({}), ld.TypeMismatch, "no legs"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "error", "message"), BAD)
def test_what_cannot_be_glued_says_why(wrong, error, message):
    with pytest.raises(error, match=message) as caught:
        wrong()
    assert type(caught.value) is error


def test_legs_that_do_not_agree_are_refused():
    result = ld.colimit({"a": loop, "b": loop}, [{"a": "step", "b": "step"}])
    two = ld.colimit({"a": loop, "b": loop})
    with pytest.raises(ld.TypeMismatch, match=r"the legs do not agree on object 'image'"):
        result.mediator(two.injections)


def test_things_of_one_diagram_become_one_only_if_asked():
    forced = [{"a": "encode", "b": "step"}]
    with pytest.raises(ld.TypeMismatch, match="glue object 'feature' with object 'image' of a as well"):
        ld.colimit({"a": d, "b": loop}, forced)
    result = ld.colimit({"a": d, "b": loop}, [*forced, [("a", image), ("a", feature)]]).diagram
    assert [str(ty) for ty in result.objects] == ["digit", "feature"]
    assert Symbol("box", "encode") in support(result)
