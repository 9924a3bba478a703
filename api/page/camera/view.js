/** The page of one camera: video, people, the last minutes, and what can be taken away. */
import { lookForCameras, named, onCameras } from "../live/cameras.js";
import { watch } from "../live/live.js";
import { ageOf } from "../live/message.js";
import { Screen } from "../live/screen.js";
import { Cards } from "../people/cards.js";
import { EMOTIONS, percent, variable } from "../people/emotions.js";
import { Numbers } from "../people/numbers.js";
import { find, make, setText } from "../shell/dom.js";
import { download, fileName } from "../shell/download.js";
import { Speaker } from "../shell/speaker.js";
import { duration } from "../shell/words.js";
import { toCsv } from "./csv.js";
import { drawLanes } from "./lanes.js";
import { KEEP_MS, Record } from "./record.js";
import { Timeline } from "./timeline.js";

const TICK_MS = 250;
/** As the camera has it, which costs no encoding; phones get less. */
const WIDTH = matchMedia("(max-width: 600px)").matches ? 960 : 0;

let camera = "";
let stop = null;
let ends = [];
let paused = false;
let picked = 0;
let span = 60_000;

const record = new Record();
const numbers = new Numbers(KEEP_MS);
const speaker = new Speaker();
const screen = new Screen(find("stage"));
const timeline = new Timeline(find("timeline"));
const cards = new Cards(find("people"), { onPick: pick, onMark: mark });

export const cameraView = {
  title: (name) => name,
  show(name) {
    if (name !== camera) begin(name);
    const timer = setInterval(tick, TICK_MS);
    ends = [onCameras(note), () => clearInterval(timer)];
    look();
  },
  hide() {
    for (const end of ends) end();
    stop?.();
    stop = null;
  },
};

function begin(name) {
  camera = name;
  paused = false;
  picked = 0;
  record.clear();
  numbers.clear();
  screen.listed = null;
  screen.clear();
  setText(find("camera-name"), name);
  find("blur").checked = false;
  lookForCameras();
}

/** Watch with the options that are chosen now. */
function look() {
  stop?.();
  stop = paused ? null : watch(camera, { width: WIDTH, boxes: false, blur: find("blur").checked }, show);
  find("pause").setAttribute("aria-pressed", String(paused));
  setText(find("pause").lastElementChild, paused ? "Go on" : "Pause");
}

function show(message) {
  const now = performance.now();
  const live = message.state === "live" && message.faces;
  const faces = (live ? message.faces : []).map((face) => ({ ...face, number: numbers.of(face.track, now) }));
  const fresh = message.sequence !== screen.message?.sequence || message.drawn !== screen.message?.drawn;
  screen.show(message, faces);
  if (live && fresh && message.captured_at) record.add(message.captured_at * 1000, camera, message, faces);
  if (!faces.some(({ number }) => number === picked)) picked = faces.length ? Math.min(...faces.map(({ number }) => number)) : 0;
  people(message, faces);
}

function people(message, faces) {
  cards.show(faces, faces.length > 1 ? picked : 0);
  const count = faces.length === 1 ? "One face in view." : `${faces.length} faces in view.`;
  setText(find("note"), [faces.length ? count : "", message.message].filter(Boolean).join(" ") || "No face is in view.");
  const head = message.labels === "people" ? ", as people would say" : "";
  setText(find("model"), message.model ? `Network ${message.model}${head}` : "");
}

/** What goes by the clock: the age, whether anything can still be claimed, the timeline. */
function tick() {
  const state = screen.tick(performance.now(), paused);
  if (state !== "live" && state !== "paused") {
    cards.show([]);
    setText(find("note"), state === "away" ? "Nothing can be said while the server is away." : "Nothing can be said of it now.");
    if (screen.faces.length) {
      screen.faces = []; // the boxes go with what they claimed
      screen.draw();
    }
  }
  speaker.say(state === "live" ? sentence(screen.faces) : find("stage").querySelector(".state").textContent);
  if (!paused) drawTimeline();
}

function sentence(faces) {
  if (faces.length === 1 && faces[0].emotion) return `${faces[0].emotion}, ${percent(faces[0].confidence)}`;
  return faces.length ? faces.map(({ number, emotion }) => `Person ${number}: ${emotion ?? "face"}`).join(", ") : "No face in view";
}

function drawTimeline() {
  const message = screen.message;
  const end = message?.captured_at ? message.captured_at * 1000 + (ageOf(message, performance.now()) ?? 0) : Date.now();
  const rows = record.since(end - span);
  const one = picked || rows.at(-1)?.number || 0; // who was there last, where nobody is
  timeline.span = span;
  timeline.show(rows.filter(({ number }) => number === one), end);
  if (timeline.axis) drawLanes(find("lanes"), rows, { since: end - span, until: end }, timeline.axis);
  setText(find("timeline-of"), rows.some(({ number }) => number !== one) ? `Lines: person ${one}` : "");
}

function note(cameras) {
  const known = named(camera);
  screen.listed = known ?? (cameras && { state: "gone", reason: "This server has no camera of this name." });
  find("demo-note").hidden = known?.kind !== "demo";
  find("stage").toggleAttribute("data-demo", known?.kind === "demo");
  const blur = find("blur");
  if (known?.blur && !blur.checked) {
    blur.checked = true;
    if (!paused) look();
  }
  showHistory(known);
  blur.disabled = Boolean(known?.blur);
  find("blur-why").hidden = !known?.blur;
}

/** A camera that is remembered by the server says so, and for how long. */
function showHistory(known) {
  const kept = known?.history_s ?? 0;
  find("history").hidden = !kept;
  if (!kept) return;
  setText(find("history-kept"), duration(kept));
  for (const link of find("history").querySelectorAll("a")) {
    link.href = `/v1/cameras/${encodeURIComponent(camera)}/history?format=${link.dataset.format}`;
  }
}

function pick(number) {
  picked = number;
  cards.show(screen.faces, picked);
  drawTimeline();
}

function mark(number) {
  if (screen.marked === number) return;
  screen.marked = number;
  screen.draw();
}

function snapshot() {
  screen.snapshot()?.toBlob((blob) => download(blob, fileName(camera, "png")), "image/png");
}

function takeCsv() {
  download(new Blob([toCsv(record.rows)], { type: "text/csv" }), fileName(camera, "csv"));
}

function pause() {
  paused = !paused;
  look();
  tick();
}

function blurred() {
  screen.clear(); // no picture from before stays
  if (!paused) look();
}

const KEYS = { " ": pause, p: pause, s: snapshot, b: () => find("blur").click(), f: fullscreen };

function fullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else find("stage").requestFullscreen?.();
}

find("legend").append(...EMOTIONS.map((emotion) => make("li", { style: { "--colour": variable(emotion) } }, make("i"), emotion)));
find("pause").addEventListener("click", pause);
find("snapshot").addEventListener("click", snapshot);
find("csv").addEventListener("click", takeCsv);
find("full").addEventListener("click", fullscreen);
find("blur").addEventListener("change", blurred);
for (const choice of document.querySelectorAll("[name=span]")) {
  choice.addEventListener("change", () => {
    span = Number(choice.value) * 60_000;
    drawTimeline();
  });
}
find("stage").addEventListener("keydown", (event) => {
  const action = KEYS[event.key.toLowerCase()];
  if (!action || event.ctrlKey || event.metaKey || event.altKey || event.target !== find("stage")) return;
  event.preventDefault();
  action();
});
new ResizeObserver(() => screen.draw()).observe(find("stage"));
