"""Regimes in which one model learns from another: from its answers, its features, its average, or as its equal.

>>> mean_teacher().ema["teacher"]
('student', 0.99)
"""

from __future__ import annotations

from learning_diagrams.diagrams.box import Box, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Copy, Discard, Swap
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.schedule import cosine


def distillation(weight: float = 0.5, temperature: float = 4.0) -> LearningDiagram:
    """A student learns from labels and from a frozen teacher.

    >>> print(distillation())
    distillation
      distilled: pixels >> student = pixels >> teacher  (divergence={'name': 'kl', 'temperature': 4.0}, weight=0.5)
      supervised: pixels >> student = label
      frozen: teacher

    Constraints
    -----------
    distilled : the student predicts as the teacher does, both softened by the temperature.
    supervised : the student predicts the label; KL(label ‖ student) is cross-entropy.

    Parameters
    ----------
    weight : float ≥ 0, of `distilled`; it includes the factor temperature² of Hinton and others.
    temperature : float > 0, the divisor of the logits of both.

    Source: Hinton, Vinyals & Dean, *Distilling the knowledge in a neural network* (2015).
    """
    image, digit = Ty("image"), Ty("digit")
    digits = SampleSpace("digits")
    pixels, label = digits.column("pixels", image), digits.column("label", digit)
    teacher, student = Kernel("teacher", image, digit), Kernel("student", image, digit)
    softened = {"name": "kl", "temperature": temperature}
    return LearningDiagram(
        Constraint("distilled", pixels >> student, pixels >> teacher, weight=weight, divergence=softened),
        Constraint("supervised", pixels >> student, label),
        frozen=[teacher],
        name="distillation",
    )


def feature_distillation(weight: float = 1.0) -> LearningDiagram:
    """A student learns from labels and from what a frozen teacher sees half-way.

    >>> print(feature_distillation())
    feature distillation
      hinted: pixels >> trunk >> regress = pixels >> teacher_trunk
      supervised: pixels >> trunk >> classify = label
      frozen: teacher_trunk

    Boxes
    -----
    regress : from the student's feature, which may be smaller, to the teacher's; it serves in training only.

    Constraints
    -----------
    hinted : the student's feature determines the teacher's.
    supervised : the student predicts the label.

    Parameters
    ----------
    weight : float ≥ 0, of `hinted`.

    Source: Romero, Ballas, Kahou, Chassang, Gatta & Bengio, *FitNets: hints for thin deep nets* (2015). They train on
    the hints first, and then on the labels; this regime trains on both at once.
    """
    image, feature, hint, digit = Ty("image"), Ty("feature"), Ty("hint"), Ty("digit")
    digits = SampleSpace("digits")
    pixels, label = digits.column("pixels", image), digits.column("label", digit)
    trunk, teacher_trunk = Box("trunk", image, feature), Box("teacher_trunk", image, hint)
    regress, classify = Box("regress", feature, hint), Kernel("classify", feature, digit)
    return LearningDiagram(
        Constraint("hinted", pixels >> trunk >> regress, pixels >> teacher_trunk, weight=weight),
        Constraint("supervised", pixels >> trunk >> classify, label),
        frozen=[teacher_trunk],
        name="feature distillation",
    )


def mutual_learning(weight: float = 1.0) -> LearningDiagram:
    """Two students learn from labels and from each other.

    >>> print(mutual_learning())
    mutual learning
      first: pixels >> alice = label
      first_follows: pixels >> alice = pixels >> bob  (detach=['rhs'])
      second: pixels >> bob = label
      second_follows: pixels >> bob = pixels >> alice  (detach=['rhs'])

    Constraints
    -----------
    first : the first student predicts the label.
    first_follows : the first student predicts as the second does; this term does not train the second.
    second : the second student predicts the label.
    second_follows : the second student predicts as the first does; this term does not train the first.

    Parameters
    ----------
    weight : float ≥ 0, of `first_follows` and `second_follows`.

    Source: Zhang, Xiang, Hospedales & Lu, *Deep mutual learning* (2018).
    """
    image, digit = Ty("image"), Ty("digit")
    digits = SampleSpace("digits")
    pixels, label = digits.column("pixels", image), digits.column("label", digit)
    alice, bob = Kernel("alice", image, digit), Kernel("bob", image, digit)
    return LearningDiagram(
        Constraint("first", pixels >> alice, label),
        Constraint("first_follows", pixels >> alice, pixels >> bob, detach="rhs", weight=weight),
        Constraint("second", pixels >> bob, label),
        Constraint("second_follows", pixels >> bob, pixels >> alice, detach="rhs", weight=weight),
        name="mutual learning",
    )


