"""What a browser says of pictures: where texts, plates, wires, faces stand on the canvas, many pictures on one page."""

import json
from collections import defaultdict
from itertools import combinations

BAND = 40  # pixels, the height of the bands in which boxes are looked for

PROBE = """() => JSON.stringify([...document.querySelectorAll('svg')].map(svg => {
  const canvas = svg.getBoundingClientRect();
  const shift = r => [r.left - canvas.left, r.top - canvas.top, r.right - canvas.left, r.bottom - canvas.top];
  const rect = e => shift(e.getBoundingClientRect());
  const all = selector => [...svg.querySelectorAll(selector)];
  const texts = all('text').map(e => {
    const [left, top, right, low] = rect(e), em = (low - top) / 1.164;
    return {text: e.textContent, box: [left, top + .2 * em, right, low - .1 * em], size: em};
  });
  const plates = all('[data-box] > path:first-child').map(rect);
  const wires = all('path[stroke-width]').filter(e => !e.closest('[data-box]')
      && /^M[^AZM]*$/.test(e.getAttribute('d')) && !e.getAttribute('transform') && !e.getAttribute('stroke-dasharray')
      && /^(line|soft|hue.)$/.test(e.getAttribute('class'))).map(e => {
    const box = rect(e), straight = /^M[-\\d. ]*[HV][-\\d. ]*$/.test(e.getAttribute('d')), m = e.getScreenCTM();
    const length = straight ? box[2] - box[0] + box[3] - box[1] : e.getTotalLength();
    const n = Math.max(2, Math.ceil(length / 12));
    const at = i => straight ? [box[0] + (box[2] - box[0]) * i / n, box[1] + (box[3] - box[1]) * i / n]
        : (p => [p.x + m.e - canvas.left, p.y + m.f - canvas.top])(e.getPointAtLength(length * i / n));
    return [box, [...Array(n + 1).keys()].map(at)];
  });
  const faces = all('path[data-face]').map(e => {
    const m = e.getScreenCTM(), name = e.dataset.face, box = rect(e), points = [];
    const has = (x, y) => e.isPointInFill({x: x + canvas.left - m.e, y: y + canvas.top - m.f});
    for (let x = 16 * Math.round(box[0] / 16); x < box[2]; x += 16)
      for (let y = 16 * Math.round(box[1] / 16); y < box[3]; y += 16) if (has(x, y)) points.push([x, y]);
    const label = all('g[data-constraint], g[data-axiom]')
        .find(g => name === (g.dataset.constraint ?? g.dataset.axiom));
    const corners = [...label.querySelectorAll('text')].map(rect)
      .flatMap(r => [[r[0], r[1] + 3], [r[2], r[1] + 3], [r[0], r[3] - 3], [r[2], r[3] - 3]]);
    return {name, points, holds: corners.every(c => has(...c))};
  });
  const drawn = all('path, text, circle, rect').slice(1).map(rect), least = i => Math.min(...drawn.map(b => b[i]));
  const most = i => Math.max(...drawn.map(b => b[i]));
  const named = all('g[data-constraint]').map(e => e.dataset.constraint);
  return {canvas: [canvas.width, canvas.height], texts, plates, wires, faces, named,
          ink: [least(0), least(1), most(2), most(3)]};
}))"""


def measured(visit, folder, pictures):
    """The measures of pictures, given as SVG."""
    page = folder / "pictures.html"
    page.write_text('<!DOCTYPE html><meta charset="utf-8">' + "\n".join(f"<div>{svg}</div>" for svg in pictures))
    return json.loads(visit(page).page.evaluate(PROBE))


def faults(picture):
    """What is wrong with a picture, by rule 40 of the picture language; a line each."""
    width, height = picture["canvas"]
    lines = []
    for text in picture["texts"]:
        left, top, right, low = text["box"]
        if left < -1 or top < -1 or right > width + 1 or low > height + 1:
            lines.append(f"{text['text']!r} leaves the canvas: {text['box']}")
        if text["size"] * 0.8 < 9:
            lines.append(f"{text['text']!r} is {text['size'] * 0.8} pixels high on a page of 800")
    texts = [(text["box"], text) for text in picture["texts"] if text["text"].strip()]
    for (box, text), (other_box, other) in close(texts, texts):
        if text is not other:
            lines.append(f"{text['text']!r} meets {other['text']!r}: {box} {other_box}")
    wires = [((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1), points) for box, points in picture["wires"]]
    for (plate, _), (_, wire) in close([(plate, None) for plate in picture["plates"]], wires):
        if not within(wire[len(wire) // 2], plate, -6):  # an arrow bears its own plate at its middle
            lines += [f"a wire runs under the plate {plate} at {at}" for at in wire if within(at, plate, 3)][:1]
    lines += [f"the label of {face['name']!r} leaves its face" for face in picture["faces"] if not face["holds"]]
    for first, second in combinations(picture["faces"], 2):
        shared = len(set(map(tuple, first["points"])) & set(map(tuple, second["points"])))
        if shared > 4:
            lines.append(f"the faces {first['name']!r} and {second['name']!r} share {shared * 256} square pixels")
    left, top, right, low = picture["ink"]
    if (right - left) * (low - top) < 2 / 3 * width * height:
        lines.append(f"ink fills {(right - left) * (low - top) / width / height:.0%} of the canvas")
    return lines


def close(first, second):
    """Pairs of two lists whose boxes meet by half a pixel; each is a pair of a box and a value."""
    bands = defaultdict(list)
    for pair in second:
        for band in range(int(pair[0][1] // BAND), int(pair[0][3] // BAND) + 1):
            bands[band].append(pair)
    for pair in first:
        box, near = pair[0], {}
        for band in range(int(box[1] // BAND), int(box[3] // BAND) + 1):
            near |= {id(other): other for other in bands[band]}
        for other in near.values():
            if all(min(box[i + 2], other[0][i + 2]) - max(box[i], other[0][i]) > 0.5 for i in (0, 1)):
                yield pair, other


def within(point, box, inset):
    return box[0] + inset < point[0] < box[2] - inset and box[1] + inset < point[1] < box[3] - inset
