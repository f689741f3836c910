"""Colours that everybody can tell apart, labels that fit, text that is escaped."""

import xml.etree.ElementTree as ElementTree
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_diagrams.drawing.elements import svg
from learning_diagrams.drawing.elements.font import shown_label, text_width
from learning_diagrams.drawing.elements.palette import DARK, LIGHT, contrast, legible, mixed
from learning_diagrams.drawing.elements.svg import Scene, document

THEMES = (LIGHT, DARK)
# Machado, Oliveira & Fernandes, A physiologically-based model for simulation of color vision deficiency (2009).
DEFICIENCIES = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def lab(rgb):
    """CIE L*a*b* of linear sRGB, white D65."""
    to_xyz = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    xyz = [sum(m * c for m, c in zip(row, rgb, strict=True)) for row in to_xyz]
    f = [t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (xyz[0] / 0.95047, xyz[1], xyz[2] / 1.08883)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def seen(colour, deficiency):
    rgb = linear(colour)
    return [min(max(sum(m * c for m, c in zip(row, rgb, strict=True)), 0), 1) for row in DEFICIENCIES[deficiency]]


@pytest.mark.parametrize("palette", THEMES, ids=["light", "dark"])
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_two_hues_differ_for_every_reader(palette, deficiency):
    for first, second in combinations(palette.hues, 2):
        ends = lab(seen(first, deficiency)), lab(seen(second, deficiency))
        assert sum((a - b) ** 2 for a, b in zip(*ends, strict=True)) ** 0.5 >= 12


@pytest.mark.parametrize("palette", THEMES, ids=["light", "dark"])
def test_strokes_and_texts_keep_their_contrast(palette):
    for hue in palette.hues:
        assert contrast(hue, palette.paper) >= 3 - 0.05
        assert contrast(legible(hue, palette), palette.paper) >= 4.5
        assert contrast(palette.ink, mixed(hue, palette.paper, palette.tint)) >= 4.5
    for ground in (palette.paper, palette.sand, palette.data):
        assert contrast(palette.ink, ground) >= 4.5
    assert contrast(palette.muted, palette.paper) >= 4.5


@given(st.text(max_size=60))
def test_any_name_gives_well_formed_xml(name):
    scene = Scene(100, 20, (svg.group([svg.text(0, 10, name, 14, "ink")], data_box=name),))
    root = ElementTree.fromstring(document(scene, name, name))
    (label,) = root.iter("{http://www.w3.org/2000/svg}text")
    title = label.find("{http://www.w3.org/2000/svg}title")
    assert (len(shown_label(name)) <= 24 and label.text is not None) or title is not None


def test_a_long_name_is_shortened_and_stands_whole_in_a_title():
    element = svg.text(0, 0, "a" * 200, 14, "ink")
    assert f"<title>{'a' * 200}</title>" in element and f">{'a' * 23}…<" in element


def test_widths_are_those_of_the_font():
    font = pytest.importorskip("fontTools.ttLib")
    matplotlib = pytest.importorskip("matplotlib")
    for bold, name in ((False, "DejaVuSans.ttf"), (True, "DejaVuSans-Bold.ttf")):
        table = font.TTFont(f"{matplotlib.get_data_path()}/fonts/ttf/{name}")
        advances, names = table["hmtx"], table.getBestCmap()
        for text in ("student", "Λ ⇒ f_θ", "наблюдение", "≫ · ‖"):
            whole = sum(advances[names[ord(letter)]][0] for letter in text)
            assert text_width(text, 14, bold) == pytest.approx(whole * 14 / 2048, abs=0.01)
    assert text_width("🙂漢", 10) == 20
