"""TikZ: a picture as TikZ with the shapes of the SVG, whose classes are named styles.

>>> from learning_diagrams.drawing.elements import svg
>>> scene = svg.Scene(40, 20, (svg.path("M0 10H40", "line", 1.5), svg.text(20, 8, "f", 14, "ink", anchor="middle")))
>>> print(*tikz_picture(scene, "small").splitlines()[-4:], sep="\\n")
  \\path[use as bounding box] (0,0) rectangle (30,15);
  \\path[ld line, line width=1.12bp] (0,7.5) -- (30,7.5);
  \\node[ld text, text={ld ink}, anchor=base] at (15,9) {\\ldsize{10.5}f};
\\end{tikzpicture}%
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from learning_diagrams.drawing.elements.palette import style
from learning_diagrams.drawing.elements.svg import Scene
from learning_diagrams.drawing.tex.letters import LETTER, in_latex
from learning_diagrams.drawing.tex.outline import Map, outlined, point, scale_of, within
from learning_diagrams.errors import FileError, printable

PIXEL = 0.75  # big points
LARGEST = 16_000  # big points that TeX can measure
ANCHORS = {"middle": "base", "end": "base east", None: "base west"}
WEIGHT = r"\bfseries "
_ACCENT = re.compile(r"\\([^A-Za-z,;:!{}|_ ]|[Hcruv](?![A-Za-z]))")  # which text has, and mathematics has not
_CLASS = re.compile(r"\.ld-light \.(\w+)\{(fill|stroke):#(\w{6})")


def tikz_picture(scene: Scene, title: str, shown: float | None = None) -> str:
    """A picture for `\\input` in a document that loads the package tikz, and for some symbols amsmath and amssymb.

    shown : float or None, the width in pixels at which it is shown; None stands for the width of the scene.

    Raises `FileError` for a picture that is larger than TeX can measure.
    """
    scale = PIXEL * (1.0 if shown is None else shown / scene.width)
    width, height = scale * scene.width, scale * scene.height
    if max(width, height) > LARGEST:
        raise FileError(
            f"cannot write the picture for TeX: it is {max(width, height):,.0f} points long, and TeX measures up to "
            f"{LARGEST:,}; take .svg, .png or .pdf"
        )
    place = scale, 0.0, 0.0, -scale, 0.0, height
    root = ElementTree.fromstring(f"<g>{''.join(scene.elements)}</g>")
    before = "\n".join(preamble()).replace("\n", "%\n")  # the end of a line is a space, as wide as a letter
    lines = [f"% {_comment(title)}", f"{before}%", r"\begin{tikzpicture}[x=1bp, y=1bp]"]
    lines.append(f"  \\path[use as bounding box] (0,0) rectangle ({width:g},{height:g});")
    lines += [f"  {line}" for line in _drawn(root, place)]
    return "\n".join([*lines, r"\end{tikzpicture}%", ""])


def tex_document(scene: Scene, title: str, shown: float | None = None) -> str:
    """A document that pdfLaTeX and LuaLaTeX compile as it stands, with one page of the size of the picture."""
    picture = tikz_picture(scene, title, shown)
    scale = PIXEL * (1.0 if shown is None else shown / scene.width)
    size = f"paperwidth={scale * scene.width:g}bp, paperheight={scale * scene.height:g}bp"
    return "\n".join(
        [
            r"\documentclass{article}",
            f"\\usepackage[{size}, margin=0bp]{{geometry}}",
            r"\ifx\pdftexversion\undefined",
            r"  \usepackage{fontspec}\IfFontExistsTF{DejaVu Sans}{\setsansfont{DejaVu Sans}[Scale=0.9]}{}",
            r"\else",
            r"  \usepackage[T1]{fontenc}\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{\usepackage{fix-cm}}",
            r"\fi",
            r"\IfFileExists{amssymb.sty}{\usepackage{amsmath,amssymb}}{}\usepackage{tikz}",
            r"\pagestyle{empty}",
            r"\setlength{\parindent}{0pt}",
            r"\setlength{\topskip}{0pt}",
            r"\begin{document}",
            f"{picture}\\end{{document}}",
            "",
        ]
    )


def preamble() -> Iterator[str]:
    """The named styles of all classes in their light colours, and the commands that the pictures use."""
    yield "% pdfLaTeX shows the numbers of letters that it cannot write; LuaLaTeX writes those that its font has."
    yield LETTER
    yield r"\providecommand{\ldsize}[1]{\fontsize{#1bp}{#1bp}\selectfont}"
    yield r"\providecommand{\ldneeds}[1]{\ifcsname#1\endcsname\else\def\ldmissing{1}\fi}"
    yield r"\providecommand{\ldsymbol}[3]{{\def\ldmissing{0}#1\if\ldmissing0$#2$\else#3\fi}}"
    for name, kind, colour in _CLASS.findall(style("light")):
        yield f"\\definecolor{{ld {name}}}{{HTML}}{{{colour.upper()}}}"
        yield f"\\tikzset{{ld {name}/.style={{{'draw' if kind == 'stroke' else 'fill'}={{ld {name}}}}}}}"
    yield r"\tikzset{ld text/.style={inner sep=0pt, outer sep=0pt, font=\sffamily}}"


def _drawn(element: ElementTree.Element, place: Map, quiet: bool = False) -> Iterator[str]:
    """The commands for an element and what it holds; what is not in hand is quiet."""
    quiet = quiet or element.get("class") == "quiet"
    place = within(place, element.get("transform", ""))
    if element.tag == "text":
        x, y = (float(element.get(key, 0)) for key in ("x", "y"))
        anchor = ANCHORS[element.get("text-anchor")]
        if meant := element.get("data-anchor"):
            anchor, x = ANCHORS[meant.split()[0]], float(meant.split()[1])
        look = f"ld text, text={{ld {'muted' if quiet else element.get('class')}}}, anchor={anchor}"
        yield f"\\node[{look}] at {point(place, x, y)} {{{_text(element, place)}}};"
        return
    if name := element.get("data-box") or element.get("data-constraint") or element.get("data-axiom"):
        yield f"% {_comment(name)}"
    if shape := _shape(element, place):
        yield f"\\path[{', '.join(_options(element, place, quiet))}] {shape};"
    for child in element:
        yield from _drawn(child, place, quiet)


def _shape(element: ElementTree.Element, place: Map) -> str:
    def value(key: str) -> float:
        return float(element.get(key, 0))

    if element.tag == "path":
        return outlined(element.get("d", ""), place)
    if element.tag == "circle":
        return f"{point(place, value('cx'), value('cy'))} circle[radius={value('r') * scale_of(place):.4g}]"
    if element.tag == "rect":
        end = point(place, value("x") + value("width"), value("y") + value("height"))
        corner = f"[rounded corners={value('rx') * scale_of(place):.4g}bp] " if value("rx") else ""
        return f"{corner}{point(place, value('x'), value('y'))} rectangle {end}"
    return ""


def _options(element: ElementTree.Element, place: Map, quiet: bool) -> Iterator[str]:
    scale = scale_of(place)
    for name in element.get("class", "").split():
        yield {"line": "ld rule", "ink": "fill={ld rule}"}.get(name, f"ld {name}") if quiet else f"ld {name}"
    for key, option in (("fill", "fill"), ("stroke", "draw")):
        if (colour := element.get(key, "none")) != "none":
            red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
            yield f"{option}={{rgb,255:red,{red};green,{green};blue,{blue}}}"
    if width := element.get("stroke-width"):
        yield f"line width={float(width) * scale:.3g}bp"
    if dashes := element.get("stroke-dasharray"):
        on, off = (float(part) * scale for part in dashes.replace(",", " ").split())
        yield f"dash pattern=on {on:.3g}bp off {off:.3g}bp"
    for key in ("linecap", "linejoin"):
        if kind := element.get(f"stroke-{key}"):
            yield f"line {key[4:]}={kind}"


def _text(element: ElementTree.Element, place: Map) -> str:
    """The content of a text: its pieces and its symbols."""
    size = float(element.get("font-size", 12)) * scale_of(place)
    bold = element.get("font-weight") == "bold"
    words: list[list[ElementTree.Element]] = []
    for piece in element:
        if piece.get("data-latex") == "":  # a further letter of a symbol
            words[-1].append(piece)
        else:
            words.append([piece])
    parts, fall = [in_latex(element.text or "")], 0.0
    for word in words:
        texts = []
        for piece in word if word[0].tag == "tspan" else []:
            fall += float(piece.get("dy", 0))
            texts.append(_piece(piece, fall, place))
        parts += [_symbol(word[0], "".join(texts), bold), in_latex(word[-1].tail or "")]
    return f"\\ldsize{{{size:.4g}}}{WEIGHT if bold else ''}{''.join(parts)}"


def _piece(piece: ElementTree.Element, fall: float, place: Map) -> str:
    """Letters in their size, weight and colour, raised where they are an index."""
    inner = in_latex("".join(piece.itertext()))
    own, look = float(piece.get("font-size", 0)) * scale_of(place), piece.get("class")
    styles = f"\\ldsize{{{own:.4g}}}" if own else ""
    styles += WEIGHT if piece.get("font-weight") == "bold" else ""
    styles += r"\itshape " if piece.get("font-style") == "italic" else ""
    styles += f"\\color{{ld {look}}}" if look else ""
    inner = f"{{{styles}{inner}}}" if styles else inner
    return f"\\raisebox{{{-fall * scale_of(place):.3g}bp}}{{{inner}}}" if fall else inner


def _symbol(first: ElementTree.Element, letters: str, bold: bool) -> str:
    """A symbol of the author as the mathematics that it is, or as letters where TeX does not know a command of it."""
    latex, look = first.get("data-latex", ""), first.get("class")
    if not latex or not latex.isascii() or _ACCENT.search(latex):
        return letters
    needs = "".join(f"\\ldneeds{{{macro}}}" for macro in sorted({*re.findall(r"\\([A-Za-z]+)", latex)}))
    styles = r"\boldmath " if bold or first.get("font-weight") == "bold" else ""
    styles += f"\\color{{ld {look}}}" if look else ""
    return f"{{{styles}\\ldsymbol{{{needs}}}{{{latex}}}{{{letters}}}}}"


def _comment(text: str) -> str:
    return printable(text).replace("\n", " ")[:200]
