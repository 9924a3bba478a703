/** The live half of the page: camera picker, video, current emotions, timeline. */
import { percent } from "./emotions.js";
import { showFaces } from "./faces.js";
import { startNotice } from "./notice.js";
import { startPhoto } from "./photo.js";
import { Timeline } from "./timeline.js";
import { startWebcam } from "./webcam.js";

const LOOK_MS = 250;
const CAMERAS_MS = 5_000;
const SPEAK_MS = 3_000;
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const STATES = { live: "Live", stalled: "Analysis stalled", gone: "No picture", unreachable: "Server not reachable" };

const find = (id) => document.getElementById(id);
const timeline = new Timeline(find("timeline"));
let camera = "";
let spoken = { at: 0, text: "" };
let turn = 0;
let retry = 0;
let retryMs = RETRY_MS;

const query = () => (camera ? `?camera=${encodeURIComponent(camera)}` : "");

/** The stream runs only while a viewer can see it: drawing for no viewer costs a worker time. */
function showVideo() {
  const video = find("video");
  clearTimeout(retry);
  if (document.hidden) return video.removeAttribute("src");
  turn += 1; // browsers show the picture they have again when the address is the same
  video.src = `/video_feed?${new URLSearchParams({ ...(camera && { camera }), turn })}`;
}

function retryVideo() {
  clearTimeout(retry);
  retry = setTimeout(showVideo, retryMs);
  retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
}

/** A stream that ends with its server is not always an error to the browser: the next answer begins a new one. */
function noteReached(state) {
  if (state === "unreachable" || find("state").dataset.state !== "unreachable") return;
  retryMs = RETRY_MS;
  showVideo();
}

function showState(state, age) {
  noteReached(state);
  find("state").dataset.state = state;
  find("state").lastElementChild.textContent = STATES[state];
  find("age").textContent = state === "live" && age !== null ? `${age} ms ago` : "";
}

function speak(text, now) {
  if (text === spoken.text || now - spoken.at < SPEAK_MS) return;
  spoken = { at: now, text };
  find("spoken").textContent = text;
}

function show(data) {
  const now = Date.now();
  const live = data.state === "live";
  showState(data.state, data.age_ms);
  showFaces(find("faces"), live ? data.faces : []);
  const faces = data.faces.length === 1 ? "One face in view." : `${data.faces.length} faces in view.`;
  find("note").textContent = data.faces.length && data.message ? `${faces} ${data.message}` : data.message || faces;
  const head = data.labels === "people" ? ", as people would say" : "";
  find("model").textContent = data.emotion ? `Network: ${data.model}${head}` : "";
  timeline.add(now, live ? data.emotion : null, data.confidence);
  timeline.draw(now);
  speak(live && data.emotion ? `${data.emotion}, ${percent(data.confidence)}` : find("note").textContent, now);
}

async function look() {
  if (document.hidden) return;
  try {
    const response = await fetch(`/emotion_data${query()}`);
    if (response.status === 404) return choose("");
    if (!response.ok) throw new Error(response.statusText);
    show(await response.json());
  } catch {
    showState("unreachable", null);
  }
}

async function listCameras() {
  const { cameras } = await (await fetch("/v1/cameras")).json();
  if (!camera && cameras.length) choose(cameras[0].name); // video and emotions are to be of the same one
  const select = find("camera");
  const names = cameras.map(({ name }) => name).sort();
  find("picker").hidden = names.length < 2;
  if (names.join() === [...select.options].map((option) => option.value).join()) return;
  select.replaceChildren(...names.map((name) => new Option(name, name)));
  select.value = camera || cameras[0]?.name || "";
}

function choose(name) {
  camera = name;
  timeline.clear();
  showVideo();
}

async function repeat(action, everyMs) {
  for (;;) {
    await Promise.all([action().catch(() => {}), new Promise((done) => setTimeout(done, everyMs))]);
  }
}

find("video").addEventListener("error", retryVideo);
find("video").addEventListener("load", () => (retryMs = RETRY_MS));
find("camera").addEventListener("change", (event) => choose(event.target.value));
document.addEventListener("visibilitychange", showVideo);
window.addEventListener("pagehide", () => find("video").removeAttribute("src"));
showVideo();
startNotice();
startPhoto(find);
startWebcam(find);
repeat(look, LOOK_MS);
repeat(listCameras, CAMERAS_MS);
