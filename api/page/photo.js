/** Photo upload by button, drop or paste; the answer is drawn on the photo. */
import { drawBoxes } from "./boxes.js";
import { detect } from "./detect.js";
import { showFaces } from "./faces.js";
import { consent } from "./notice.js";

const WIDEST = 1280;

export function startPhoto(find) {
  const drop = find("drop");
  const file = find("file");
  file.addEventListener("change", () => file.files[0] && show(find, file.files[0]));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.dataset.over = "";
  });
  drop.addEventListener("dragleave", () => delete drop.dataset.over);
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    delete drop.dataset.over;
    if (event.dataTransfer.files[0]) show(find, event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files[0]) show(find, event.clipboardData.files[0]);
  });
}

async function show(find, photo) {
  const message = find("photo-message");
  find("photo").hidden = true;
  try {
    if (!(await consent())) return say(message, "The photo was not sent.");
    say(message, "Reading the faces …");
    const answer = await detect(photo);
    await paint(find("photo-canvas"), photo, answer);
    showFaces(find("photo-faces"), answer.faces);
    find("photo").hidden = false;
    const found = answer.faces.length ? count(answer.faces.length) : "";
    say(message, [found, answer.message].filter(Boolean).join(" "));
  } catch (error) {
    say(message, error.message, "bad");
  }
}

async function paint(canvas, photo, answer) {
  const scale = Math.min(1, WIDEST / answer.width);
  canvas.width = Math.round(answer.width * scale);
  canvas.height = Math.round(answer.height * scale);
  const context = canvas.getContext("2d");
  // Most browsers show no HEIC: the boxes are drawn on grey then.
  const bitmap = await createImageBitmap(photo, { imageOrientation: "from-image" }).catch(() => null);
  if (bitmap) context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  else {
    context.fillStyle = "#888";
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  drawBoxes(context, answer.faces, scale);
  bitmap?.close();
}

const count = (number) => (number === 1 ? "One face found." : `${number} faces found.`);

export function say(message, text, tone = "") {
  message.textContent = text;
  message.dataset.tone = tone;
}
