"""What a browser says of pictures: where texts, plates, wires, faces stand on the canvas, many pictures on one page."""

from itertools import combinations

PROBE = """() => [...document.querySelectorAll('svg')].map(svg => {
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
    const length = e.getTotalLength(), count = Math.max(2, Math.ceil(length / 8)), m = e.getScreenCTM();
    const points = [...Array(count + 1).keys()].map(i => e.getPointAtLength(length * i / count));
    return {box: rect(e), points: points.map(p => [p.x + m.e - canvas.left, p.y + m.f - canvas.top])};
  });
  const faces = all('path.sand[data-face]').map(e => {
    const m = e.getScreenCTM(), name = e.dataset.face, box = rect(e), points = [];
    const has = (x, y) => e.isPointInFill({x: x + canvas.left - m.e, y: y + canvas.top - m.f});
    for (let x = 6 * Math.round(box[0] / 6); x < box[2]; x += 6)
      for (let y = 6 * Math.round(box[1] / 6); y < box[3]; y += 6) if (has(x, y)) points.push([x, y]);
    const label = all('g[data-constraint]').find(g => g.dataset.constraint === name);
    const corners = [...label.querySelectorAll('text')].map(rect)
      .flatMap(r => [[r[0], r[1] + 3], [r[2], r[1] + 3], [r[0], r[3] - 3], [r[2], r[3] - 3]]);
    return {name, points, holds: corners.every(c => has(...c))};
  });
  const drawn = all('path, text, circle, rect').slice(1).map(rect), least = i => Math.min(...drawn.map(b => b[i]));
  const most = i => Math.max(...drawn.map(b => b[i]));
  const named = all('g[data-constraint]').map(e => e.dataset.constraint);
  return {canvas: [canvas.width, canvas.height], texts, plates, wires, faces, named,
          ink: [least(0), least(1), most(2), most(3)]};
})"""


def measured(visit, folder, pictures):
    """The measures of pictures, given as SVG."""
    page = folder / "pictures.html"
    page.write_text('<!DOCTYPE html><meta charset="utf-8">' + "\n".join(f"<div>{svg}</div>" for svg in pictures))
    return visit(page).page.evaluate(PROBE)


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
    texts = [text for text in picture["texts"] if text["text"].strip()]
    for i, text in enumerate(texts):
        others = [(other["box"], other) for other in texts[i + 1 :]]
        for _, other in close([text["box"]], others):
            lines.append(f"{text['text']!r} meets {other['text']!r}: {text['box']} {other['box']}")
    for plate, wire in close(picture["plates"], [(wire["box"], wire["points"]) for wire in picture["wires"]]):
        if not within(wire[len(wire) // 2], plate, -6):  # an arrow bears its own plate at its middle
            lines += [f"a wire runs under the plate {plate} at {at}" for at in wire if within(at, plate, 3)][:1]
    lines += [f"the label of {face['name']!r} leaves its face" for face in picture["faces"] if not face["holds"]]
    for first, second in combinations(picture["faces"], 2):
        shared = len(set(map(tuple, first["points"])) & set(map(tuple, second["points"])))
        if shared * 36 > 900:
            lines.append(f"the faces {first['name']!r} and {second['name']!r} share {shared * 36} square pixels")
    left, top, right, low = picture["ink"]
    if (right - left) * (low - top) < 2 / 3 * width * height:
        lines.append(f"ink fills {(right - left) * (low - top) / width / height:.0%} of the canvas")
    return lines


def close(boxes, others):
    """Pairs of a box and what comes with another box that meets it, by half a pixel."""
    others = sorted(others, key=lambda other: other[0][1])
    for box in boxes:
        for other, value in others:
            if other[1] > box[3]:
                break
            if all(min(box[i + 2], other[i + 2]) - max(box[i], other[i]) > 0.5 for i in (0, 1)):
                yield box, value


def within(point, box, inset):
    return box[0] + inset < point[0] < box[2] - inset and box[1] + inset < point[1] < box[3] - inset
