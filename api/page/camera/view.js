/** The page of one camera: video, people, the last minutes, and what can be taken away. */
import { lookForCameras, named, onCameras } from "../live/cameras.js";
import { watch } from "../live/live.js";
import { ageOf } from "../live/message.js";
import { Screen } from "../live/screen.js";
import { Cards } from "../people/cards.js";
import { EMOTIONS, percent, variable } from "../people/emotions.js";
import { identity, Numbers } from "../people/numbers.js";
import { find, make, setText } from "../shell/dom.js";
import { Speaker } from "../shell/speaker.js";
import { duration } from "../shell/words.js";
import { drawLanes } from "./lanes.js";
import { KEEP_MS, Record } from "./record.js";
import { Timeline } from "./timeline.js";
import { Tools } from "./tools.js";

const TICK_MS = 250;
const HOLD_MS = 1_500;
/** As the camera has it, which costs no encoding; phones get less. */
const WIDTH = matchMedia("(max-width: 600px)").matches ? 960 : 0;

let camera = "";
let stop = null;
let ends = [];
let picked = 0;
let readAt = -Infinity;
let span = 60_000;

const record = new Record();
const numbers = new Numbers(KEEP_MS);
const speaker = new Speaker();
const screen = new Screen(find("stage"));
const timeline = new Timeline(find("timeline"));
const tools = new Tools({ screen, record, onChange: look });
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
  picked = 0;
  readAt = -Infinity;
  record.clear();
  numbers.clear();
  screen.listed = null;
  screen.clear();
  setText(find("camera-name"), name);
  tools.begin(name);
  lookForCameras();
}

/** Watch with the options that are chosen now. */
function look() {
  stop?.();
  stop = tools.paused ? null : watch(camera, { width: WIDTH, boxes: false, blur: tools.blur }, show);
  tick();
}

function show(message) {
  const now = performance.now();
  const live = message.state === "live" && message.faces;
  const faces = (live ? message.faces : []).map((face) => ({ ...face, number: numbers.of(identity(message, face), now) }));
  const fresh = message.sequence !== screen.message?.sequence || message.drawn !== screen.message?.drawn;
  screen.show(message, faces);
  if (find("stage").dataset.state !== "live") return; // `tick` says why
  if (live && fresh && message.captured_at) record.add(message.captured_at * 1000, camera, message, faces);
  if (message.state === "live" && !message.faces) return notRead(message, now);
  readAt = now;
  if (!faces.some(({ number }) => number === picked)) picked = faces.length ? Math.min(...faces.map(({ number }) => number)) : 0;
  people(message, faces);
}

/** A picture that came before its analysis: what was read a moment ago stays, and no longer. */
function notRead(message, now) {
  if (now - readAt < HOLD_MS) return;
  cards.show([]);
  setText(find("note"), message.message || "This picture has not been read.");
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
  const state = screen.tick(performance.now(), tools.paused);
  if (state !== "live" && state !== "paused") {
    cards.show([]);
    setText(find("note"), ["away", "refused"].includes(state) ? "Nothing can be said while the server says nothing." : "Nothing can be said of it now.");
  }
  speaker.say(state === "live" ? sentence(screen.faces) : find("stage").querySelector(".state").textContent);
  tools.update();
  if (!tools.paused) drawTimeline();
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
  screen.hint = known?.kind === "browser" ? `On the device that is to send, choose ${camera} under My camera, at Seen by.` : "";
  find("demo-note").hidden = known?.kind !== "demo";
  find("stage").toggleAttribute("data-demo", known?.kind === "demo");
  tools.setBlurred(Boolean(known?.blur));
  showHistory(known);
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

find("legend").append(...EMOTIONS.map((emotion) => make("li", { style: { "--colour": variable(emotion) } }, make("i"), emotion)));
for (const choice of document.querySelectorAll("[name=span]")) {
  choice.addEventListener("change", () => {
    span = Number(choice.value) * 60_000;
    drawTimeline();
  });
}
new ResizeObserver(() => screen.draw()).observe(find("stage"));
