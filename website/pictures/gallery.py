"""A contact sheet of every kind of picture, small, medium and large: `make gallery` writes build/gallery/light.html.

A kind is one line of the table: its name, and a function without arguments that gives pictures by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path

import learning_diagrams as ld
from learning_diagrams import regimes
from learning_diagrams.backends.finite import FiniteFunctor
from learning_diagrams.drawing.picture import Picture
from learning_diagrams.presentation.pasting import TwoCell, alongside, whisker
from learning_diagrams.proof.derivation import Derivation

FOLDER = Path(__file__).resolve().parents[2] / "build" / "gallery"
WIDTHS = (400, 800, 1000)
LOOKS = ("light", "dark", "grey")
PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Gallery: {look}</title>
<style>body{{margin:24px;font-family:"DejaVu Sans",sans-serif;{colours}}} figure{{margin:12px 0}}
img{{vertical-align:top;margin:0 16px 16px 0;{filter}}} a{{color:inherit}}</style>
<p>{links}</p>
{body}
</html>
"""

x, y = ld.Ty("x"), ld.Ty("y")


def strings() -> dict[str, Picture]:
    """Copies, swaps, discards, draws, a sum, and a diagram that is folded."""
    f, g, k = ld.Box("f", x, y), ld.Box("g", y @ y, x), ld.Kernel("k", x, y)
    both = ld.Box("both", x, y @ y)
    diagrams = {
        "composite": f >> ld.Copy(y) >> g,
        "swap": f @ ld.Id(x) >> ld.Swap(y, x) >> k @ ld.Id(y),
        "one draw": k >> ld.Copy(y) >> g,
        "two draws": ld.Copy(x) >> k @ k >> g,
        "discard": both >> y @ ld.Discard(y),
        "folded": ld.Id(x).then(*[f >> ld.Copy(y) >> g] * 9),
        "identity": ld.Id(x @ y),
    }
    constraint = regimes.distillation().constraints[0]
    pictures = {name: ld.draw(value) for name, value in {**diagrams, "constraint": constraint}.items()}
    return pictures | {"constraint up": ld.draw(constraint, direction="up", notation={"student": r"f_\theta"})}


def axioms() -> dict[str, Picture]:
    """Laws that hold by construction."""
    turn, join = ld.Box("turn", x, x), ld.Box("join", x @ x, x)
    laws = [
        ld.Equation(turn >> turn, ld.Id(x), "turns"),
        ld.Equation(join @ x >> join, x @ join >> join, "associative"),
        ld.Equation(ld.Swap(x, x) >> join, join, "commutative"),
    ]
    return {"axioms": ld.LearningDiagram(axioms=laws, name="axioms").draw()}


def learning_graphs() -> dict[str, Picture]:
    return {name: getattr(regimes, name)().draw() for name in regimes.__all__}


def tables() -> dict[str, Picture]:
    """Countermodels, a finite map, a map that is folded, evidence of three theories."""
    f, g, k, mix = ld.Box("f", x, x), ld.Box("g", x, x), ld.Kernel("k", x, y), ld.Kernel("mix", ld.Ty(), x @ x)
    inverse = ld.Equation(g >> f, ld.Id(x), "left inverse")
    exact = FiniteFunctor({x: 3, y: 2}, {k: [["1/2", "1/2"], ["1/3", "2/3"], [0, 1]], mix: [["1/9"] * 3] * 3})
    twice = k >> ld.Copy(y), ld.Copy(x) >> k @ k
    shown = {
        "countermodel": ld.prove(ld.Equation(f >> g, g), [ld.Equation(g >> g, ld.Id(x), "turns")]),
        "countermodel of states": ld.prove(ld.Equation(mix >> ld.Swap(x, x), mix), []),
        "normal forms of paths": ld.prove(ld.Equation(f >> g, ld.Id(x)), [inverse]),
        "finite map": exact(k),
        "folded map": exact(mix @ mix),
        "evidence": ld.equal(*twice, evidence=True),
        "evidence that is equal": ld.equal(*twice, "cartesian", evidence=True),
        "evidence of many wires": ld.equal(f @ f >> g @ f, f @ f >> f @ g, "symmetric", evidence=True),
    }
    return {name: value.draw() for name, value in shown.items()}


