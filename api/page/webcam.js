/** This browser's own camera: a few frames a second to the server, boxes drawn over the mirrored picture. */
import { drawBoxes } from "./boxes.js";
import { detect } from "./detect.js";
import { showFaces } from "./faces.js";
import { consent } from "./notice.js";
import { say } from "./photo.js";

const PACE_MS = 350;
const SENT_WIDTH = 480;

export function startWebcam(find) {
  const button = find("webcam-button");
  let stream = null;

  async function begin() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("The browser gives its camera to secure pages only: open this page on localhost or over HTTPS.");
    }
    if (!(await consent())) return say(find("webcam-message"), "The camera was not started.");
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 640 } } });
    const video = find("webcam-video");
    video.srcObject = stream;
    await video.play();
    find("webcam").hidden = false;
    say(find("webcam-message"), "");
    toggle(true);
    while (stream?.active) await Promise.all([look(find), new Promise((done) => setTimeout(done, PACE_MS))]);
  }

  function end() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    find("webcam").hidden = true;
    toggle(false);
  }

  function toggle(on) {
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? "Stop my camera" : "Start my camera";
  }

  button.addEventListener("click", () => {
    if (stream) return end();
    begin().catch((error) => {
      end();
      const refused = error.name === "NotAllowedError" ? "The browser was not allowed to use its camera." : error.message;
      say(find("webcam-message"), refused, "bad");
    });
  });
  window.addEventListener("pagehide", end);
}

async function look(find) {
  const video = find("webcam-video");
  if (!video.videoWidth || document.hidden) return;
  const sent = new OffscreenCanvas(SENT_WIDTH, Math.round((SENT_WIDTH * video.videoHeight) / video.videoWidth));
  sent.getContext("2d").drawImage(video, 0, 0, sent.width, sent.height);
  const blob = await sent.convertToBlob({ type: "image/jpeg", quality: 0.85 });
  try {
    const answer = await detect(blob);
    const canvas = find("webcam-canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    drawBoxes(canvas.getContext("2d"), answer.faces, canvas.width / answer.width, true);
    showFaces(find("webcam-faces"), answer.faces);
    say(find("webcam-message"), answer.message || "");
  } catch (error) {
    say(find("webcam-message"), error.message, "bad");
  }
}
