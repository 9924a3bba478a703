/** Tells a screen reader what has changed, and seldom: a sentence is read out once it has held for a while. */
import { find, setText } from "./dom.js";

const EVERY_MS = 6_000;
const HOLDS_MS = 1_000;

export class Speaker {
  #said = "";
  #saidAt = -Infinity;
  #next = { text: "", since: 0 };

  /** To be called with what is true now, as often as one likes. Numbers that only drift are not read out again. */
  say(text, now = performance.now()) {
    const kind = text.replaceAll(/, \d+ %/g, "");
    if (kind !== this.#next.text) this.#next = { text: kind, since: now };
    if (kind === this.#said || now - this.#next.since < HOLDS_MS || now - this.#saidAt < EVERY_MS) return;
    this.#said = kind;
    this.#saidAt = now;
    setText(find("spoken"), text);
  }
}