def proofs() -> dict[str, Picture]:
    """The proof of docs/proof.svg, an insertion, a proof with copies, and a long one whose middle is left out."""
    image, mask = ld.Ty("image"), ld.Ty("mask")
    rotate, rotate_mask = ld.Box("rotate", image, image), ld.Box("rotate_mask", mask, mask)
    segment = ld.Box("segment", image, mask)
    equivariant = ld.Equation(rotate >> segment, segment >> rotate_mask, "equivariant")
    turned = Derivation(rotate >> rotate >> segment, [equivariant]).rewrite("equivariant").rewrite("equivariant")
    join, unit, invert = ld.Box("join", x @ x, x), ld.Box("unit", ld.Ty(), x), ld.Box("invert", x, x)
    laws = {
        "associative": ld.Equation(join @ x >> join, x @ join >> join),
        "commutative": ld.Equation(ld.Swap(x, x) >> join, join),
        "right unit": ld.Equation(x @ unit >> join, ld.Id(x)),
        "inverse": ld.Equation(ld.Copy(x) >> x @ invert >> join, ld.Discard(x) >> unit),
    }
    group = Derivation(ld.Copy(x, 3) >> x @ (x @ invert >> join) >> join, laws)
    sums = ld.prove(ld.Equation(ld.Swap(x, x) @ x >> x @ join >> join, x @ join >> join, "exchange"), laws)
    chain = Derivation(ld.Id(x).then(*[invert] * 31), {"twice": ld.Equation(invert >> invert, invert)})
    for _ in range(30):
        chain = chain.rewrite("twice")
    return {
        "turned twice": turned.proof(name="turned twice").draw(),
        "insertion": Derivation(invert, laws).rewrite("right unit", backwards=True).proof().draw(),
        "group": group.rewrite("inverse").rewrite("right unit").proof().draw(),
        "exchange": sums.draw(),
        "long": chain.proof().draw(),
    }


def squares() -> dict[str, Picture]:
    """A square, four of them in a grid, one with an identity, and pastings of other 2-cells, with and without grids."""
    sides = (("top", "inner", "left", "middle"), ("top'", "right", "inner", "middle'"),
             ("middle", "inner'", "left'", "bottom"), ("middle'", "right'", "inner'", "bottom'"))  # fmt: skip
    boxes = [[ld.Box(side, x, x) for side in four] for four in sides]
    a, b, c, d = (ld.Square(*four, name=name) for name, four in zip("abcd", boxes, strict=True))
    e, f, g = (ld.Box(name, x, x) for name in "efg")
    pasting = whisker(e, TwoCell("alpha", f, g >> f), g) >> whisker(e >> g, TwoCell("beta", f, ld.Id(x)), g)
    long = ld.Id(x).then(*(ld.Box(f"a long step {i}", x, x) for i in range(9)))
    wide = whisker(long, TwoCell("again", e >> ld.Copy(x) >> f @ g, ld.Copy(x) >> long @ e), ld.Box("sum", x @ x, x))
    return {
        "square": a.draw(),
        "grid": a.beside(b).above(c.beside(d)).draw(),
        "identity": ld.Square(f, g, ld.Id(x), f >> g, name="identity").draw(),
        "pasting": ld.draw(pasting),
        "wide pasting": ld.draw(alongside(x, wide, x)),
    }


def spans() -> dict[str, Picture]:
    """Two learning diagrams glued along a box, and two side by side."""
    multi_task, distillation = regimes.multi_task(), regimes.distillation()
    glued = ld.colimit({"a": distillation, "b": distillation}, [{"a": "student", "b": "student"}])
    return {
        "glued": glued.draw(),
        "coproduct": ld.colimit({"a": distillation, "b": multi_task}).draw(),
    }


def differences() -> dict[str, Picture]:
    """A weight that changed, and two learning diagrams with some boxes of the same names."""
    distillation = regimes.distillation()
    heavier = distillation.reweight({distillation.constraints[0].name: 2})
    return {
        "heavier": ld.difference(distillation, heavier).draw(),
        "other critic": ld.difference(regimes.gan(), regimes.wgan_gp()).draw(),
    }


