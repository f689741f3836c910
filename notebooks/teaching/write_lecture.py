"""Writes the lecture as one page that needs no other file: `python notebooks/teaching/write_lecture.py`."""

from __future__ import annotations

import sys
from dataclasses import replace
from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [folder for folder in map(str, (FOLDER.parent, FOLDER)) if folder not in sys.path]

from slides import SLIDES, Slide  # noqa: E402

from learning_diagrams.drawing.elements.svg import number as number_text  # noqa: E402

PAGE = FOLDER / "lecture_90_minutes" / "slides.html"
CROPPED = 14  # pixels of the margin of each picture that a slide leaves out
LARGEST = 2.6  # a picture is shown at most so many times its own size
TALL, LOW = 0.6, 300  # a picture taller than this share of its width, and than so many pixels, stands beside the words

STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:#1b1f24;font:28px/1.35 "DejaVu Sans",Verdana,sans-serif}
.slide{width:100vw;height:100vh;padding:32px 56px 40px;display:grid;gap:20px;overflow:auto;position:relative;
grid-template:"title" auto "picture" minmax(0,1fr) "words" auto "notes" auto / minmax(0,1fr)}
.tall{grid-template:"title picture" auto "words picture" minmax(0,1fr) "notes notes" auto
/ minmax(0,1fr) minmax(0,4fr);column-gap:32px}
h1,h2{grid-area:title;margin:0;font-size:44px;line-height:1.2}
.tall h1,.tall h2{font-size:31px}
.tall .words{font-size:24px}
.words{grid-area:words;margin:0;max-width:40em}
figure{grid-area:picture;margin:0;min-height:0;display:flex;align-items:center;justify-content:center}
figure svg{width:100%;height:100%}
footer{position:absolute;right:24px;bottom:12px;font-size:14px;color:#57606a}
.notes{display:none;grid-area:notes;background:#e8ecf0;padding:10px 16px;font-size:19px}
.talk .notes{display:block}
.live .slide{display:none}
.live .slide.now{display:grid}
nav{position:fixed;left:16px;bottom:6px;display:none}
.live nav{display:block}
nav button{font:18px sans-serif;color:#1b1f24;background:#fff;border:1px solid #57606a;border-radius:4px;
margin-right:4px}
@page{size:1280px 720px;margin:0}
@media print{.slide,.live .slide{display:grid;width:1280px;height:720px;break-after:page;overflow:hidden}
.live nav,nav{display:none}
body{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""

SCRIPT = """
const slides=[...document.querySelectorAll(".slide")],body=document.body;
let now=0;
function show(i){now=Math.max(0,Math.min(slides.length-1,i));
slides.forEach((slide,j)=>slide.classList.toggle("now",j===now));
history.replaceState(null,"","#"+(now+1));}
const moves={ArrowRight:1,ArrowDown:1,PageDown:1," ":1,ArrowLeft:-1,ArrowUp:-1,PageUp:-1,Home:-1e3,End:1e3};
addEventListener("keydown",event=>{if(event.ctrlKey||event.metaKey||event.altKey)return;
if(event.key==="n")body.classList.toggle("talk");
else if(event.key in moves&&!(event.key===" "&&event.target.tagName==="BUTTON")){event.preventDefault();
show(now+moves[event.key]);}});
addEventListener("hashchange",()=>show(parseInt(location.hash.slice(1))-1||0));
document.getElementById("back").onclick=()=>show(now-1);
document.getElementById("on").onclick=()=>show(now+1);
document.getElementById("talk").onclick=()=>body.classList.toggle("talk");
body.classList.add("live");
show(parseInt(location.hash.slice(1))-1||0);
"""


def section(number: int, slide: Slide) -> str:
    """A slide as a piece of the page."""
    picture = replace(slide.picture(), theme="light", width=None)
    width, height = picture.scene.width, picture.scene.height
    shape = "slide tall" if height > max(LOW, TALL * width) else "slide"
    heading = "h1" if number == 1 else "h2"
    style = f"max-width:{LARGEST * width:.0f}px;max-height:{LARGEST * height:.0f}px"
    whole = f'viewBox="0 0 {number_text(width)} {number_text(height)}"'
    inner = f'viewBox="{CROPPED} {CROPPED} {width - 2 * CROPPED:g} {height - 2 * CROPPED:g}" style="{style}"'
    return (
        f'<section class="{shape}" data-minutes="{slide.minutes}">\n'
        f"<{heading}>{escape(slide.title)}</{heading}>\n"
        f"<figure>{picture.svg.replace(whole, inner, 1).strip()}</figure>\n"
        f'<p class="words">{escape(slide.words)}</p>\n'
        f"<footer>{number}</footer>\n"
        f'<aside class="notes"><strong>{slide.minutes} min.</strong> {escape(slide.notes)}</aside>\n'
        "</section>\n"
    )


def page() -> str:
    """The lecture as one HTML document."""
    sections = "".join(section(i, slide) for i, slide in enumerate(SLIDES, start=1))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        "<title>Learning diagrams: a lecture of 90 minutes</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{sections}</main>\n"
        '<nav aria-label="slides"><button id="back" aria-label="previous slide">←</button>'
        '<button id="on" aria-label="next slide">→</button><button id="talk">notes</button></nav>\n'
        f"<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
