"""The errors of training: type and text of each; it says what, where, what was given, what to do, before any step."""

from datetime import timedelta

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

import learning_diagrams as ld
from learning_diagrams import TypeMismatch, UnknownName
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, TorchFunctor, Validation, compile, fit
from learning_diagrams.errors import CompileError, DataError

image, digit = ld.Ty("image"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
student, teacher = ld.Kernel("student", image, digit), ld.Kernel("teacher", image, digit)
far, near = (ld.Box(name, image @ image, image) for name in ("far", "near"))
fitted = ld.Constraint("fit", pixels >> student, label)
distilled = ld.Constraint("distilled", pixels >> student, pixels >> teacher)
twice = ld.Constraint("twice", pixels @ pixels >> far, pixels @ pixels >> near)

X, Y = torch.zeros(8, 4), torch.arange(8) % 2
DATA = {"digits": {"pixels": X, "label": Y}}
PIXELS = {"digits": {"pixels": X}}
SGD = torch.optim.SGD
LATE = torch.zeros(8, 2)
LATE[-1] = 2  # no bit, and in the last row


def linear():
    return nn.Linear(4, 2)


def loss(constraint=fitted, frozen=(), **modules):
    functor = TorchFunctor(ob={"image": Euclidean(4), "digit": Finite(2)}, ar=modules or {"student": linear()})
    return compile(ld.LearningDiagram(constraint, frozen=frozen), functor)


def two_nets():
    return loss(distilled, ["teacher"], student=linear(), teacher=linear())


def lit():
    """An objective of bits: a column in Bernoulli(2) is the reference."""
    lamps = ld.Ty("lamps")
    lamp = ld.Kernel("lamp", image, lamps)
    functor = TorchFunctor(ob={image: Euclidean(4), lamps: Bernoulli(2)}, ar={lamp: linear()})
    return compile(ld.LearningDiagram(ld.Constraint("lit", pixels >> lamp, digits.column("lamps", lamps))), functor)


def train(objective=None, data=DATA, **options):
    return fit(objective or loss(), data, **{"epochs": 1, "progress": False, **options})


def measured(value):
    return Validation(metrics={"m": lambda objective: value}, monitor="m")


# name, what provokes it, type, the message or its first line
TABLE = [
    ("fit-both", lambda: train(steps=1), DataError, "give either epochs or steps, got epochs=1 and steps=1"),
    ("fit-neither", lambda: train(epochs=None), DataError,
     "give either epochs or steps, got epochs=None and steps=None"),
    ("batch-size-space", lambda: train(batch_size={"digit": 3}), UnknownName,
     "batch_size names the sample space 'digit'; did you mean 'digits'? known: 'digits'"),
    ("batch-size", lambda: train(batch_size=0), DataError,
     "batch_size of sample space 'digits' must be a whole number ≥ 1, got 0"),
    ("groups", lambda: train(groups={"studnet": {"lr": 1.0}}), UnknownName,
     "no box is named 'studnet'; did you mean 'student'? known: 'student'"),
    ("groups-frozen", lambda: train(two_nets(), PIXELS, groups={"teacher": {"lr": 1.0}}), UnknownName,
     "groups= names box 'teacher', which is not trained; known: 'student'"),
    ("groups-instance", lambda: train(optimizer=torch.optim.SGD(linear().parameters(), 0.1), groups={}), TypeMismatch,
     "groups= has no effect on an optimizer that is made already; pass its class instead"),
    ("exhausted", lambda: train(data={"digits": iter([DATA["digits"]])}, epochs=None, steps=2), DataError,
     "the batches of sample space 'digits' ran out; give an iterable that can be started again, such as a "
     "DataLoader, or ask for fewer steps"),
    ("no-length", lambda: train(data={"digits": iter([DATA["digits"]])}), DataError,
     "the data of sample space 'digits' is a generator or another iterator, which gives one pass only; give a list, a "
     "Dataset or a DataLoader, or steps="),
    ("data", lambda: train(data=None), DataError,
     "data maps sample spaces to their data, as in {'digits': {'pixels': X}}; got None"),
    ("data-space", lambda: train(data={"digit": DATA["digits"]}), DataError,
     "there is no data for sample space 'digits'; did you mean 'digit'? known: 'digit'"),
    ("data-column", lambda: train(data={"digits": {"pixels": X, "label": [*"aabbaabb"]}}), DataError,
     "column 'label' of sample space 'digits' has dtype <U1, where Finite(2) needs int64; it holds texts, the first "
     "'a' in row 0; texts and objects are no numbers; in pandas .astype('category').cat.codes "
     "numbers texts, and .convert_dtypes() finds numbers among objects"),
    ("data-rows", lambda: train(data={"digits": {"pixels": X, "label": Y[:3]}}), DataError,
     "the columns of sample space 'digits' have unequal numbers of rows: 'pixels' has 8, 'label' has 3"),
    ("data-tuples", lambda: train(data={"digits": torch.utils.data.TensorDataset(X, Y)}), DataError,
     "the rows and batches of sample space 'digits' must be dicts of columns, as {'pixels': X}, got a tuple; let the "
     "data set return dicts, or name the parts of tuples by Rows(source, columns=…)"),
    ("data-tuple-batches", lambda: train(data={"digits": iter([(X, Y)])}, epochs=None, steps=1), DataError,
     "the rows and batches of sample space 'digits' must be dicts of columns, as {'pixels': X}, got a tuple; let the "
     "data set return dicts, or name the parts of tuples by Rows(source, columns=…)"),
    ("data-label", lambda: train(data={"digits": {"pixels": X, "label": Y + 1}}), DataError,
     "column 'label' of sample space 'digits' holds labels 1 … 2, where Finite(2) has 0 … 1"),
    ("data-tensor", lambda: train(data={"pixels": X}), DataError,
     "the data of 'pixels' is a Tensor, where a sample space maps column names to tensors: {'space': {'column': "
     "tensor}}"),
    ("data-gradient", lambda: train(data={"digits": {"pixels": X.clone().requires_grad_(), "label": Y}}), DataError,
     "column 'pixels' of sample space 'digits' requires a gradient, but columns are data and get no gradient; pass "
     "column.detach(), or let a box return what is to be learned"),
    *(
        (f"data-bits-{name}", lambda bits=bits: train(lit(), {"digits": {"pixels": X, "lamps": bits}}), DataError,
         f"column 'lamps' of sample space 'digits' holds values from {ends}, where the bits of Bernoulli(2) are 0 or 1")
        for name, bits, ends in (
            ("soft", torch.linspace(0, 1, 16).reshape(8, 2), "0 to 1"), ("late", LATE, "0 to 2"),
            ("sign", LATE - 1, "-1 to 1"),
        )
    ),
    ("nothing-to-train", lambda: train(loss(frozen=["student"])), CompileError,
     "there is nothing to train: every box is frozen or has no parameter that requires a gradient"),
    ("monitor", lambda: train(validation=Validation(metrics={"accuracy": len})), UnknownName,
     "validation does not measure 'total'; known: 'accuracy'"),
    ("monitor-unmeasured", lambda: train(validation=Validation(DATA, monitor="accuracy")), UnknownName,
     "validation does not measure 'accuracy'; known: 'fit', 'total'"),
    ("data-mask", lambda: train(data={"digits": DATA["digits"] | {"pixels": (X, None)}}), DataError,
     "the mask of column 'pixels' of sample space 'digits' holds None; give True where a row is present and "
     "False where it is not, or the values alone where every row is"),
    ("data-strict", lambda: train(data={"digits": DATA["digits"] | {"id": Y}}), DataError,
     "sample space 'digits' has a column 'id' that the learning diagram does not have; known: 'label', 'pixels'; pass "
     "strict=False to ignore it"),
    ("draws", lambda: train(loss(twice, far=nn.Bilinear(4, 4, 4), near=torch.add), PIXELS, batch_size=7), DataError,
     "2 different rows of sample space 'digits' are drawn together, and its last batch would have 1 row; set "
     "drop_last=True, or another batch_size"),
    # settings
    ("optimizer", lambda: train(optimizer="adam"), TypeMismatch,
     "optimizer= takes a class, a callable or an instance, as torch.optim.Adam; got 'adam'"),
    ("optimizer-other", lambda: train(optimizer=SGD(linear().parameters(), 0.1)), CompileError,
     "the optimizer holds no parameter that the objective trains; make it from objective.trainable_parameters()"),
    ("groups-kind", lambda: train(groups=["student"]), TypeMismatch,
     "groups= takes a mapping from boxes to options, got ['student']"),
    ("scheduler-plateau", lambda: train(scheduler=ReduceLROnPlateau), TypeMismatch,
     "a ReduceLROnPlateau of mode 'min' is stepped with the value that validation monitors, and there is no "
     "validation="),
    ("scheduler-nothing", lambda: train(scheduler=lambda optimizer: None), TypeMismatch,
     "scheduler= must give a scheduler of torch, got NoneType"),
    ("scheduler-class", lambda: train(scheduler=StepLR), TypeMismatch,
     "scheduler= takes a function of the optimizer, as lambda optimizer: StepLR(optimizer, 100); <class "
     "'torch.optim.lr_scheduler.StepLR'> cannot be called so: StepLR.__init__() missing 1 required positional "
     "argument: 'step_size'"),
    ("scheduler-other", lambda: train(scheduler=StepLR(SGD(linear().parameters(), 0.1), 9)), TypeMismatch,
     "the scheduler is of another optimizer; pass a function of the optimizer instead"),
    ("seed", lambda: train(seed="a"), DataError, "seed must be a whole number from 0 to 2^62 or None, got 'a'"),
    ("callbacks", lambda: train(callbacks=print), DataError,
     "callbacks= takes a list of functions, got <built-in function print>"),
    ("callbacks-kind", lambda: train(callbacks=[3]), DataError, "callbacks= takes a list of functions, got [3]"),
    ("step_callbacks", lambda: train(step_callbacks=[3]), DataError,
     "step_callbacks= takes a list of functions, got [3]"),
    ("validate_every", lambda: train(validate_every=0), TypeMismatch,
     "validate_every must be a whole number ≥ 1, got 0"),
    ("max_time", lambda: train(max_time="1h"), DataError, "max_time must be a number ≥ 0, got '1h'"),
    ("max_time-past", lambda: train(max_time=timedelta(seconds=-1)), DataError,
     "max_time must be a number ≥ 0, got -1.0"),
    ("max_time-both", lambda: train(max_time=1, steps=1), DataError,
     "give either epochs or steps, got epochs=1 and steps=1"),
    *(
        (f"fast_dev_run-{value}", lambda value=value: train(fast_dev_run=value), TypeMismatch,
         f"fast_dev_run must be a whole number ≥ 0, got {value!r}")
        for value in (-1, 1.5, "yes")
    ),
    ("lr", lambda: train(lr="0.1"), DataError, "lr must be a number ≥ 0, got '0.1'"),
    ("clip_norm", lambda: train(clip_norm=-1), DataError, "clip_norm must be a number ≥ 0, got -1"),
    ("clip_norm-0", lambda: train(clip_norm=0), DataError,
     "clip_norm=0 makes every gradient 0, so that nothing is trained; None does not clip"),
    ("epochs", lambda: train(epochs=1.5), DataError, "epochs must be a whole number ≥ 0, got 1.5"),
    ("objective", lambda: train(linear()), TypeMismatch, "fit takes an objective made by compile, got Linear"),
    # validation
    ("metric", lambda: train(validation=measured(None)), DataError,
     "metric 'm' must give a number, got None"),
    ("validation-kind", lambda: train(validation=[X]), DataError,
     f"validation= takes data as for training, or a Validation; got {' '.join(str([X]).split())[:120]}…"),
    ("validation-column", lambda: train(validation=PIXELS), DataError,
     "column 'label' of sample space 'digits' is missing; known: 'pixels'"),
    ("validation-label", lambda: train(validation={"digits": {"pixels": X, "label": Y + 1}}), DataError,
     "column 'label' of sample space 'digits' holds labels 1 … 2, where Finite(2) has 0 … 1"),
    ("mode", lambda: Validation(DATA, mode="least"), DataError, "mode of validation is 'min' or 'max', got 'least'"),
    ("patience", lambda: Validation(DATA, patience=0), DataError,
     "patience of validation is a number of validations ≥ 1 or None, got 0"),
]


@pytest.mark.parametrize(("provoke", "kind", "text"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_the_error_says_what_where_what_was_given_and_what_to_do(provoke, kind, text):
    with pytest.raises(ld.LearningDiagramError) as caught:
        provoke()
    assert type(caught.value) is kind
    message = str(caught.value)
    assert text in (message, message.splitlines()[0])


def test_a_device_that_is_none_says_why_and_what_to_give():
    with pytest.raises(DataError, match=r"^device 'gpu' cannot be used; 'auto' takes a GPU if there is one"):
        train(device="gpu")


@pytest.mark.parametrize(
    "options",
    [{"seed": "a"}, {"callbacks": print}, {"optimizer": "adam"}, {"scheduler": StepLR}, {"validation": PIXELS}],
    ids=lambda options: next(iter(options)),
)
def test_nothing_is_trained_where_a_setting_is_refused(options):
    objective = loss()
    before = {key: value.clone() for key, value in objective.state_dict().items()}
    with pytest.raises(ld.LearningDiagramError):
        train(objective, **options)
    assert all(torch.equal(before[key], value) for key, value in objective.state_dict().items())


def test_an_optimizer_that_holds_a_part_of_what_is_trained_is_named():
    objective = loss()
    optimizer = SGD([objective.boxes.of("student").bias], lr=0.1)
    with pytest.warns(UserWarning, match="does not hold 1 of 2 parameters that the objective trains"):
        train(objective, optimizer=optimizer)


def test_an_optimizer_that_holds_all_of_it_in_groups_or_with_frozen_parameters_is_used_without_a_word(recwarn):
    objective = loss()
    student = objective.boxes.of("student")
    train(objective, optimizer=SGD([{"params": [student.bias], "lr": 0.2}, {"params": [student.weight]}], lr=0.1))
    distilling = two_nets()
    train(distilling, PIXELS, optimizer=SGD(distilling.parameters(), lr=0.1))
    assert not [warning for warning in recwarn if "optimizer" in str(warning.message)]


def test_in_a_game_the_optimizer_that_holds_a_part_is_that_of_a_player():
    boxes = {"student": linear(), "teacher": linear()}
    players = {name: {"terms": {"distilled": 1.0}, "boxes": [name]} for name in boxes}
    functor = TorchFunctor(ob={"image": Euclidean(4), "digit": Finite(2)}, ar=boxes)
    game = compile(ld.LearningDiagram(distilled, players=players), functor)
    whole, part = SGD(boxes["student"].parameters(), lr=0.1), SGD([boxes["teacher"].bias], lr=0.1)
    with pytest.warns(UserWarning, match="player 'teacher': the optimizer does not hold 1 of 2 parameters"):
        train(game, PIXELS, optimizer={"student": whole, "teacher": part})
    with pytest.raises(CompileError, match="player 'teacher': the optimizer holds no parameter"):
        train(game, PIXELS, optimizer={"student": whole, "teacher": SGD(boxes["student"].parameters(), lr=0.1)})


def test_a_scheduler_that_is_made_for_fewer_steps_is_named():
    once = lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=2)  # noqa: E731
    for every in ("step", "epoch"):
        made = []
        with pytest.raises(TypeMismatch, match=f"is made for 2 {every}s, and the run has 4; give it total_steps=4"):
            train(epochs=4, scheduler=once, scheduler_every=every, step_callbacks=[made.append])
        assert not made
    train(epochs=2, scheduler=once)


def test_rows_of_unequal_lengths_are_told_to_be_padded():
    with pytest.raises(DataError, match=r"do not make a batch: .* collate_fn pads them"):
        train(data={"digits": [{"pixels": X[0], "label": Y[0]}, {"pixels": X[0, :3], "label": Y[0]}]})
