/** A lane a person: which expression was shown when, as colours over the same time as the lines beneath. */
import { colour } from "../people/emotions.js";
import { colourOf } from "../people/numbers.js";

const LANE = 20; // CSS pixels, with the gap below
const BAR = 10;
const MOST = 8;
const GAP_MS = 1_500;

/** @param {Array} rows of a `Record`, the oldest first; returns spans of one person and expression */
export function spans(rows) {
  const found = [];
  const open = new Map(); // number → span
  for (const { at, number, emotion } of rows) {
    const last = open.get(number);
    if (last && last.emotion === emotion && at - last.until < GAP_MS) {
      last.until = at;
      continue;
    }
    if (last && at - last.until < GAP_MS) last.until = at; // the colours meet
    const span = { number, emotion, since: at, until: at };
    open.set(number, span);
    found.push(span);
  }
  return found;
}

/**
 * @param {HTMLCanvasElement} canvas as wide as the plot beneath it
 * @param {{left: number, width: number}} plot where its time axis lies, in CSS pixels
 */
export function drawLanes(canvas, rows, { since, until }, { left, width }) {
  const people = [...new Set(rows.map(({ number }) => number))].sort((a, b) => a - b).slice(0, MOST);
  const ratio = window.devicePixelRatio || 1;
  const height = people.length * LANE;
  canvas.hidden = people.length < 2; // the lines beneath say the same of one
  if (canvas.hidden) return;
  canvas.style.height = `${height}px`;
  const size = { width: Math.round(canvas.clientWidth * ratio), height: Math.round(height * ratio) };
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, height);
  people.forEach((number, index) => badge(context, number, index));
  for (const span of spans(rows)) {
    const index = people.indexOf(span.number);
    if (index < 0 || !span.emotion) continue;
    const x = left + ((Math.max(span.since, since) - since) / (until - since)) * width;
    const w = Math.max(2, ((span.until - Math.max(span.since, since)) / (until - since)) * width);
    context.fillStyle = colour(span.emotion);
    context.fillRect(x, index * LANE + (LANE - BAR) / 2, w, BAR);
  }
}

function badge(context, number, index) {
  const y = index * LANE + 2;
  context.fillStyle = colourOf(number);
  context.beginPath();
  context.roundRect(14, y, 20, LANE - 4, 5);
  context.fill();
  context.fillStyle = "#10131a";
  context.font = '700 11px system-ui, "Liberation Sans", sans-serif';
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(number), 24, y + (LANE - 4) / 2 + 0.5);
}
