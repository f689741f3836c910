"""The colours of pictures, light and dark. Colour says one thing: this box learns.

>>> contrast("#1b1f24", "#ffffff") > 4.5
True

Source of the hues: Okabe & Ito, *Color universal design* (2008), told apart by colour-blind readers; WCAG 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark", "auto"]
THEMES = ("light", "dark", "auto")
HUES = 4


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as "#rrggbb"; `tint` is the share of a hue in the filling of a box."""

    paper: str
    ink: str
    muted: str
    rule: str
    data: str
    sand: str
    hues: tuple[str, str, str, str]
    tint: float


LIGHT = Palette(
    "#ffffff", "#1b1f24", "#57606a", "#d8dee4", "#e8ecf0", "#fbf0d9", ("#0072b2", "#d55e00", "#009e73", "#cc79a7"), 0.14
)
DARK = Palette(
    "#14181d", "#e6eaee", "#a3adb8", "#343c46", "#2b333c", "#372f1d", ("#56b4e9", "#e69f00", "#009e73", "#cc79a7"), 0.35
)


def scope(theme: Theme) -> str:
    """The class of a picture of a theme: its rules hold in it alone, so that pictures of all themes share a page."""
    return f"ld-{theme}"


def style(theme: Theme) -> str:
    """The style sheet of a picture, in which each class has one meaning."""
    within = f".{scope(theme)} "
    if theme == "auto":
        return f"{_rules(LIGHT, within)}\n@media (prefers-color-scheme: dark){{\n{_rules(DARK, within)}\n}}"
    return _rules(DARK if theme == "dark" else LIGHT, within)


def notebook_style(theme: Theme) -> str:
    """The rules of a page that holds pictures: they fit its width, and `auto` follows the theme of JupyterLab."""
    fitting = f"svg.{scope(theme)}{{max-width:100%;height:auto}}"
    if theme != "auto":
        return fitting
    pairs = ((LIGHT, "true"), (DARK, "false"))
    return fitting + "".join(_rules(p, f"[data-jp-theme-light={light}] .{scope(theme)} ") for p, light in pairs)


def _rules(palette: Palette, within: str) -> str:
    fills = {name: getattr(palette, name) for name in ("ink", "muted", "paper", "data", "sand")}
    strokes = {"line": palette.ink, "soft": palette.muted, "halo": palette.paper, "rule": palette.rule}
    for number, hue in enumerate(palette.hues, start=1):
        strokes[f"hue{number}"] = hue
        fills |= {
            f"fill{number}": hue,
            f"tint{number}": mixed(hue, palette.paper, palette.tint),
            f"text{number}": legible(hue, palette),
        }
    return "".join(
        [f"{within}.{name}{{fill:{colour}}}" for name, colour in fills.items()]
        + [f"{within}.{name}{{stroke:{colour};fill:none}}" for name, colour in strokes.items()]
        # What is not in hand: the same marks, quieter.
        + [f"{within}.quiet text{{fill:{palette.muted}}}{within}.quiet .line{{stroke:{palette.rule}}}"]
        + [f"{within}.quiet path.ink{{fill:{palette.rule}}}"]
    )


def mixed(colour: str, other: str, share: float) -> str:
    """A mixture that holds a share of the first colour."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(share * first + (1 - share) * second):02x}" for first, second in pairs)


def legible(colour: str, palette: Palette) -> str:
    """The colour, moved towards ink until text in it keeps the contrast 4.5 to paper."""
    for share in range(100, -1, -5):
        if contrast(text := mixed(colour, palette.ink, share / 100), palette.paper) >= 4.5:
            break
    return text


def contrast(colour: str, other: str) -> float:
    """The ratio of luminances of two colours, from 1 to 21."""
    darker, lighter = sorted(map(_luminance, (colour, other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if (c := channel / 255) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for channel in _channels(colour)
    ]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
