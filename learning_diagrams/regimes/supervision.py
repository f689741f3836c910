"""Regimes that learn from labels: of one task, of several on one backbone, of a few examples, of a sum.

>>> sorted(box.name for box in multi_task().boxes)
['backbone', 'read_character', 'read_script']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Copy
from learning_diagrams.errors import TypeMismatch, brief, require_count
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint


def supervised(label_smoothing: float = 0.0) -> LearningDiagram:
    """A model learns from labels.

    >>> print(supervised())
    supervised
      supervised: pixels >> model = label

    Constraints
    -----------
    supervised : the prediction of an image is its label; KL(label ‖ model) is cross-entropy.

    Parameters
    ----------
    label_smoothing : float in [0, 1], the share of its probability that a label spreads evenly over all outcomes.

    Source: Cox, *The regression analysis of binary sequences* (1958); smoothed labels: Szegedy, Vanhoucke, Ioffe,
    Shlens & Wojna, *Rethinking the Inception architecture for computer vision* (2016).
    """
    image, digit = Ty("image"), Ty("digit")
    digits = SampleSpace("digits")
    pixels, label = digits.column("pixels", image), digits.column("label", digit)
    smoothed = {"name": "kl", "label_smoothing": label_smoothing} if label_smoothing else None
    fit = Constraint("supervised", pixels >> Kernel("model", image, digit), label, divergence=smoothed)
    return LearningDiagram(fit, name="supervised")


def multi_task(weights: Mapping[str, float] = MappingProxyType({"character": 1.0, "script": 1.0})) -> LearningDiagram:
    """Several tasks share one backbone.

    >>> print(multi_task())
    multi-task
      character: pixels >> backbone >> read_character = character
      script: pixels >> backbone >> read_script = script

    Boxes
    -----
    backbone : one module, evaluated once; every task trains it.

    Constraints
    -----------
    character : the character that is read from the feature is the true character.
    script : the script that is read from the same feature is the true script.

    Parameters
    ----------
    weights : dict from str to float ≥ 0, from tasks to weights of their constraints. Each task names an object and a
        column.

    Source: Caruana, *Multitask learning* (1997).
    """
    if not isinstance(weights, Mapping):
        raise TypeMismatch(f"weights= maps tasks to weights, as {{'a': 1.0, 'b': 0.5}}; got {brief(weights)}")
    image, feature = Ty("image"), Ty("feature")
    drawings = SampleSpace("drawings")
    see = drawings.column("pixels", image) >> Box("backbone", image, feature)
    return LearningDiagram(
        *(
            Constraint(
                task,
                see >> Kernel(f"read_{task}", feature, Ty(task)),
                drawings.column(task, Ty(task)),
                weight=weight,
            )
            for task, weight in weights.items()
        ),
        name="multi-task",
    )


def uncertainty_weighting(form: Literal["common", "paper"] = "common") -> LearningDiagram:
    """Two tasks share one backbone, and each counts less the more noise it is found to have.

    >>> print(uncertainty_weighting())
    uncertainty weighting
      depth: pixels >> backbone >> measure = depth  (weight=depth_noise >> precision)
      depth_price: depth_noise = zero  (divergence=difference)
      label: pixels >> backbone >> classify = label  (weight=label_noise >> precision)
      label_price: label_noise = zero  (divergence=difference)
      frozen: precision, zero

    Boxes
    -----
    depth_noise, label_noise : the logarithm s of the variance of the task's noise, a number that is learned.
    precision : the number exp(−s) for the number s.
    zero : the number 0.

    Constraints
    -----------
    depth : the depth is measured from the image; the term counts exp(−s) times.
    depth_price : the price of a large noise, s.
    label : the label is read from the image; the term counts exp(−s) times.
    label_price : the price of a large noise, s.

    So the total is exp(−s) · L + s, summed over the tasks. For a squared error this is twice the negative logarithm of
    the normal density of the paper, without its constant. For labels the paper has s/2 in place of s.

    In the paper's form the total is ½ exp(−s) · L + s/2 for the depth, and exp(−s) · L + s/2 for the label, where L is
    the squared error and the cross-entropy, and s/2 is log σ. The box `half_precision` is then the number exp(−s)/2.

    >>> for constraint in uncertainty_weighting("paper").constraints:
    ...     print(constraint.name, constraint.weight)
    depth depth_noise >> half_precision
    depth_price 0.5
    label label_noise >> precision
    label_price 0.5

    Parameters
    ----------
    form : "common", both tasks alike; or "paper", regression and classification as the paper has them.

    Raises
    ------
    TypeMismatch : another form.

    Source: Kendall, Gal & Cipolla, *Multi-task learning using uncertainty to weigh losses for scene geometry and
    semantics* (2018).
    """
    if form not in ("common", "paper"):
        raise TypeMismatch(f"form= of uncertainty_weighting is 'common' or 'paper', got {brief(form)}")
    image, feature, number = Ty("image"), Ty("feature"), Ty("number")
    scenes = SampleSpace("scenes")
    see = scenes.column("pixels", image) >> Box("backbone", image, feature)
    precision, zero = Box("precision", number, number), Box("zero", Ty(), number)
    half, price = (Box("half_precision", number, number), 0.5) if form == "paper" else (precision, 1.0)
    constraints = []
    for task, read, factor in (
        ("depth", Box("measure", feature, Ty("depth")), half),
        ("label", Kernel("classify", feature, Ty("label")), precision),
    ):
        noise, truth = Box(f"{task}_noise", Ty(), number), scenes.column(task, read.cod)
        constraints.append(Constraint(task, see >> read, truth, weight=noise >> factor))
        constraints.append(Constraint(f"{task}_price", noise, zero, divergence="difference", weight=price))
    frozen = dict.fromkeys((half, precision, zero))
    return LearningDiagram(*constraints, frozen=list(frozen), name="uncertainty weighting")


def prototypical(ways: int = 3, shots: int = 1, tasks: Sequence[str] = ("character", "script")) -> LearningDiagram:
    """Tasks on one backbone learn to classify from a few examples, by the nearest prototype.

    A row is an episode: for each way, in order, its `shots` supports, then a query, and the way of the query.

    >>> print(prototypical(ways=2, tasks=["script"]).constraints[0].rhs)
    answer
    >>> print(prototypical(ways=2, shots=2, tasks=["script"]).box("nearest").dom)
    point @ point @ point @ point @ point

    Boxes
    -----
    backbone : one module for all images of all tasks.
    place_character : the head of this task.
    place_script : the head of this task.
    nearest : not trained. Its logits are −‖query − mean of the supports of a way‖², for each way; the query is last.

    Constraints
    -----------
    character : the ways are characters, each shown by its supports; the query is a drawing of the answer.
    script : the ways are scripts, each shown by its supports; the query is a character of the answer.

    Parameters
    ----------
    ways : int ≥ 1, the number of classes in an episode.
    shots : int ≥ 1, the number of supports of each class.
    tasks : sequence of str, names; each task has a sample space `<task>_episodes`.

    Source: Snell, Swersky & Zemel, *Prototypical networks for few-shot learning* (2017).
    """
    require_count("ways", ways)
    require_count("shots", shots)
    image, feature, point, way = Ty("image"), Ty("feature"), Ty("point"), Ty("way")
    images = [*(f"support_{i + 1}" for i in range(ways * shots)), "query"]
    nearest, backbone = Kernel("nearest", point ** len(images), way), Box("backbone", image, feature)
    constraints = []
    for task in tasks:
        episodes, place = SampleSpace(f"{task}_episodes"), Box(f"place_{task}", feature, point)
        seen = Copy(episodes.ty, len(images)) >> Id().tensor(*(episodes.column(name, image) for name in images))
        placed = seen >> Id().tensor(*[backbone] * len(images)) >> Id().tensor(*[place] * len(images))
        constraints.append(Constraint(task, placed >> nearest, episodes.column("answer", way)))
    return LearningDiagram(*constraints, frozen=[nearest], name="prototypical")


def arithmetic_from_images(addends: int = 2) -> LearningDiagram:
    """A reader of digits learns from sums alone, through an addition that it is given.

    >>> print(arithmetic_from_images().constraints[0].rhs)
    total

    Boxes
    -----
    add : not trained. It sends probabilities of digits to those of their sum. The space of digits says how a digit
        enters: "expectation" makes the distribution of the sum exact, "straight-through" draws.

    Constraints
    -----------
    sum : the digits in the images add up to the total; no digit has a label.

    Parameters
    ----------
    addends : int ≥ 1, the number of images, which are the columns `image_1`, …

    Source: Manhaeve, Dumančić, Kimmig, Demeester & De Raedt, *DeepProbLog: neural probabilistic logic programming*
    (2018).
    """
    require_count("addends", addends)
    image, digit, total = Ty("image"), Ty("digit"), Ty("sum")
    sums = SampleSpace("sums")
    read, add = Kernel("read", image, digit), Kernel("add", digit**addends, total)
    images = Id().tensor(*(sums.column(f"image_{i + 1}", image) for i in range(addends)))
    added = Copy(sums.ty, addends) >> images >> Id().tensor(*[read] * addends) >> add
    fit = Constraint("sum", added, sums.column("total", total))
    return LearningDiagram(fit, frozen=[add], name="arithmetic from images")
