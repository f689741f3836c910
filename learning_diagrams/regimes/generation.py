"""Regimes that make something: a caption of an image, or an image of noise.

>>> [player.name for player in gan().players]
['critic', 'generator']
"""

from __future__ import annotations

from learning_diagrams.diagrams.box import Box, Kernel, Ty
from learning_diagrams.diagrams.sample_space import SampleSpace
from learning_diagrams.diagrams.structure import Copy, Discard
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint


def image_captioning(fine_tune: bool = False) -> LearningDiagram:
    """A speaker says the caption of an image word by word, each from the image and the words before.

    >>> print(image_captioning().constraints[0].rhs)
    caption

    Boxes
    -----
    see : trained before, and frozen.
    speak : for each place the distribution of its word, which depends on earlier words only.

    Constraints
    -----------
    said : the words that are predicted for a picture, each after the true words so far, are its caption. `before` is
        the caption moved by one place, after an opening word.

    Parameters
    ----------
    fine_tune : bool, whether `see` is trained too.

    Source: Vinyals, Toshev, Bengio & Erhan, *Show and tell: a neural image caption generator* (2015).
    """
    image, feature, words = Ty("image"), Ty("feature"), Ty("words")
    album = SampleSpace("album")
    picture, before, caption = (album.column(*of) for of in (("picture", image), ("before", words), ("caption", words)))
    see, speak = Box("see", image, feature), Kernel("speak", feature @ words, words)
    fit = Constraint("said", Copy(album.ty) >> (picture >> see) @ before >> speak, caption)
    return LearningDiagram(fit, frozen=[] if fine_tune else [see], name="image captioning")


def gan(critic_steps: int = 1, lr: float = 2e-4) -> LearningDiagram:
    """A generator learns to make images that a critic takes for real, and the critic to tell them apart.

    >>> print(gan())
    GAN
      fools: Copy(images, 0) >> noise >> generate >> judge = Copy(images, 0) >> real
      knows_fake: Copy(images, 0) >> noise >> generate >> judge = Copy(images, 0) >> fake  (detach=['generate'])
      knows_real: pixels >> judge = Copy(images, 0) >> real
      frozen: fake, noise, real
      player critic: judge on knows_fake, knows_real
      player generator: generate on fools

    Boxes
    -----
    fake : the verdict 0, a constant.
    judge : the probability that an image is real, as a logit.
    noise : a distribution without inputs, drawn anew for each row and each term.
    real : the verdict 1, a constant.

    Constraints
    -----------
    fools : the critic takes a generated image for real: the generator's aim, in its form that does not saturate.
    knows_fake : the critic takes a generated image for fake; no gradient goes to the generator.
    knows_real : the critic takes an image from the data for real.

    Parameters
    ----------
    critic_steps : int ≥ 1, the number of updates of the critic for each update of the generator.
    lr : float > 0, the learning rate of Adam, for both players.

    Source: Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville & Bengio, *Generative adversarial
    networks* (2014).
    """
    latent, image, verdict = Ty("latent"), Ty("image"), Ty("verdict")
    images = SampleSpace("images")
    noise, generate = Kernel("noise", Ty(), latent), Box("generate", latent, image)
    judge, real, fake = Kernel("judge", image, verdict), Box("real", Ty(), verdict), Box("fake", Ty(), verdict)
    here = Discard(images.ty)
    judged, adam = here >> noise >> generate >> judge, {"name": "adam", "lr": lr}
    critic = {"terms": ["knows_fake", "knows_real"], "boxes": [judge], "optimizer": adam, "steps": critic_steps}
    generator = {"terms": ["fools"], "boxes": [generate], "optimizer": adam}
    return LearningDiagram(
        Constraint("fools", judged, here >> real),
        Constraint("knows_fake", judged, here >> fake, detach=generate),
        Constraint("knows_real", images.column("pixels", image) >> judge, here >> real),
        frozen=[noise, real, fake],
        players={"critic": critic, "generator": generator},
        name="GAN",
    )
