/** One camera's picture on a canvas, its state, and how old it is. What is too old is dimmed, and claims nothing. */
import { setText } from "../shell/dom.js";
import { isAway, refused } from "../shell/server.js";
import { drawBoxes } from "../people/boxes.js";
import { ageOf } from "./message.js";

/** A picture that is older than this is the last one, not the present one. */
export const STALE_MS = 3_000;

const WORDS = { connecting: "Connecting", live: "Live", stalled: "Stalled", gone: "No picture", late: "Nothing new", away: "Server away", paused: "Paused", refused: "No access" };

const CLAIMS = new Set(["live", "paused"]);

/** What can be said of a camera now, by its newest message and by the list of cameras: one of the keys of `WORDS`. */
export function stateOf(message, now, listed = null) {
  if (refused()) return "refused";
  if (isAway()) return "away";
  if (!message) return listed && listed.state !== "live" ? listed.state : "connecting";
  const patience = Math.max(STALE_MS, 3_000 / (listed?.fps || 1)); // some cameras have a picture every few seconds
  if (message.state === "live" && ((ageOf(message, now) ?? Infinity) > patience + 1_000 || now - message.receivedAt > patience)) return "late";
  return message.state in WORDS ? message.state : "gone";
}

export class Screen {
  message = null; // the newest one
  listed = null; // what the list of cameras says of it
  hint = ""; // what somebody can do where it sends nothing
  faces = []; // of the picture that is shown
  marked = 0;
  textPx = 0; // of labels, in CSS pixels; 0: as the picture is large
  brief = false; // whether labels are a word only
  #parts;
  #picture = null; // a canvas with the last picture as it came, for boxes drawn again and for snapshots
  #drawn = false;
  #width = 1; // of the picture that was analysed, by which boxes are measured

  /** @param {Element} element holds a canvas, and optionally .state, .age and .veil */
  constructor(element) {
    const part = (selector) => element.querySelector(selector);
    this.element = element;
    this.#parts = { canvas: part("canvas"), state: part(".state span"), age: part(".age"), veil: part(".veil") };
  }

  /** Draw a message; `faces` with their numbers are what is said of exactly this picture. */
  show(message, faces) {
    this.message = message;
    if (message.source && message.picture !== "placeholder") {
      this.#keep(message.source);
      this.#drawn = message.drawn;
      this.element.toggleAttribute("data-drawn", message.drawn);
      this.#width = message.width;
      this.faces = faces;
      this.draw();
    }
    this.tick(performance.now());
  }

  #keep(source) {
    const [width, height] = [source.naturalWidth ?? source.width, source.naturalHeight ?? source.height];
    this.#picture ??= document.createElement("canvas");
    if (this.#picture.width !== width || this.#picture.height !== height) Object.assign(this.#picture, { width, height });
    this.element.style.setProperty("--aspect", `${width} / ${height}`);
    this.#picture.getContext("2d").drawImage(source, 0, 0);
  }

  /** Draw the kept picture with its boxes, as sharp as the display is. */
  draw() {
    const canvas = this.#parts.canvas;
    if (!this.#picture) return;
    const { width, height } = this.#picture;
    const shown = Math.min(canvas.clientWidth || width, ((canvas.clientHeight || height) * width) / height);
    const scale = Math.max(0.25, (shown * Math.min(2, window.devicePixelRatio || 1)) / width);
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
    this.#paint(canvas, (this.textPx || Math.min(16, Math.max(12, shown / 46))) * (canvas.width / shown));
  }

  #paint(canvas, textPx) {
    const context = canvas.getContext("2d");
    context.drawImage(this.#picture, 0, 0, canvas.width, canvas.height);
    if (this.#drawn || !this.faces.length) return;
    drawBoxes(context, this.faces, { scale: canvas.width / this.#width, marked: this.marked, textPx, brief: this.brief });
  }

  /** The picture with its boxes in its own size, as a canvas; null before the first. */
  snapshot() {
    if (!this.#picture) return null;
    const canvas = Object.assign(document.createElement("canvas"), { width: this.#picture.width, height: this.#picture.height });
    this.#paint(canvas, Math.max(13, canvas.width / 46));
    return canvas;
  }

  /** Why there is no picture; since when, if the list of cameras speaks of the same state; and what to do. */
  #why(state) {
    const { message, listed, hint } = this;
    const reason = message?.reason ?? listed?.reason ?? message?.message;
    const since = listed?.state === state && listed.since ? `since ${clock(listed.since)}` : "";
    return { reason, more: [since, state === "gone" ? hint : ""].filter(Boolean) };
  }

  /** Whether there is a picture. */
  get empty() {
    return this.#picture === null;
  }

  /** Forget the picture: another camera comes, or one that is blurred from now on. */
  clear() {
    this.message = null;
    this.faces = [];
    this.#picture = null;
    const canvas = this.#parts.canvas;
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    this.tick(performance.now());
  }

  /** Say how things are at this moment; returns the state. */
  tick(now, paused = false) {
    const state = paused ? "paused" : stateOf(this.message, now, this.listed);
    this.element.dataset.state = state;
    if (this.faces.length && !CLAIMS.has(state)) {
      this.faces = []; // the boxes go, and what they claimed
      this.draw();
    }
    this.element.toggleAttribute("data-empty", this.#picture === null);
    if (this.#parts.state) setText(this.#parts.state, WORDS[state]);
    if (this.#parts.age) setText(this.#parts.age, state === "live" ? `${ageOf(this.message, now)} ms ago` : "");
    if (this.#parts.veil) setText(this.#parts.veil, veil(state, this.#why(state)));
    return state;
  }
}

function veil(state, { reason, more }) {
  if (state === "live" || state === "paused") return "";
  if (state === "connecting") return "Waiting for the first picture.";
  if (state === "late") return "No new picture has come for some seconds.";
  if (state === "refused") return "The server shows this page nothing any more.";
  if (state === "away") return "The server cannot be reached. It is tried again.";
  const why = reason || (state === "stalled" ? "Pictures come, but nobody reads them just now." : "The camera sends no picture.");
  return [why, ...more].join("\n");
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });
