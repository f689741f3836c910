"""Regimes whose equations are laws of an algebra: inverses, symmetries, lenses, dynamics.

>>> [constraint.name for constraint in lens_laws(very_well_behaved=False).constraints]
['get_put', 'put_get']
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from learning_diagrams.composition.square import Square
from learning_diagrams.diagrams.box import Box, Id, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Copy, Discard
from learning_diagrams.errors import require_count
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation


def inverse_pair(given: bool = True) -> LearningDiagram:
    """A function and its inverse, on either side; the function is given, or learned with it.

    >>> print(inverse_pair())
    inverse pair
      left_inverse: forward >> backward = Id(cause)  (over=cause)
      right_inverse: backward >> forward = Id(effect)  (over=effect)
      frozen: forward

    Constraints
    -----------
    left_inverse : the effect of a cause determines the cause.
    right_inverse : the cause that is inferred from an effect has that effect.

    Parameters
    ----------
    given : bool, whether `forward` is known, and so frozen.

    Source: Jordan & Rumelhart, *Forward models: supervised learning with a distal teacher* (1992). They train the
    second equation through a forward model; the first equation is direct inverse modelling.
    """
    cause, effect = Ty("cause"), Ty("effect")
    causes, effects = SampleSpace("causes"), SampleSpace("effects")
    forward, backward = Box("forward", cause, effect), Box("backward", effect, cause)
    return LearningDiagram(
        Constraint("left_inverse", forward >> backward, Id(cause), over=causes.column("cause", cause)),
        Constraint("right_inverse", backward >> forward, Id(effect), over=effects.column("effect", effect)),
        frozen=[forward] if given else [],
        name="inverse pair",
    )


def cycle_consistency(weight: float = 10.0) -> LearningDiagram:
    """Translation without pairs: there and back is the identity, and what is made looks like what there is.

    >>> print(cycle_consistency().constraints[0].equation)
    Equation(to_photo >> to_painting = Id(painting))

    Constraints
    -----------
    painting_cycle : a painting, made a photo and then a painting again, is the same painting.
    painting_law : paintings made from photos are distributed as paintings are.
    photo_cycle : a photo, made a painting and then a photo again, is the same photo.
    photo_law : photos made from paintings are distributed as photos are.

    Parameters
    ----------
    weight : float ≥ 0, of the two cycles.

    Source: Zhu, Park, Isola & Efros, *Unpaired image-to-image translation using cycle-consistent adversarial networks*
    (2017). There a discriminator compares the distributions; here a distance between samples does.
    """
    x, y = Ty("photo"), Ty("painting")
    photos, paintings = SampleSpace("photos"), SampleSpace("paintings")
    photo, painting = photos.column("photo", x), paintings.column("painting", y)
    paint, restore = Box("to_painting", x, y), Box("to_photo", y, x)
    made_photo, made_painting = paintings.state >> painting >> restore, photos.state >> photo >> paint
    cycle: Any = {"divergence": "absolute", "weight": weight}
    return LearningDiagram(
        Constraint("painting_cycle", restore >> paint, Id(y), over=painting, **cycle),
        Constraint("painting_law", made_painting, paintings.state >> painting, divergence="energy_distance"),
        Constraint("photo_cycle", paint >> restore, Id(x), over=photo, **cycle),
        Constraint("photo_law", made_photo, photos.state >> photo, divergence="energy_distance"),
        name="cycle consistency",
    )


def equivariance(weight: float = 1.0) -> LearningDiagram:
    """A segmentation that turns with its image.

    >>> print(equivariance())
    equivariance
      equivariant: rotate >> segment = segment >> rotate_mask  (over=scan)
      supervised: scan >> segment = truth
      axiom four_turns: rotate >> rotate >> rotate >> rotate = Id(image)
      axiom four_turns_of_a_mask: rotate_mask >> rotate_mask >> rotate_mask >> rotate_mask = Id(mask)
      frozen: rotate, rotate_mask

    Boxes
    -----
    rotate : a quarter turn of an image; not trained.
    rotate_mask : a quarter turn of a mask; not trained.

    Constraints
    -----------
    equivariant : the mask of a turned image is the turned mask.
    supervised : the predicted mask is the true mask.

    Parameters
    ----------
    weight : float ≥ 0, of `equivariant`.

    Source: Cohen & Welling, *Group equivariant convolutional networks* (2016). There the equation holds by
    construction; here training learns it.
    """
    image, mask = Ty("image"), Ty("mask")
    scans = SampleSpace("scans")
    scan, truth = scans.column("scan", image), scans.column("truth", mask)
    rotate, rotate_mask = Box("rotate", image, image), Box("rotate_mask", mask, mask)
    segment = Box("segment", image, mask)
    turns = {"four_turns": (rotate, image), "four_turns_of_a_mask": (rotate_mask, mask)}
    return LearningDiagram(
        Constraint("equivariant", rotate >> segment, segment >> rotate_mask, over=scan, weight=weight),
        Constraint("supervised", scan >> segment, truth),
        axioms={name: Equation(turn >> turn >> turn >> turn, Id(x)) for name, (turn, x) in turns.items()},
        frozen=[rotate, rotate_mask],
        name="equivariance",
    )


def lens_laws(very_well_behaved: bool = True) -> LearningDiagram:
    """A view of a source, and how to put back a changed view, by the laws of lenses.

    >>> print(lens_laws(very_well_behaved=False))
    lens laws
      get_put: Copy(source) >> Id(source) @ get >> put = Id(source)  (over=source)
      put_get: put >> get = Copy(source, 0) @ Id(view)  (over=source @ views >> Id(source) @ view)

    Constraints
    -----------
    get_put : putting back the view of a source does not change the source.
    put_get : the view of a source is the view that was put last.
    put_put : of two views put one after the other, only the second counts. The two are different rows of one batch.

    Parameters
    ----------
    very_well_behaved : bool, whether `put_put` is a constraint too.

    Source: Foster, Greenwald, Moore, Pierce & Schmitt, *Combinators for bidirectional tree transformations* (2007).
    """
    s, v = Ty("source"), Ty("view")
    source, view = SampleSpace("sources").column("source", s), SampleSpace("views").column("view", v)
    get, put = Box("get", s, v), Box("put", s @ v, s)
    laws = [
        Constraint("get_put", Copy(s) >> s @ get >> put, Id(s), over=source),
        Constraint("put_get", put >> get, Discard(s) @ v, over=source @ view),
    ]
    if very_well_behaved:
        laws += [Constraint("put_put", put @ v >> put, s @ Discard(v) @ v >> put, over=source @ view @ view)]
    return LearningDiagram(*laws, name="lens laws")


def koopman_autoencoder(horizon: int = 2) -> LearningDiagram:
    """A code in which a non-linear step of a system is linear.

    >>> print(koopman_autoencoder())
    Koopman autoencoder
      linear_1: encode >> advance = step >> encode  (over=snapshot)
      linear_2: encode >> advance = step >> encode  (over=snapshot >> step)
      predicted: encode >> advance >> advance >> decode = step >> step  (over=snapshot)
      reconstructed: encode >> decode = Id(position)  (over=snapshot)
      frozen: step

    Boxes
    -----
    advance : a step of codes. Its module is linear, and its matrix is the Koopman operator on codes.
    step : a step of the system, on positions; not trained.

    Constraints
    -----------
    linear_1 : a commuting square: encoding and advancing equals stepping and encoding.
    linear_2 : the same square beside the first square, measured where the first square ends.
    predicted : advancing codes predicts the position after the last step.
    reconstructed : decoding the code of a position gives the position.

    Parameters
    ----------
    horizon : int ≥ 1, the number of steps; each has a constraint `linear_…`.

    Source: Takeishi, Kawahara & Yairi, *Learning Koopman invariant subspaces for dynamic mode decomposition* (2017);
    Lusch, Kutz & Brunton, *Deep learning for universal linear embeddings of nonlinear dynamics* (2018).
    """
    require_count("horizon", horizon)
    position, code = Ty("position"), Ty("code")
    over = SampleSpace("snapshots").column("snapshot", position)
    encode, decode = Box("encode", position, code), Box("decode", code, position)
    step, advance = Box("step", position, position), Box("advance", code, code)
    squares = [Square(step, encode, encode, advance, name=f"linear_{k + 1}") for k in range(horizon)]
    commuting = reduce(Square.beside, squares)
    return commuting.learning_diagram(over, frozen=[step], name="Koopman autoencoder").add(
        Constraint("predicted", encode >> commuting.bottom >> decode, commuting.top, over=over),
        Constraint("reconstructed", encode >> decode, Id(position), over=over),
    )
