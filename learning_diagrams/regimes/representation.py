"""Regimes that learn codes: of an image alone, of two views of it, of an image and its text.

>>> [box.name for box in simsiam().boxes], simsiam().constraints[0].detach
(['augment', 'encode', 'predict'], ('rhs',))
"""

from __future__ import annotations

from learning_diagrams.diagrams.box import Box, Diagram, Id, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Copy, Discard, Swap
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.schedule import Schedule, linear


def autoencoder(denoising: bool = False) -> LearningDiagram:
    """An image can be told from its code.

    >>> print(autoencoder())
    autoencoder
      reconstructed: encode >> decode = Id(image)  (over=pixels)
    >>> print(autoencoder(denoising=True))
    autoencoder
      reconstructed: corrupt >> encode >> decode = Id(image)  (over=pixels)
      frozen: corrupt

    Constraints
    -----------
    reconstructed : encoding and then decoding is the identity on the images of the data.

    Parameters
    ----------
    denoising : bool, whether the image is first corrupted, by a kernel `corrupt` that is not trained.

    Source: Rumelhart, Hinton & Williams, *Learning internal representations by error propagation* (1986); denoising:
    Vincent, Larochelle, Bengio & Manzagol, *Extracting and composing robust features with denoising autoencoders*
    (2008).
    """
    image, code = Ty("image"), Ty("code")
    pixels = SampleSpace("images").column("pixels", image)
    corrupt, encode, decode = Kernel("corrupt", image, image), Box("encode", image, code), Box("decode", code, image)
    there = corrupt >> encode if denoising else encode
    frozen = [corrupt] if denoising else []
    return LearningDiagram(
        Constraint("reconstructed", there >> decode, Id(image), over=pixels), frozen=frozen, name="autoencoder"
    )


def variational_autoencoder(beta: float = 1.0, warm_up: int = 10_000) -> LearningDiagram:
    """An image can be told from a random code, and the codes of all images look like noise.

    >>> print(variational_autoencoder())
    variational autoencoder
      reconstructed: encode >> decode = Id(image)  (over=pixels, divergence=nll)
      regular: Copy(image, 0) >> noise = encode  (over=pixels, divergence=kl, weight=linear(0, 1, 10000))
      frozen: noise

    Boxes
    -----
    decode : for a code the distribution of its image.
    encode : for an image the distribution of its code.
    noise : a distribution of codes without inputs, which is not trained.

    Constraints
    -----------
    reconstructed : the negative log-likelihood of the image, given a code that is drawn for the image.
    regular : KL(encode ‖ noise), the information that a code carries in nats. Its weight β grows from 0, so that codes
        are used before they have a price.

    At β = 1 the total is the negative evidence lower bound, an upper bound of −log p(image).

    Parameters
    ----------
    beta : float ≥ 0, the weight of `regular` after the warm-up.
    warm_up : int ≥ 0, the number of steps in which the weight grows to it; 0 for a weight that is fixed.

    Source: Kingma & Welling, *Auto-encoding variational Bayes* (2014); β: Higgins et al., *beta-VAE* (2017); its
    warm-up: Bowman et al., *Generating sentences from a continuous space* (2016).
    """
    image, code = Ty("image"), Ty("code")
    pixels = SampleSpace("images").column("pixels", image)
    encode, decode, noise = Kernel("encode", image, code), Kernel("decode", code, image), Kernel("noise", Ty(), code)
    weight = linear(0, beta, warm_up) if warm_up else beta
    return LearningDiagram(
        Constraint("reconstructed", encode >> decode, Id(image), over=pixels, divergence="nll"),
        Constraint("regular", Discard(image) >> noise, encode, over=pixels, divergence="kl", weight=weight),
        frozen=[noise],
        name="variational autoencoder",
    )


def simsiam() -> LearningDiagram:
    """The codes of two views of an image predict each other, and stand still while they are predicted.

    >>> print(simsiam().constraints[0].rhs)
    Swap(image, image) >> encode @ image >> code @ encode

    Boxes
    -----
    augment : a random view of an image; not trained.
    predict : without this box, or with a gradient into the codes that it predicts, all codes become equal.

    Constraints
    -----------
    alike : the code of each view predicts the code of the other, by 1 − cosine. The term is half of the sum over both,
        as in the paper, which leaves out the 1.

    Source: Chen & He, *Exploring simple Siamese representation learning* (2021).
    """
    image, code = Ty("image"), Ty("code")
    pixels = SampleSpace("images").column("pixels", image)
    augment = Kernel("augment", image, image)
    encode, predict = Box("encode", image, code), Box("predict", code, code)
    alike = Constraint(
        "alike",
        encode @ encode >> predict @ predict,
        Swap(image, image) >> encode @ encode,
        over=pixels >> Copy(image) >> augment @ augment,
        divergence="cosine",
        detach="rhs",
        weight=0.5,
    )
    return LearningDiagram(alike, frozen=[augment], name="SimSiam")


def image_text_alignment(temperature: float | Schedule | Diagram = 0.07) -> LearningDiagram:
    """Images and their captions meet in one space of meanings.

    >>> print(image_text_alignment().constraints[0].equation)
    Equation(picture >> see = caption >> read)
    >>> learned = image_text_alignment(Box("temperature", Ty(), Ty("number")))
    >>> print(learned.constraints[0].divergence.moving["temperature"])
    temperature

    Constraints
    -----------
    aligned : the meaning of a picture selects its caption among all captions of the batch, and the meaning of a
        caption selects its picture.

    Parameters
    ----------
    temperature : float > 0, the divisor of the cosines; or a box from I, whose module returns a number > 0, such as
        exp(−t), to learn it as in the paper.

    Source: Radford et al., *Learning transferable visual models from natural language supervision* (2021).
    """
    image, text, meaning = Ty("image"), Ty("text"), Ty("meaning")
    pairs = SampleSpace("pairs")
    aligned = Constraint(
        "aligned",
        pairs.column("picture", image) >> Box("see", image, meaning),
        pairs.column("caption", text) >> Box("read", text, meaning),
        divergence={"name": "info_nce", "temperature": temperature, "symmetric": True},
    )
    return LearningDiagram(aligned, name="image-text alignment")
