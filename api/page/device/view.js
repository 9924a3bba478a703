/** This device's camera on the page: started after the notice, shown with its boxes, and what was read beside it. */
import { named, onCameras } from "../live/cameras.js";
import { drawBoxes } from "../people/boxes.js";
import { Cards } from "../people/cards.js";
import { Numbers } from "../people/numbers.js";
import { find, make, say, setText } from "../shell/dom.js";
import { consent, onDeclined } from "../shell/notice.js";
import { isAway, onAway } from "../shell/server.js";
import { token } from "../shell/token.js";
import { Sender } from "./sender.js";

const KEEP_MS = 60_000;
const SILENT_MS = 2_000; // without an answer for so long nothing is claimed any more
const TICK_MS = 500;

const cards = new Cards(find("device-people"), { onMark: mark });
const numbers = new Numbers(KEEP_MS);
let sender = null;
let shown = { faces: [], width: 1 };
let marked = 0;
let answeredAt = -Infinity;

export function startDevice() {
  find("device-button").addEventListener("click", () => (sender ? end() : begin()));
  find("device-flip").addEventListener("click", flip);
  find("device-as").addEventListener("change", chosen);
  onDeclined(declined);
  window.addEventListener("pagehide", end);
  onCameras(listNames);
  onAway(() => sender && isAway() && clear());
  setInterval(() => performance.now() - answeredAt > SILENT_MS && clear(), TICK_MS);
}

async function begin() {
  const message = find("device-message");
  try {
    const seenAs = find("device-as").value;
    if (!(await consent(seenAs ? named(seenAs) : null))) return say(message, sender ? "" : message.textContent || "The camera was not started.");
    if (find("device-as").value !== seenAs) return; // chosen anew meanwhile
    sender?.stop();
    say(message, "Starting the camera …");
    const started = (sender = new Sender({
      video: find("device-video"),
      camera: seenAs || undefined,
      token: () => token("analyze"),
      onResult,
      onTrouble,
      onEnd: (sentence) => {
        end();
        say(message, sentence, "bad");
      },
    }));
    await started.start();
    if (sender !== started) return started.stop(); // ended meanwhile
    toggle(true);
    say(message, "");
    find("device-flip").hidden = !(await started.canFlip());
    turn();
  } catch (error) {
    end();
    say(message, error.message, "bad");
  }
}

function end() {
  sender?.stop();
  sender = null;
  numbers.clear();
  clear();
  toggle(false);
}

function toggle(on) {
  find("device").dataset.on = String(on);
  find("device-live").hidden = !on;
  find("device-intro").hidden = on;
  find("device-button").setAttribute("aria-pressed", String(on));
  find("device-on").hidden = !on;
  tellWho();
  if (!on) find("device-flip").hidden = true;
}

function onResult(result, roundTripMs) {
  if (!sender || !result) return;
  const now = (answeredAt = performance.now());
  const faces = result.faces.map((face, index) => ({ ...face, number: face.track ? numbers.of(face.track, now) : index + 1 }));
  shown = { faces, width: result.width };
  cards.show(faces);
  draw();
  setText(find("device-age"), `answered in ${Math.round(roundTripMs)} ms`);
  find("mirror").dataset.state = "live";
  setText(find("device-state"), "Live");
  say(find("device-message"), "");
  setText(find("device-note"), faces.length === 1 ? "One face." : faces.length ? `${faces.length} faces.` : result.message || "No face is in view.");
}

function onTrouble(sentence) {
  if (!sender || !sentence) return;
  clear();
  say(find("device-message"), sentence, "bad");
}

/** Nothing is known now: no box, no card, no age. */
function clear() {
  if (find("mirror").dataset.state === "connecting") return;
  shown = { faces: [], width: 1 };
  cards.show([]);
  draw();
  find("mirror").dataset.state = "connecting";
  setText(find("device-state"), "Connecting");
  setText(find("device-age"), "");
  setText(find("device-note"), "Nothing has been read yet.");
}

function draw() {
  const [canvas, video] = [find("device-canvas"), find("device-video")];
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const size = { width: Math.round(video.clientWidth * ratio), height: Math.round(video.clientHeight * ratio) };
  if (!size.width) return;
  Object.assign(canvas, size); // which clears it, too
  Object.assign(canvas.style, { width: `${video.clientWidth}px`, height: `${video.clientHeight}px` });
  drawBoxes(canvas.getContext("2d"), shown.faces, { scale: canvas.width / shown.width, mirrored: sender?.mirrored ?? true, marked, textPx: 14 * ratio });
}

function mark(number) {
  marked = number;
  draw();
}

async function flip() {
  try {
    await sender?.flip();
    turn();
  } catch (error) {
    end();
    say(find("device-message"), error.message, "bad");
  }
}

const turn = () => find("mirror").toggleAttribute("data-mirrored", sender?.mirrored ?? true);

/** Names that the operator has set aside for browsers; without one, nobody is told of this camera. */
function listNames(cameras) {
  const select = find("device-as");
  const names = cameras?.filter(({ kind, name }) => kind === "browser" && !name.startsWith("device-")).map(({ name }) => name) ?? [];
  find("device-as-line").hidden = !names.length;
  if (names.join() !== [...select.options].slice(1).map(({ value }) => value).join()) {
    const chosen = select.value;
    select.replaceChildren(make("option", { value: "", textContent: "me alone" }), ...names.map((name) => make("option", { value: name, textContent: name })));
    select.value = names.includes(chosen) ? chosen : "";
    if (chosen && !select.value) end(); // the name was taken back
  }
  tellWho();
}

/** Who sees this camera, before it is started as well as while it runs. */
function tellWho() {
  const name = find("device-as").value;
  setText(find("device-who"), name ? `Everybody who may watch this server sees this camera as ${name}.` : "Nobody else sees this camera; it is in no list.");
  setText(find("device-lead"), name ? "Your pictures go to this server, and to everybody who watches it." : "Your pictures go to this server only, a few a second, and each is gone once it has been read.");
  const start = name ? "Start my camera for everybody" : "Start my camera";
  setText(find("device-button").lastElementChild, sender ? "Stop my camera" : start);
}

/** Another audience: what runs is stopped at once, and begins again only if that is agreed to. */
function chosen() {
  const ran = Boolean(sender);
  end();
  if (ran) begin();
}

/** Who takes the agreement back, or does not give it, is filmed no longer. */
function declined() {
  const ran = Boolean(sender);
  end();
  find("device-as").value = "";
  tellWho();
  say(find("device-message"), ran ? "The camera was stopped, as you declined." : "");
}
