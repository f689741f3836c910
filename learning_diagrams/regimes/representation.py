"""Regimes that learn codes: of an image alone, of two views of it, of an image and its text.

>>> [box.name for box in simsiam().boxes], simsiam().constraints[0].detach
(['augment', 'encode', 'predict'], ('rhs',))
"""

from __future__ import annotations

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Copy, Swap
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint


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


def image_text_alignment(temperature: float = 0.07) -> LearningDiagram:
    """Images and their captions meet in one space of meanings.

    >>> print(image_text_alignment().constraints[0].equation)
    Equation(picture >> see = caption >> read)

    Constraints
    -----------
    aligned : the meaning of a picture selects its caption among all captions of the batch, and the meaning of a
        caption selects its picture.

    Parameters
    ----------
    temperature : float > 0, the divisor of the cosines. The paper learns it; this regime keeps it fixed.

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
