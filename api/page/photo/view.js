/** A photo by button, drop or paste; the answer is drawn on the photo. */
import { drawBoxes } from "../people/boxes.js";
import { Cards } from "../people/cards.js";
import { find, say } from "../shell/dom.js";
import { consent } from "../shell/notice.js";
import { detect } from "./detect.js";

const WIDEST = 1280;

const cards = new Cards(find("photo-faces"));

export const photoView = { title: () => "Photo" };

export function startPhoto() {
  const drop = find("drop");
  const file = find("file");
  file.addEventListener("change", () => {
    if (file.files[0]) show(file.files[0]);
    file.value = ""; // the same photo can be chosen again
  });
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.dataset.over = "";
  });
  drop.addEventListener("dragleave", () => delete drop.dataset.over);
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    delete drop.dataset.over;
    if (event.dataTransfer.files[0]) show(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    const [pasted] = event.clipboardData.files;
    if (!pasted) return;
    location.hash = "#/photo";
    show(pasted);
  });
}

async function show(photo) {
  const message = find("photo-message");
  find("photo").hidden = true;
  try {
    if (!(await consent())) return say(message, "The photo was not sent.");
    say(message, "Reading the faces …");
    const answer = await detect(photo);
    const faces = answer.faces.map((face, index) => ({ ...face, number: index + 1 }));
    await paint(find("photo-canvas"), photo, answer, faces);
    cards.show(faces);
    find("photo").hidden = false;
    say(message, [faces.length ? count(faces.length) : "", answer.message].filter(Boolean).join(" "));
  } catch (error) {
    say(message, error.message, "bad");
  }
}

async function paint(canvas, photo, answer, faces) {
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
  drawBoxes(context, faces, { scale });
  bitmap?.close();
}

const count = (number) => (number === 1 ? "One face found." : `${number} faces found.`);
