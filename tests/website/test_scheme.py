"""Pictures follow the scheme that the reader chose on the site, also where his system has the other one."""

import io
from base64 import b64encode
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STYLE = ROOT / "docs" / "styles" / "site.css"
pytestmark = pytest.mark.skipif(not STYLE.exists(), reason="the site is in the clone only")


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_a_picture_has_the_scheme_of_the_page(visit, tmp_path, scheme, system):
    image = pytest.importorskip("PIL.Image")
    svg = ROOT / "docs" / "regimes" / "supervised.svg"
    page = tmp_path / "page.html"
    page.write_text(
        f'<style>{STYLE.read_text(encoding="utf-8")}</style><body data-md-color-scheme="{scheme}">'
        f'<img src="data:image/svg+xml;base64,{b64encode(svg.read_bytes()).decode()}">',
        encoding="utf-8",
    )
    shown = visit(page, color_scheme=system).page.locator("img").screenshot()
    brightness = image.open(io.BytesIO(shown)).convert("L").resize((1, 1)).getpixel((0, 0))
    assert (brightness > 128) == (scheme == "default")
