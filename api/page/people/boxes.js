/** Boxes with number and label on a canvas; a label never lies on a face. */
import { percent } from "./emotions.js";
import { colourOf } from "./numbers.js";

const DARK = "#10131a";
const GAP = 4; // canvas pixels between box and label

/**
 * Draw faces whose boxes are in pixels of the analysed picture.
 * @param {Array} faces each with `number`; drawn in that person's colour
 * @param {{scale: number, mirrored: boolean, marked: number, textPx: number, brief: boolean}} options
 *   canvas pixels per picture pixel; whether the picture beneath is shown mirrored (the text never is); the number of
 *   the person to bring out; the height of labels in canvas pixels; whether they are a word only
 */
export function drawBoxes(context, faces, { scale, mirrored = false, marked = 0, textPx = 0, brief = false }) {
  const width = context.canvas.width;
  const size = textPx || Math.max(13, Math.round(width / 42));
  context.font = `650 ${size}px system-ui, "Liberation Sans", sans-serif`;
  context.textBaseline = "middle";
  const placed = faces.map((face) => ({ face, area: areaOf(face.box, scale, mirrored ? width : 0) }));
  const taken = placed.map(({ area }) => area);
  for (const { face, area } of placed) outline(context, area, colourOf(face.number), size, face.number === marked);
  for (const { face, area } of placed) taken.push(label(context, textOf(face, faces.length, brief), area, taken, colourOf(face.number), size));
}

function textOf({ number, emotion, confidence }, count, brief) {
  const read = emotion ? (brief ? emotion : `${emotion} ${percent(confidence)}`) : "";
  return count > 1 || !read ? `${number} ${read}`.trim() : read;
}

function areaOf(box, scale, mirroredIn) {
  const w = box.width * scale;
  const left = box.x * scale;
  return { x: mirroredIn ? mirroredIn - left - w : left, y: box.y * scale, w, h: box.height * scale };
}

function outline(context, { x, y, w, h }, colour, size, marked) {
  const line = Math.max(2, size / 7) * (marked ? 1.8 : 1);
  for (const [style, thickness] of [["rgb(0 0 0 / 55%)", line + 2], [colour, line]]) {
    context.strokeStyle = style;
    context.lineWidth = thickness;
    context.beginPath();
    context.roundRect(x, y, w, h, Math.min(w, h) / 8);
    context.stroke();
  }
}

function label(context, text, box, taken, colour, size) {
  const h = size * 1.6;
  const w = context.measureText(text).width + size;
  const spot = place({ w, h }, box, taken, context.canvas);
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(spot.x, spot.y, w, h, h / 3);
  context.fill();
  context.fillStyle = DARK;
  context.fillText(text, spot.x + size / 2, spot.y + h / 2 + 1);
  return spot;
}

/** Where a label of this size goes: above, below or beside its box, wherever it covers least of faces and labels. */
export function place({ w, h }, box, taken, { width, height }) {
  const [above, below] = [box.y - h - GAP, box.y + box.h + GAP];
  const [left, right] = [box.x - w - GAP, box.x + box.w + GAP];
  const spots = [
    { x: box.x, y: above },
    { x: box.x, y: below },
    { x: right, y: box.y },
    { x: left, y: box.y },
    { x: box.x + box.w - w, y: above },
    ...[above, below].flatMap((y) => [{ x: right, y }, { x: left, y }]), // at the corners
  ].map(({ x, y }) => ({ x: clamp(x, 0, width - w), y: clamp(y, 0, height - h), w, h }));
  const covered = (spot) => taken.reduce((sum, other) => sum + overlap(spot, other), 0);
  return spots.reduce((best, spot) => (covered(spot) < covered(best) - 1 ? spot : best));
}

const clamp = (value, low, high) => Math.max(low, Math.min(value, Math.max(low, high)));

function overlap(a, b) {
  const across = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return across > 0 && down > 0 ? across * down : 0;
}
