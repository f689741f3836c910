"""A plan result out equals the stages by hand, with optimizers that go on or begin anew as it says."""

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import (
    Carried,
    Euclidean,
    Finite,
    PlanRun,
    TorchFunctor,
    carry_out,
    compile,
    fit,
    run_plan,
)
from learning_diagrams.backends.torch.training.plan_run import StageRun, run_stages

torch.set_num_threads(1)
image, digit = ld.Ty("image"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
student, teacher = ld.Kernel("student", image, digit), ld.Kernel("teacher", image, digit)
lesson = ld.LearningDiagram(ld.Constraint("lesson", pixels >> teacher, label))
together = lesson.add(ld.Constraint("distilled", pixels >> student, pixels >> teacher))
alone = together.without("lesson").freeze(teacher)
torch.manual_seed(0)
DATA = {"digits": {"pixels": torch.randn(24, 5), "label": torch.arange(24) % 3}}
SGD = {"name": "sgd", "lr": 0.1, "momentum": 0.9}


def functor():
    torch.manual_seed(1)
    return TorchFunctor(
        ob={image: Euclidean(5), digit: Finite(3)}, ar={student: nn.Linear(5, 3), teacher: nn.Linear(5, 3)}
    )


def test_stages_equal_fits_by_hand_and_the_optimizer_goes_on_where_none_is_named():
    plan = ld.Plan(
        ld.Stage(lesson, 4, SGD, batch_size=8),
        ld.Stage(together, 5, batch_size=8),
        ld.Stage(alone, 6, "adam", batch_size=12),
    )
    ours, theirs = functor(), functor()
    result = run_plan(plan, ours, DATA, seed=3, progress=False)
    assert [len(history.steps) for history in result.histories] == [4, 5, 6] and result.objective.diagram == alone

    objective = compile(lesson, theirs)
    sgd = torch.optim.SGD(objective.trainable_parameters(), lr=0.1, momentum=0.9)
    fit(objective, DATA, steps=4, batch_size=8, optimizer=sgd, seed=3, progress=False)
    objective.update(together, optimizer=sgd)
    fit(objective, DATA, steps=5, batch_size=8, optimizer=sgd, seed=4, progress=False)
    objective.update(alone)
    fit(
        objective,
        DATA,
        steps=6,
        batch_size=12,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        seed=5,
        progress=False,
        strict=False,
    )
    for name in ("student", "teacher"):
        assert torch.equal(ours.modules[name].weight, theirs.modules[name].weight), name


def test_boxes_come_and_go_between_stages():
    plan = ld.Plan(ld.Stage(together, 2, SGD), ld.Stage(lesson, 2), ld.Stage(together, 2))
    result = run_plan(plan, functor(), DATA, progress=False)
    assert {row["total"] > 0 for history in result.histories for row in history.steps} == {True}


def test_a_stage_may_be_a_game():
    players = {"a": {"terms": ["lesson"], "boxes": [teacher]}, "b": {"terms": ["distilled"], "boxes": [student]}}
    game = ld.LearningDiagram(*together.constraints, players=players)
    plan = ld.Plan(ld.Stage(lesson, 2, SGD), ld.Stage(game, 4, SGD), ld.Stage(game, 4), ld.Stage(alone, 2))
    histories = run_plan(plan, functor(), DATA, progress=False).histories
    assert [set(row) & {"lesson", "distilled"} for row in histories[2].steps[:2]] == [{"lesson"}, {"distilled"}]


@pytest.mark.parametrize(
    ("stage", "error", "message"),
    [
        (
            lambda: ld.Stage(together.substitute({student: ld.Box("f", image, image) >> teacher}), 2),
            ld.UnknownName,
            "'f'",
        ),
        (lambda: ld.Stage(together, 2, "adamm"), ld.UnknownName, "did you mean 'adam'"),
        (lambda: ld.Stage(together.rename({digits: "numbers"}), 2), ld.UnknownName, "'numbers'"),
    ],
)
def test_what_is_wrong_with_a_later_stage_is_found_before_anything_is_trained(stage, error, message):
    ours = functor()
    before = ours.modules["teacher"].weight.detach().clone()
    with pytest.raises(error, match="stage 2 of the plan.*" + message):
        run_plan(ld.Plan(ld.Stage(lesson, 2, SGD), stage()), ours, DATA, progress=False)
    assert torch.equal(before, ours.modules["teacher"].weight)


def test_a_plan_that_fails_at_its_rehearsal_leaves_nothing_frozen():
    ours = functor()
    with pytest.raises(ld.UnknownName, match="stage 2 of the plan"):
        run_plan(ld.Plan(ld.Stage(alone, 2), ld.Stage(lesson, 2, "adamm")), ours, DATA, progress=False)
    assert not ours.freezing.frozen and all(p.requires_grad for m in ours.modules.values() for p in m.parameters())


def test_what_the_stages_say_is_no_option():
    plan = ld.Plan(ld.Stage(lesson, 2))
    with pytest.raises(ld.TypeMismatch, match="stages of a plan say"):
        run_plan(plan, functor(), DATA, steps=3)
    with pytest.raises(ld.TypeMismatch, match="takes a plan"):
        run_plan([lesson], functor(), DATA)


def test_the_older_names_mean_the_same():
    assert carry_out is run_plan and Carried is PlanRun


def test_options_of_a_step_hold_in_every_stage():
    plan = ld.Plan(ld.Stage(together, 2, SGD), ld.Stage(together, 2), ld.Stage(alone, 2, {"name": "adamw"}))
    groups = {student: {"lr": 0.0, "optimizer": torch.optim.AdamW}, "teacher": {"momentum": 0.0}}
    ours = functor()
    before = {name: module.weight.detach().clone() for name, module in ours.modules.items()}
    seen = []
    run_plan(
        plan,
        ours,
        DATA,
        lr=0.5,
        groups=groups,
        no_decay=True,
        accumulate=2,
        precision="bf16",
        scheduler=lambda optimizer: torch.optim.lr_scheduler.ConstantLR(optimizer, 0.5),
        scheduler_every="epoch",
        clip_norm=1.0,
        device="cpu",
        callbacks=[lambda progress: seen.append(progress.optimizer)],
        progress=False,
    )
    assert torch.equal(before["student"], ours.modules["student"].weight)  # its rate is 0 in each stage
    assert not torch.equal(before["teacher"], ours.modules["teacher"].weight)
    assert seen[0] is not seen[-1] and seen[0].param_groups[0]["momentum"] == 0.0
    assert [group["weight_decay"] for group in seen[-1].param_groups] == [0.01, 0.0]
    with pytest.raises(ld.UnknownName, match="groups= names box 'studnet', which no stage trains; did you mean"):
        run_plan(plan, functor(), DATA, groups={"studnet": {}}, progress=False)


def test_a_rate_holds_where_a_stage_makes_an_optimizer():
    ours, theirs = functor(), functor()
    run_plan(ld.Plan(ld.Stage(lesson, 3, batch_size=8)), ours, DATA, lr=0.1, progress=False)
    objective = compile(lesson, theirs)
    fit(objective, DATA, steps=3, batch_size=8, optimizer=torch.optim.AdamW, lr=0.1, progress=False)
    assert torch.equal(ours.modules["teacher"].weight, theirs.modules["teacher"].weight)


def test_each_stage_keeps_its_run_in_a_folder_of_its_number_and_all_must_be_new(tmp_path):
    plan = ld.Plan(ld.Stage(lesson, 2, batch_size=8), ld.Stage(together, 3, batch_size=8))
    result = run_plan(plan, functor(), DATA, progress=False, run=tmp_path / "run")
    assert [history.run for history in result.histories] == [tmp_path / "run" / "1", tmp_path / "run" / "2"]
    (tmp_path / "other" / "2").mkdir(parents=True)
    (tmp_path / "other" / "2" / "notes.txt").write_text("mine")
    with pytest.raises(ld.FileError, match=r"holds 'notes\.txt'"):
        run_plan(plan, functor(), DATA, progress=False, run=tmp_path / "other")
    assert not (tmp_path / "other" / "1").exists()
    with pytest.raises(ld.TypeMismatch, match="run="):
        run_plan(plan, functor(), DATA, progress=False, run=3)


def test_a_plan_that_was_stopped_goes_on_in_its_stage(tmp_path):
    def stop(progress):
        if progress.step == 2 and "distilled" in {term.name for term in progress.objective.loss.terms}:
            raise InterruptedError

    plan = ld.Plan(ld.Stage(lesson, 2, batch_size=8), ld.Stage(together, 3, batch_size=8))
    whole = run_plan(plan, functor(), DATA, progress=False)
    kept = {"progress": False, "run": tmp_path / "run", "resume": True, "checkpoint_every": 1}
    with pytest.raises(InterruptedError):
        run_plan(plan, functor(), DATA, step_callbacks=[stop], **kept)
    rest = run_plan(plan, functor(), DATA, **kept)
    assert [list(history.steps) for history in rest.histories] == [list(history.steps) for history in whole.histories]
    assert all(map(torch.equal, rest.objective.parameters(), whole.objective.parameters()))
    with pytest.raises(ld.FileError, match="another learning diagram"):
        run_plan(ld.Plan(ld.Stage(together, 2, batch_size=8)), functor(), DATA, **kept)


def test_a_rate_of_a_later_stage_is_for_the_players_whose_optimizer_names_none():
    players = {"a": {"terms": ["lesson"], "boxes": [teacher], "optimizer": SGD}}
    players["b"] = {"terms": ["distilled"], "boxes": [student]}
    game = ld.LearningDiagram(*together.constraints, players=players)
    options = {"steps": 4, "batch_size": 8, "progress": False}
    stages = [StageRun(game, None, DATA, {"lr": 0.01}, options), StageRun(game, None, DATA, {}, options, rate=0.25)]
    first, second = run_stages(stages, functor()).histories
    assert [row["learning_rate"] for row in first.steps] == [0.1, 0.01] * 2
    assert [row["learning_rate"] for row in second.steps] == [0.1, 0.25] * 2
