"""Proofs, squares and spans as a browser draws them: texts do not meet, wires run beside plates."""

import runpy
from pathlib import Path

import pytest

from learning_diagrams.drawing.picture import Picture
from picture_measures import faults, measured

GALLERY = Path(__file__).resolve().parents[2] / "website" / "pictures" / "gallery.py"


@pytest.mark.sampled(2)
@pytest.mark.skipif(not GALLERY.exists(), reason="needs the clone, not the wheel")
@pytest.mark.parametrize("kind", ["proofs", "squares", "spans", "turned"])
def test_proofs_squares_and_spans_keep_the_rules_of_pictures(kind, visit, tmp_path):
    pictures = runpy.run_path(str(GALLERY))[kind]()
    light = [Picture(picture.scene, picture.title, picture.description, "light").svg for picture in pictures.values()]
    for name, picture in zip(pictures, measured(visit, tmp_path, light), strict=True):
        assert not faults(picture), name
