/** This device's camera: a few pictures a second to the server, boxes drawn over the mirrored picture. */
import { drawBoxes } from "../people/boxes.js";
import { Cards } from "../people/cards.js";
import { find, say } from "../shell/dom.js";
import { consent } from "../shell/notice.js";
import { detect } from "../photo/detect.js";

const PACE_MS = 350;
const SENT_WIDTH = 480;

/** Why a browser gives no camera, by the name of its error. */
const REFUSALS = {
  NotAllowedError: "The browser was not allowed to use its camera. Allow it in the address bar, and start again.",
  NotFoundError: "This device has no camera that the browser can see. Plug one in, or try a photo.",
  NotReadableError: "Another program uses the camera. Close it, and start again.",
  OverconstrainedError: "The camera cannot do what was asked of it. Try another one.",
};

const cards = new Cards(find("device-people"));
let stream = null;

export function startDevice() {
  find("device-button").addEventListener("click", () => (stream ? end() : begin()));
  window.addEventListener("pagehide", end);
}

async function begin() {
  try {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("The browser gives its camera to secure pages only: open this page on localhost or over HTTPS.");
    }
    if (!(await consent())) return say(find("device-message"), "The camera was not started.");
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 640 } } });
    const video = find("device-video");
    video.srcObject = stream;
    await video.play();
    say(find("device-message"), "");
    toggle(true);
    while (stream?.active) await Promise.all([look(), new Promise((done) => setTimeout(done, PACE_MS))]);
  } catch (error) {
    end();
    say(find("device-message"), REFUSALS[error.name] ?? error.message, "bad");
  }
}

function end() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  toggle(false);
}

function toggle(on) {
  find("device").dataset.on = String(on);
  find("device-live").hidden = !on;
  find("device-intro").hidden = on;
  find("device-button").setAttribute("aria-pressed", String(on));
  find("device-button").lastElementChild.textContent = on ? "Stop my camera" : "Start my camera";
  if (!on) cards.show([]);
}

async function look() {
  const video = find("device-video");
  if (!video.videoWidth || document.hidden) return;
  const sent = new OffscreenCanvas(SENT_WIDTH, Math.round((SENT_WIDTH * video.videoHeight) / video.videoWidth));
  sent.getContext("2d").drawImage(video, 0, 0, sent.width, sent.height);
  const blob = await sent.convertToBlob({ type: "image/jpeg", quality: 0.85 });
  try {
    const answer = await detect(blob);
    if (!stream) return;
    const faces = answer.faces.map((face, index) => ({ ...face, number: index + 1 }));
    draw(faces, answer.width);
    cards.show(faces);
    say(find("device-message"), answer.message || "");
  } catch (error) {
    draw([], 1);
    cards.show([]);
    if (stream) say(find("device-message"), error.message, "bad");
  }
}

function draw(faces, width) {
  const [canvas, video] = [find("device-canvas"), find("device-video")];
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  drawBoxes(canvas.getContext("2d"), faces, { scale: canvas.width / width, mirrored: true });
}
