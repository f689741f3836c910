# ruff: isort: skip_file
# Families and regimes stand in the order of teaching, which `learning-diagrams regimes` shows.
from learning_diagrams.regimes.supervision import (
    supervised as supervised,
    multi_task as multi_task,
    uncertainty_weighting as uncertainty_weighting,
    prototypical as prototypical,
    arithmetic_from_images as arithmetic_from_images,
)
from learning_diagrams.regimes.teaching import (
    distillation as distillation,
    feature_distillation as feature_distillation,
    mutual_learning as mutual_learning,
    mean_teacher as mean_teacher,
    dino as dino,
)
from learning_diagrams.regimes.representation import (
    autoencoder as autoencoder,
    variational_autoencoder as variational_autoencoder,
    simsiam as simsiam,
    image_text_alignment as image_text_alignment,
)
from learning_diagrams.regimes.generation import image_captioning as image_captioning, gan as gan
from learning_diagrams.regimes.laws import (
    inverse_pair as inverse_pair,
    cycle_consistency as cycle_consistency,
    equivariance as equivariance,
    lens_laws as lens_laws,
    koopman_autoencoder as koopman_autoencoder,
)
from learning_diagrams.regimes.derivatives import pinn as pinn, wgan_gp as wgan_gp

__all__: list[str]
