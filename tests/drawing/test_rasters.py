"""One file gives the same picture in a browser, in cairosvg and in librsvg, but for the smoothing of edges."""

import io
import shutil
import subprocess

import numpy as np
import pytest

import learning_diagrams as ld
from learning_diagrams import regimes

Image = pytest.importorskip("PIL.Image")
BLOCK = 6  # pixels within which edges may be smoothed in different ways
APART = 0.3  # of black and white, the most that the means of two blocks may differ


def pixels(data):
    """A picture in grey, from 0 to 1."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=float) / 255


def blocks(picture):
    height, width = (size // BLOCK * BLOCK for size in picture.shape)
    return picture[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK).mean((1, 3))


def by_cairosvg(path, visit):
    cairosvg = pytest.importorskip("cairosvg", exc_type=(ImportError, OSError))
    return cairosvg.svg2png(url=str(path))


def by_librsvg(path, visit):
    if shutil.which("rsvg-convert") is None:
        pytest.skip("needs rsvg-convert")
    return subprocess.run(["rsvg-convert", str(path)], capture_output=True, check=True, timeout=60).stdout


def by_chromium(path, visit):
    image = by_cairosvg(path, visit)
    height, width = pixels(image).shape
    seen = visit(path, width, height)
    assert not seen.complaints and not seen.requests
    return seen.page.screenshot()


PAIRS = [
    (by_cairosvg, by_librsvg),
    (by_librsvg, by_chromium),
    pytest.param(by_cairosvg, by_chromium, marks=pytest.mark.thorough),
]


def pictures():
    x, y = ld.Ty("x"), ld.Ty("Großes Bild")
    f, k = ld.Box("é λ → π", x @ y, y @ x), ld.Kernel("k", y @ x, x @ y)
    yield "plain", ld.draw(ld.Id(x @ y).then(*[f, k] * 8), theme="light", direction="down")
    yield "notation", regimes.distillation().draw(theme="dark", notation={"student": r"\hat{f}_{\theta}^2"})
    coin, join = ld.Kernel("coin", ld.Ty(), x), ld.Box("join", x**6, x)
    six = ld.Id(ld.Ty()).tensor(*[coin] * 6) >> join
    two = coin @ coin >> ld.Copy(x, 3) @ ld.Copy(x, 3) >> join
    told = ld.LearningDiagram(ld.Constraint("told", six, two))
    yield "primes", told.draw(theme="light", notation={"coin": r"c_\theta"})
    for name in ("gan", "mean_teacher", "koopman_autoencoder"):
        yield name, getattr(regimes, name)().draw(theme="light")
    yield "lens_laws", regimes.lens_laws().draw(theme="light", direction="up")


def difference(first, second):
    """The most that two pictures differ in a block."""
    first, second = blocks(pixels(first)), blocks(pixels(second))
    assert first.shape == second.shape
    return np.abs(first - second).max()


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda program: program.__name__)
def test_two_programs_draw_the_same_picture(first, second, tmp_path, visit):
    for name, picture in pictures():
        path = tmp_path / f"{name}.svg"
        picture.save(path)
        assert difference(first(path, visit), second(path, visit)) < APART, name


def test_a_name_that_is_missing_is_seen(tmp_path, visit):
    _, picture = next(pictures())
    whole, without = tmp_path / "a.svg", tmp_path / "b.svg"
    picture.save(whole)
    without.write_text(whole.read_text(encoding="utf-8").replace(">Großes Bild<", "><", 1), encoding="utf-8")
    assert difference(by_cairosvg(whole, visit), by_cairosvg(without, visit)) > APART
