"""Regimes that speak of derivatives: a box that uses another box returns the derivative of it.

>>> pinn().box("u_xx").uses[0].name, wgan_gp().box("steepness").uses[0].name
('u', 'judge')
"""

from __future__ import annotations

from learning_diagrams.diagrams.box import Box, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Discard
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint


def pinn(weight: float = 1.0) -> LearningDiagram:
    """A function learns to solve a differential equation, u″ = −u, from where it starts and how steeply.

    >>> print(pinn())
    PINN
      equation: place >> u_xx = place >> u >> negate
      slope_at_start: start >> u_x = one  (divergence=squared_error)
      value_at_start: start >> u = zero  (divergence=squared_error)
      u_x uses u
      u_xx uses u
      frozen: negate, one, start, u_x, u_xx, zero

    Boxes
    -----
    u : the solution that is sought, a net.
    u_x, u_xx : the first and the second derivative of u, by automatic differentiation.

    Constraints
    -----------
    equation : the differential equation, at places in its domain.
    slope_at_start : the solution starts with the slope 1.
    value_at_start : the solution starts at 0.

    Parameters
    ----------
    weight : float ≥ 0, that of both conditions at the start.

    Source: Raissi, Perdikaris & Karniadakis, *Physics-informed neural networks* (2019).
    """
    x, value, places = Ty("x"), Ty("value"), SampleSpace("places")
    u, place, start = Box("u", x, value), places.column("place", x), Box("start", Ty(), x)
    u_x, u_xx = Box("u_x", x, value, uses=[u]), Box("u_xx", x, value, uses=[u])
    zero, one, negate = Box("zero", Ty(), value), Box("one", Ty(), value), Box("negate", value, value)
    return LearningDiagram(
        Constraint("equation", place >> u_xx, place >> u >> negate),
        Constraint("slope_at_start", start >> u_x, one, divergence="squared_error", weight=weight),
        Constraint("value_at_start", start >> u, zero, divergence="squared_error", weight=weight),
        frozen=[u_x, u_xx, start, zero, one, negate],
        name="PINN",
    )


def wgan_gp(critic_steps: int = 5, penalty: float = 10.0, lr: float = 1e-4) -> LearningDiagram:
    """A generator learns to make images, from a critic whose slope between real and made ones is held at 1.

    >>> [player.steps for player in wgan_gp().players], wgan_gp().constraints[2].weight
    ([5, 1], 10.0)

    Boxes
    -----
    judge : how real an image looks, a number without bounds.
    mix : the image at a given portion of the way from a generated image to a real one.
    noise : a distribution without inputs, drawn anew for each row and each term.
    portion : the uniform distribution on the numbers from 0 to 1.
    steepness : the length of the gradient of the judge at an image.

    Constraints
    -----------
    looks_made : what the critic says of generated images, which it lowers; no gradient goes to the generator.
    looks_real : what the critic says of images from the data, which it raises.
    penalty : the slope of the critic is 1, at images between real ones and generated ones, drawn for this term.
    seems_real : what the critic says of generated images, which the generator raises.

    Parameters
    ----------
    critic_steps : int ≥ 1, the number of updates of the critic for each update of the generator.
    penalty : float ≥ 0, the weight of the term of that name.
    lr : float > 0, the learning rate of Adam, for both players.

    Source: Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville, *Improved training of Wasserstein GANs* (2017).
    """
    latent, image, number, images = Ty("latent"), Ty("image"), Ty("number"), SampleSpace("images")
    noise, generate, judge = Kernel("noise", Ty(), latent), Box("generate", latent, image), Box("judge", image, number)
    portion, mix = Kernel("portion", Ty(), number), Box("mix", number @ image @ image, image)
    steepness = Box("steepness", image, number, uses=[judge])
    zero, one = Box("zero", Ty(), number), Box("one", Ty(), number)
    here, pixels = Discard(images.ty), images.column("pixels", image)
    fakes, adam = here >> noise >> generate, {"name": "adam", "lr": lr, "betas": [0.0, 0.9]}
    between = portion @ pixels @ (noise >> generate) >> mix
    critic = {"terms": {"looks_made": 1.0, "looks_real": -1.0, "penalty": 1.0}, "boxes": [judge], "optimizer": adam}
    generator = {"terms": {"seems_real": -1.0}, "boxes": [generate], "optimizer": adam}
    return LearningDiagram(
        Constraint("looks_made", fakes >> judge, here >> zero, divergence="difference", detach=generate),
        Constraint("looks_real", pixels >> judge, here >> zero, divergence="difference"),
        Constraint("penalty", steepness, Discard(image) >> one, over=between, weight=penalty, detach=generate),
        Constraint("seems_real", fakes >> judge, here >> zero, divergence="difference"),
        frozen=[noise, portion, mix, steepness, zero, one],
        players={"critic": critic | {"steps": critic_steps}, "generator": generator},
        name="WGAN-GP",
    )
