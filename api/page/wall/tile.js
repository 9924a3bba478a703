/** One camera of a wall: small, five pictures a second, and a link to its page. */
import { make, setText } from "../shell/dom.js";
import { watch } from "../live/live.js";
import { Screen } from "../live/screen.js";
import { identity, Numbers } from "../people/numbers.js";
import { percent } from "../people/emotions.js";

const OPTIONS = { width: 320, fps: 5, boxes: false, blur: false };
const KEEP_MS = 60_000;

export class Tile {
  #screen;
  #said;
  #badge;
  #numbers = new Numbers(KEEP_MS);
  #stop;

  constructor({ name }) {
    this.#said = make("span.said");
    this.#badge = make("span.badge", { hidden: true });
    const screen = make(
      "span.screen", { data: { state: "connecting" } },
      make("canvas", { width: 320, height: 240, aria: { hidden: "true" } }),
      make("span.state", {}, make("i", { aria: { hidden: "true" } }), make("span", { textContent: "Connecting" })),
      make("span.veil"),
    );
    const words = make("span.words", {}, make("b", { textContent: name }), this.#badge, this.#said);
    this.element = make("li.tile", {}, make("a", { href: `#/camera/${encodeURIComponent(name)}` }, screen, words));
    this.#screen = new Screen(screen);
    Object.assign(this.#screen, { textPx: 11, brief: true });
    this.#stop = watch(name, OPTIONS, (message) => this.#show(message));
  }

  #show(message) {
    const now = performance.now();
    const faces = (message.faces ?? []).map((face) => ({ ...face, number: this.#numbers.of(identity(message, face), now) }));
    this.#screen.show(message, faces);
    this.tick(now);
  }

  /** What the list of cameras says of it. */
  note(listed) {
    const { kind } = listed;
    this.#screen.listed = listed;
    this.#badge.hidden = kind !== "demo";
    setText(this.#badge, kind === "demo" ? "Demo" : "");
  }

  tick(now) {
    const state = this.#screen.tick(now);
    setText(this.#said, state === "live" ? sentence(this.#screen.message.faces) : "");
  }

  end() {
    this.#stop();
  }
}

function sentence(faces) {
  if (!faces) return ""; // this picture has not been read
  if (!faces.length) return "No face";
  if (faces.length > 1) return `${faces.length} faces`;
  const [{ emotion, confidence }] = faces;
  return emotion ? `${emotion} ${percent(confidence)}` : "One face";
}
