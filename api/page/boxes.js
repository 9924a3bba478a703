/** Boxes and labels on a canvas, in the look of the annotated video. */
import { colour, percent } from "./emotions.js";

/**
 * Draw faces whose boxes are in pixels of the analysed picture.
 * @param {number} scale canvas pixels per picture pixel
 * @param {boolean} mirrored whether the picture beneath is shown mirrored (the text never is)
 */
export function drawBoxes(context, faces, scale, mirrored = false) {
  const width = context.canvas.width;
  const size = Math.max(14, Math.round(width / 38));
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  for (const { box, emotion, confidence } of faces) {
    const w = box.width * scale;
    const h = box.height * scale;
    const x = mirrored ? width - box.x * scale - w : box.x * scale;
    const y = box.y * scale;
    context.strokeStyle = emotion ? colour(emotion) : "#bebebe";
    context.lineWidth = Math.max(2, size / 6);
    context.beginPath();
    context.roundRect(x, y, w, h, size / 2);
    context.stroke();
    if (emotion) label(context, `${emotion} ${percent(confidence)}`, x, y, size);
  }
}

function label(context, text, x, y, size) {
  const height = size * 1.6;
  const width = context.measureText(text).width + size;
  const left = Math.min(Math.max(0, x), context.canvas.width - width);
  const top = y - height - 4 > 0 ? y - height - 4 : y + 4;
  context.fillStyle = context.strokeStyle;
  context.beginPath();
  context.roundRect(left, top, width, height, height / 2);
  context.fill();
  context.fillStyle = "#10131a";
  context.fillText(text, left + size / 2, top + height / 2 + 1);
}
