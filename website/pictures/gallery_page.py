"""The gallery: every kind of picture but learning graphs, which have pages of their own, in one size."""

from collections.abc import Iterator

from website.pictures.gallery import KINDS

TALLEST = 2_000  # pixels of a picture that a page shows
HEAD = f"""\
# Gallery

Every kind of picture that `draw()` makes, in one size. [The language](language.md) says what the marks mean, and
[the regimes](../regimes/index.md) show learning graphs. `make gallery` writes all of them in three sizes, also those
that are taller than {TALLEST:,} pixels.
"""


def pages() -> Iterator[tuple[str, str]]:
    text, files = [HEAD], {}
    for kind, pictures in KINDS.items():
        if kind != "learning graphs":
            definition = (pictures.__doc__ or "").strip()
            text.append(f"## {kind.capitalize()}\n\n{definition}\n")
            for name, picture in pictures().items():
                if picture.scene.height <= TALLEST:
                    place = f"{kind} {name}.svg".replace(" ", "_").lower()
                    files[f"pictures/{place}"] = picture.svg
                    text.append(f"**{name}**\n\n![{name}]({place}){{ loading=lazy }}\n")
    yield "pictures/gallery.md", "\n".join(text)
    yield from files.items()