def turned() -> dict[str, Picture]:
    """Kinds that hold string diagrams, down and up, with the symbols of an author."""
    join, unit, turn = ld.Box("join", x @ x, x), ld.Box("unit", ld.Ty(), x), ld.Box("turn", x, x)
    back = ld.Box("back", x, x)
    inverse = ld.Equation(back >> turn, ld.Id(x), "inverse")
    k, notation = ld.Kernel("k", x, y), {"join": r"\mu", "x": r"\mathbb{X}"}
    laws = {
        "commutative": ld.Equation(ld.Swap(x, x) >> join, join),
        "associative": ld.Equation(join @ x >> join, x @ join >> join),
        "right unit": ld.Equation(x @ unit >> join, ld.Id(x)),
        "turns": ld.Equation(turn >> turn, ld.Id(x)),
    }
    exchange = ld.prove(ld.Equation(ld.Swap(x, x) @ x >> x @ join >> join, x @ join >> join, "exchange"), laws)
    distillation, gan = regimes.distillation(), regimes.gan()
    critic, generator = gan.players
    slower = gan.edited(players=[replace(critic, steps=5), generator])
    return {
        "proof down": exchange.draw(direction="down", notation=notation),
        "proof up": exchange.draw(direction="up"),
        "insertion down": Derivation(turn, laws).rewrite("right unit", backwards=True).draw(direction="down"),
        "equation down": ld.draw(laws["associative"], direction="down", notation=notation),
        "countermodel down": ld.prove(ld.Equation(turn >> turn, turn), [laws["turns"]]).draw(direction="down"),
        "evidence up": ld.equal(k >> ld.Copy(y), ld.Copy(x) >> k @ k, evidence=True).draw(
            direction="up", notation={"k": r"\kappa", "x": r"\mathbb{X}"}
        ),
        "paths down": ld.prove(ld.Equation(turn >> back, ld.Id(x)), [inverse]).draw(direction="down"),
        "colimit down": ld.colimit({"a": distillation, "b": distillation}, [{"a": "student", "b": "student"}]).draw(
            direction="down", notation={"student": r"f_\theta"}
        ),
        "difference of players down": ld.difference(gan, slower).draw(direction="down", notation={"judge": "D_w"}),
        "lens laws up": regimes.lens_laws().draw(direction="up"),
    }


def symbols() -> dict[str, Picture]:
    """The symbols of an author in place of names."""
    notation = {"student": r"f_\theta", "teacher": r"\hat{g}_{\phi_1}", "image": r"\mathcal{X}", "digit": r"\Delta^{9}"}
    return {"symbols": regimes.distillation().draw(notation=notation)}


KINDS: Mapping[str, Callable[[], Mapping[str, Picture]]] = {
    "learning graphs": learning_graphs,
    "string diagrams": strings,
    "axioms": axioms,
    "tables": tables,
    "proofs": proofs,
    "squares": squares,
    "spans": spans,
    "differences": differences,
    "turned": turned,
    "symbols": symbols,
}


def write(folder: Path = FOLDER) -> Path:
    """Write each picture once a theme, and a page for each look; the path of the first page."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {kind: pictures() for kind, pictures in KINDS.items()}
    links = " · ".join(f'<a href="{look}.html">{look}</a>' for look in LOOKS)
    for look in LOOKS:
        theme = "dark" if look == "dark" else "light"
        body = []
        for kind, pictures in kinds.items():
            body.append(f"<h2>{escape(kind)}</h2>")
            for name, picture in pictures.items():
                file = f"{kind} {name} {theme}.svg".replace(" ", "-")
                Picture(picture.scene, picture.title, picture.description, theme).save(folder / file)
                sizes = "".join(f'<img src="{file}" width="{width}" alt="{escape(name)}">' for width in WIDTHS)
                body.append(f"<figure><figcaption>{escape(name)}</figcaption>{sizes}</figure>")
        page = PAGE.format(
            look=look,
            colours="background:#14181d;color:#e6eaee" if theme == "dark" else "color:#1b1f24",
            filter="filter:grayscale(1)" if look == "grey" else "",
            links=links,
            body="\n".join(body),
        )
        (folder / f"{look}.html").write_text(page, encoding="utf-8")
    return folder / f"{LOOKS[0]}.html"


if __name__ == "__main__":
    print(write())
