// Shows the step that the slider stands on: in the faces, in both tables, and as a line in each curve.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const slider = document.getElementById("at");
const now = document.getElementById("now");
const last = data.steps.length - 1;

const rowsOf = (id) => Array.from(document.querySelectorAll(`#${id} tbody tr`), (row) => row.cells);
const termRows = rowsOf("terms");
const cosineRows = rowsOf("cosines");
const markers = Array.from(document.querySelectorAll(".now"));

function setLevel(element, level) {
  if (level === null) delete element.dataset.level;
  else element.dataset.level = level;
}

// What belongs to a constraint: the sand of its faces and charts, and its captions. Names are compared, never run.
function partsOf(name) {
  const own = (key) => Array.from(document.querySelectorAll(`[data-${key}]`)).filter((e) => e.dataset[key] === name);
  const charts = own("constraint").flatMap((group) => Array.from(group.querySelectorAll("rect.sand")));
  return { sand: [...own("face"), ...charts], captions: own("term") };
}

const terms = data.terms.map(([name, moments]) => ({ moments, ...partsOf(name) }));

function show(index) {
  terms.forEach(({ moments, sand, captions }, i) => {
    const [value, share, level, rows] = moments[index];
    sand.forEach((area) => setLevel(area, level));
    captions.forEach((caption) => {
      setLevel(caption, level);
      const texts = caption.querySelectorAll("text");
      texts[texts.length - 1].textContent = value;
    });
    const cells = termRows[i];
    [value, share, rows].forEach((text, j) => { cells[j + 1].textContent = text; });
    setLevel(cells[2], level);
  });
  data.cosines.forEach((texts, i) => { cosineRows[i][2].textContent = texts[index]; });
  const first = data.steps[0];
  const part = (data.steps[index] - first) / (data.steps[last] - first || 1);
  markers.forEach((marker) => {
    marker.setAttribute("transform", `translate(${part * marker.parentNode.dataset.across} 0)`);
  });
  const text = `step ${data.steps[index]} of ${data.steps[last]}, epoch ${data.epochs[index]}`;
  if (slider) {
    now.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  }
}

if (slider) slider.addEventListener("input", () => show(Number(slider.value)));
if (last >= 0) show(last);