def mean_teacher(weight: float = 1.0, decay: float = 0.99) -> LearningDiagram:
    """A student learns from a few labels, and from its own average over time on images without one.

    >>> print(mean_teacher().constraints[1])
    Constraint('supervised', pixels >> augment >> student = label)
    >>> print(mean_teacher().constraints[0].over)
    pixels >> Copy(image) >> augment @ image >> image @ augment

    Boxes
    -----
    augment : a random view of an image, drawn anew at each occurrence; not trained.
    teacher : the moving average of the student.

    Constraints
    -----------
    consistent : of two views of one image, the student predicts from the first as the teacher does from the second.
    supervised : the student predicts the label from a view of a labelled image.

    Parameters
    ----------
    weight : float ≥ 0, of `consistent`.
    decay : float in [0, 1], the share of the teacher that stays in a step.

    Source: Tarvainen & Valpola, *Mean teachers are better role models* (2017). They compare probabilities by squared
    error; this regime compares them by KL(teacher ‖ student).
    """
    image, digit = Ty("image"), Ty("digit")
    labelled, unlabelled = SampleSpace("labelled"), SampleSpace("unlabelled")
    student, teacher = Kernel("student", image, digit), Kernel("teacher", image, digit)
    augment = Kernel("augment", image, image)
    views = unlabelled.column("pixels", image) >> Copy(image) >> augment @ augment
    seen = labelled.column("pixels", image) >> augment >> student
    return LearningDiagram(
        Constraint("consistent", student @ Discard(image), Discard(image) @ teacher, over=views, weight=weight),
        Constraint("supervised", seen, labelled.column("label", digit)),
        frozen=[augment],
        ema={teacher: (student, decay)},
        name="mean teacher",
    )


def dino(momentum: float = 0.996, steps: int = 100_000) -> LearningDiagram:
    """A student says of one view of an image what its own average says of another view, without any label.

    >>> print(dino().constraints[0].rhs.cod, dino().ema["teacher"])
    cluster @ cluster ('student', cosine(0.996, 1, 100000))

    Boxes
    -----
    centre : the scores around which the teacher's scores lie, so that no cluster wins for every image.
    choose : the distribution over clusters, whose logits are scores divided by a temperature.
    cool : the temperature of the teacher, a fixed number such as 0.04 or a schedule.
    student : the scores of a view for each cluster.
    subtract : the difference of two scores.
    teacher : the moving average of the student.
    warm : the temperature of the student, a fixed number such as 0.1.

    Constraints
    -----------
    alike : the student says of each view what the teacher says of the other view, by KL(teacher ‖ student), in the mean
        over both. It differs from the paper's cross-entropy by the entropy of the teacher, and has the same gradient.
    centred : the centre is the mean of the teacher's scores. A step of plain gradient descent at the rate 1 − m makes
        it m · centre + (1 − m) · mean of the batch, which is the paper's moving average: give the box an optimizer of
        its own, as in fit(…, groups={"centre": {"optimizer": SGD, "lr": 0.1}}).

    The views are columns, so that both constraints see the same; a view more is a column more. The box `cool` may
    have a schedule for a module, as the paper's warm-up: ar={"cool": ld.schedule.linear(0.04, 0.07, steps=30_000), …}.

    Parameters
    ----------
    momentum : float in [0, 1], the share of the teacher that stays in the first step. It grows to 1 by half a cosine.
    steps : int ≥ 1, the number of steps in which it grows.

    Source: Caron, Touvron, Misra, Jégou, Mairal, Bojanowski & Joulin, *Emerging properties in self-supervised vision
    transformers* (2021).
    """
    image, score, number, cluster = Ty("image"), Ty("score"), Ty("number"), Ty("cluster")
    crops = SampleSpace("crops")
    views = Copy(crops.ty) >> crops.column("first", image) @ crops.column("second", image)
    student, teacher, centre = Box("student", image, score), Box("teacher", image, score), Box("centre", Ty(), score)
    warm, cool, choose = Box("warm", Ty(), number), Box("cool", Ty(), number), Kernel("choose", score @ number, cluster)
    subtract = Box("subtract", score @ score, score)
    says = student @ student >> score @ warm @ score @ warm >> choose @ choose
    apart = teacher @ teacher >> score @ centre @ score @ centre >> subtract @ subtract
    told = apart >> score @ cool @ score @ cool >> choose @ choose
    here = Discard(image @ image) >> centre @ centre
    return LearningDiagram(
        Constraint("alike", Swap(image, image) >> says, told, over=views, detach="rhs", weight=0.5),
        Constraint("centred", here, teacher @ teacher, over=views, weight=0.25),
        frozen=[choose, cool, subtract, warm],
        ema={teacher: (student, cosine(momentum, 1, steps))},
        name="DINO",
    )
