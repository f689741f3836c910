"""Detached parts, moving averages and players: what a learning diagram says besides its equations, as data."""

import copy
import pickle
import re
from dataclasses import replace

import pytest

import learning_diagrams as ld
from learning_diagrams.errors import brief
from learning_diagrams.presentation.player import Player

image, digit = ld.Ty("image"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
student, teacher = ld.Kernel("student", image, digit), ld.Kernel("teacher", image, digit)
encode, classify = ld.Box("encode", image, image), ld.Kernel("classify", image, digit)
supervised = ld.Constraint("supervised", pixels >> student, label)
consistent = ld.Constraint("consistent", pixels >> student, pixels >> teacher)
mean_teacher = ld.LearningDiagram(supervised, consistent, ema={teacher: (student, 0.99)})

maker, critic = ld.Box("maker", image, image), ld.Kernel("critic", image, digit)
real = ld.Constraint("real", pixels >> critic, label)
imitation = ld.Constraint("made", pixels >> maker >> critic, label, detach=maker)
fools = ld.Constraint("fools", pixels >> maker >> critic, label)
PLAYERS = {
    "critic": {"terms": ["real", "made"], "boxes": [critic], "optimizer": {"name": "adam", "lr": 1e-3}, "steps": 2},
    "maker": {"terms": {"fools": -0.5}, "boxes": ["maker"]},
}
game = ld.LearningDiagram(real, imitation, fools, players=PLAYERS)
everything = [mean_teacher, game]


@pytest.mark.parametrize("diagram", everything, ids=["ema", "players"])
def test_it_is_part_of_equality_and_survives_every_form(diagram, tmp_path):
    again = [
        pickle.loads(pickle.dumps(diagram)),
        copy.deepcopy(diagram),
        ld.LearningDiagram.from_dict(diagram.to_dict()),
    ]
    for suffix in ("yaml", "json"):
        ld.save(diagram, tmp_path / f"d.{suffix}")
        again.append(ld.load(tmp_path / f"d.{suffix}"))
    for other in again:
        assert other == diagram and (other.ema, other.players) == (diagram.ema, diagram.players)
        assert str(other) == str(diagram)
    bare = ld.LearningDiagram(*diagram.constraints, frozen=diagram.frozen)
    assert bare != diagram and bare.to_dict().keys() < diagram.to_dict().keys()


@pytest.mark.parametrize("name", ["", " ", "\n\t", "\u200b", 3, None, ("p",)])
def test_a_player_has_a_name(name):
    """The internal player of a diagram without players has no name, so no player of a game may be nameless."""
    options, other = {"terms": ["real"], "boxes": [critic]}, {"terms": ["made"], "boxes": [maker]}
    for make in (
        lambda: ld.LearningDiagram(real, imitation, players={name: options, "q": other}),
        lambda: Player.read(name, options),
        lambda: Player.read(name, Player.read("p", options)),
        lambda: Player(name, (("real", 1.0),), ("critic",)),
    ):
        with pytest.raises(ld.TypeMismatch, match=f"got {re.escape(brief(name))}$|as {re.escape(brief(name))}$"):
            make()


def test_a_nameless_player_of_a_file_is_refused_with_its_place():
    data = ld.LearningDiagram(real).to_dict()
    with pytest.raises(ld.TypeMismatch, match=r"^players: a player has a name"):
        ld.LearningDiagram.from_dict(data | {"players": {"": {"terms": ["real"], "boxes": ["critic"]}}})


def test_a_player_that_is_passed_as_an_object_is_read_like_its_data():
    player = Player("p", (("real", 1.0),), ("critic",), steps=2)
    assert ld.LearningDiagram(real, players=[player]).players == (player,)
    for wrong in (Player("p", (), ("critic",)), Player("p", (("real", 1.0),), ()), replace(player, steps=0)):
        with pytest.raises(ld.TypeMismatch, match=r"nothing to play|nothing to train|whole number"):
            ld.LearningDiagram(real, players=[wrong])


def test_every_part_of_it_changes_the_digest():
    detached = [
        ld.Constraint("c", pixels >> encode >> student, label, detach=d) for d in ((), "lhs", student, [encode])
    ]
    assert len(set(detached)) == 4
    assert ld.Constraint("c", pixels >> student, label, detach=["rhs", student]) == ld.Constraint(
        "c", pixels >> student, label, detach=("student", "rhs", "rhs")
    )
    slower = ld.LearningDiagram(supervised, consistent, ema={"teacher": ("student", 0.999)})
    assert slower != mean_teacher and slower.frozen == mean_teacher.frozen == {teacher}
    changes = [{"terms": {"fools": 0.5}}, {"optimizer": "sgd"}, {"steps": 3}]
    games = [
        ld.LearningDiagram(real, imitation, fools, players=PLAYERS | {"maker": PLAYERS["maker"] | c}) for c in changes
    ]
    assert len({game, *games}) == 4


def test_edits_carry_it_and_drop_what_is_said_of_what_is_gone():
    assert mean_teacher.without("consistent").ema == {} and mean_teacher.without("consistent").frozen == frozenset()
    assert mean_teacher.reweight({"consistent": 2.0}).ema == mean_teacher.ema
    renamed = mean_teacher.rename({"teacher": "old", "student": "young"})
    assert (
        renamed.ema == {"old": ("young", 0.99)}
        and renamed.rename({"old": "teacher", "young": "student"}) == mean_teacher
    )

    alone = game.without("fools")
    assert [player.name for player in alone.players] == ["critic"] and alone.players[0].steps == 2
    renamed = game.rename({"maker": "generator", "made": "forged"})
    assert renamed.players[0].terms == (("forged", 1.0), ("real", 1.0)) and renamed.constraints[1].detach == (
        "generator",
    )
    first, second = ld.Box("first", image, image), ld.Box("second", image, image)
    deeper = game.substitute({maker: first >> second})
    assert deeper.players[1].boxes == ("first", "second")
    assert {c.name: c.detach for c in deeper.constraints}["made"] == ("first", "second")


def test_chains_of_averages_are_fine():
    slow = ld.Kernel("slow", image, digit)
    also = ld.Constraint("also", pixels >> slow, label)
    chain = ld.LearningDiagram(supervised, consistent, also, ema={teacher: (student, 0.9), slow: (teacher, 0.9)})
    assert list(chain.ema) == ["slow", "teacher"]


def test_an_average_that_no_term_uses_is_told_of_a_constraint_of_weight_0():
    slow = ld.Kernel("slow", image, digit)
    for key in (slow, "slow"):
        with pytest.raises(ld.UnknownName, match=r"'slow' follow box 'student', and no term uses .* of weight 0"):
            ld.LearningDiagram(supervised, ema={key: (student, 0.9)})
    measured = ld.Constraint("slow", pixels >> slow, label, weight=0.0)
    made = ld.LearningDiagram(supervised, measured, ema={slow: (student, 0.9)})
    assert made.ema == {"slow": ("student", 0.9)} and ld.LearningDiagram.from_dict(made.to_dict()) == made
    with pytest.raises(ld.UnknownName, match=r"^no box is named 'who'"):
        ld.LearningDiagram(supervised, ema={student: ("who", 0.9)})


def diagram(**options):
    return ld.LearningDiagram(supervised, consistent, **options)


def test_the_review_knows_what_is_detached_what_follows_and_what_is_a_game():
    """Constants satisfy a consistency between a box and its average (BYOL's trivial solution)."""
    lonely = ld.LearningDiagram(consistent, ema={teacher: (student, 0.99)})
    kinds = [finding.kind for finding in ld.review(lonely)]
    assert kinds == ["collapsing"] and ld.review(mean_teacher) == []
    frozen = ld.LearningDiagram(consistent, frozen=[teacher])
    assert ld.review(frozen) == []
    still = ld.LearningDiagram(ld.Constraint("c", pixels >> encode >> student, label, detach=student))
    assert [(f.kind, f.subject) for f in ld.review(still)] == [("untrained", "encode"), ("untrained", "student")]
    assert ld.review(game) == [] and ld.minimal(game) == game
    assert [f.kind for f in ld.review(ld.LearningDiagram(*game.constraints))].count("redundant on the data") == 1


def test_the_file_checks_say_who_is_left_out():
    from learning_diagrams.documents.document import read_document
    from learning_diagrams.files.lint import findings

    bystander = ld.LearningDiagram(*game.constraints, supervised, players=game.players)
    warnings = dict(findings(read_document(bystander.to_dict()), bystander))
    assert warnings.keys() == {("constraints", "supervised"), ("boxes", "student")}
    mutual = ld.LearningDiagram(ld.Constraint("c", pixels >> student, label, detach=student))
    assert "detached" in dict(findings(read_document(mutual.to_dict()), mutual))["constraints", "c"]


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (
            lambda: ld.Constraint("c", pixels >> student, label, detach="studnet"),
            ld.UnknownName,
            "did you mean 'student'",
        ),
        (lambda: ld.Constraint("c", pixels >> student, label, detach=["lhs", "rhs"]), ld.TypeMismatch, "both sides"),
        (lambda: ld.Constraint("c", pixels >> student, label, detach=3), ld.TypeMismatch, "'lhs', 'rhs', boxes"),
        (lambda: ld.Constraint("c", pixels >> student, label, detach=[3]), ld.TypeMismatch, "got 3"),
        (
            lambda: ld.Constraint("c", pixels >> ld.Kernel("rhs", image, digit), label, detach="rhs"),
            ld.TypeMismatch,
            "rename",
        ),
        (lambda: diagram(ema={teacher: (teacher, 0.9)}), ld.TypeMismatch, "'teacher' follows|teacher follows teacher"),
        (lambda: diagram(ema={teacher: (student, 0.9), student: (teacher, 0.9)}), ld.TypeMismatch, "loop"),
        (lambda: diagram(ema={teacher: (student, 1.5)}), ld.InvalidWeight, "from 0 to 1"),
        (lambda: diagram(ema={teacher: (student, float("nan"))}), ld.InvalidWeight, "from 0 to 1"),
        (lambda: diagram(ema={teacher: student}), ld.TypeMismatch, "give \\(source, decay\\)"),
        (lambda: diagram(ema={"tutor": (student, 0.5)}), ld.UnknownName, "tutor"),
        (lambda: diagram(ema=[teacher]), ld.TypeMismatch, "takes a mapping"),
        (lambda: ld.LearningDiagram(imitation, fools, ema={critic: (maker, 0.5)}), ld.TypeMismatch, "cannot follow"),
        (lambda: mean_teacher.unfreeze(teacher), ld.TypeMismatch, "follows box 'student'"),
        (lambda: mean_teacher.substitute({student: encode >> classify}), ld.TypeMismatch, "moving average"),
        (lambda: game.substitute({maker: ld.Id(image)}), ld.TypeMismatch, "detach a side"),
        (lambda: diagram(players={"a": {"terms": ["supervised"], "boxes": []}}), ld.TypeMismatch, "no boxes"),
        (lambda: diagram(players={"a": {"terms": [], "boxes": [student]}}), ld.TypeMismatch, "no terms"),
        (lambda: diagram(players={"a": {"terms": ["superb"], "boxes": [student]}}), ld.UnknownName, "superb"),
        (lambda: diagram(players={"a": {"terms": ["supervised"], "boxes": [teacher]}}), ld.UnknownName, "teacher"),
        (lambda: diagram(players={"a": {"terms": "supervised", "boxes": [student]}}), ld.TypeMismatch, "as a list"),
        (lambda: diagram(players={"a": {"term": [], "boxes": []}}), ld.UnknownName, "did you mean 'terms'"),
        (
            lambda: diagram(players={"a": {"terms": ["supervised"], "boxes": [student], "steps": 0}}),
            ld.TypeMismatch,
            "≥ 1",
        ),
        (
            lambda: diagram(players={"a": {"terms": {"supervised": float("inf")}, "boxes": [student]}}),
            ld.InvalidWeight,
            "finite",
        ),
        (
            lambda: diagram(players={"a": {"terms": ["supervised"], "boxes": [student], "optimizer": 3}}),
            ld.TypeMismatch,
            "an optimizer is",
        ),
        (
            lambda: diagram(players={n: {"terms": ["supervised"], "boxes": [student]} for n in "ab"}),
            ld.DuplicateName,
            "two players",
        ),
        (lambda: diagram(players=["a"]), ld.TypeMismatch, "takes a mapping"),
        (lambda: diagram(players=3), ld.TypeMismatch, "takes a mapping"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("ema", "teacher", "decay"), 2, r"ema.teacher.decay: must be a number ≤ 1"),
        (("ema", "teacher", "source"), "studnet", r"ema: no box is named 'studnet'"),
        (("ema", "teacher", "from"), "student", r"unknown key 'from'"),
        (("players", "maker", "steps"), 0, r"players.maker.steps: must be a number ≥ 1"),
        (("players", "maker", "terms"), 7, r"players.maker.terms: must be a list of names"),
        (("players", "maker", "boxes"), [], r"players: player 'maker' has no boxes"),
        (("constraints", "made", "detach"), ["lsh"], r"constraints.made: detach= of"),
    ],
)
def test_files_say_where(place, value, message):
    data = (mean_teacher if place[0] == "ema" else game).to_dict()
    at = data
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    with pytest.raises(ld.LearningDiagramError, match=message):
        ld.LearningDiagram.from_dict(data)
