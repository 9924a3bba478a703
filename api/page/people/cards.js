/** A card a person with seven bars. Elements are kept from one answer to the next, so that bars glide. */
import { make, setText } from "../shell/dom.js";
import { EMOTIONS, percent, variable } from "./emotions.js";
import { colourOf } from "./numbers.js";
import { doubts } from "./quality.js";

const SHOWN = 12;
const SAME = 0.03; // the tick of this picture alone is shown where it differs by more from the bar

/** The people of one picture, in a list. */
export class Cards {
  #list;
  #more;
  #cards = new Map(); // number → card
  #onPick;

  /**
   * @param {Element} container is filled
   * @param {{onPick?: function, onMark?: function}} on a card was chosen, or is pointed at: `(number)`, 0 for none
   */
  constructor(container, { onPick, onMark } = {}) {
    this.#list = make("ul.people");
    this.#more = make("p.quiet", { hidden: true });
    this.#onPick = onPick;
    container.append(this.#list, this.#more);
    if (onMark) {
      const numberOf = (event) => Number(event.target.closest?.(".person")?.dataset.number ?? 0);
      for (const type of ["pointerover", "focusin"]) this.#list.addEventListener(type, (event) => onMark(numberOf(event)));
      for (const type of ["pointerleave", "focusout"]) this.#list.addEventListener(type, () => onMark(0));
    }
  }

  /** Show these faces, each with its `number`, in the order of the numbers. */
  show(faces, picked = 0) {
    const shown = faces.slice(0, SHOWN).sort((a, b) => a.number - b.number);
    const numbers = new Set(shown.map(({ number }) => number));
    for (const [number, card] of this.#cards) {
      if (numbers.has(number)) continue;
      card.remove();
      this.#cards.delete(number);
    }
    shown.forEach((face, index) => {
      const card = this.#cards.get(face.number) ?? this.#add(face.number);
      if (this.#list.children[index] !== card) this.#list.insertBefore(card, this.#list.children[index] ?? null);
      fill(card, face, { alone: faces.length === 1 && face.number === 1, picked: picked === face.number });
    });
    this.#list.dataset.count = String(Math.min(shown.length, 3));
    this.#more.hidden = faces.length <= SHOWN;
    setText(this.#more, faces.length > SHOWN ? `And ${faces.length - SHOWN} more.` : "");
  }

  #add(number) {
    const card = make("li.person", { data: { number }, style: { "--person": colourOf(number) } });
    const head = make("h3", {}, make("b.number", { textContent: number }), make("span.word"), make("span.share"));
    const bars = make("ul.bars", {}, ...EMOTIONS.map(bar));
    card.append(this.#pickable(head, number), make("p.doubts", { hidden: true }), bars);
    this.#cards.set(number, card);
    return card;
  }

  #pickable(head, number) {
    if (!this.#onPick) return head;
    const button = make("button.pick", { type: "button", title: "Show this person in the timeline" });
    button.append(...head.childNodes);
    button.addEventListener("click", () => this.#onPick(number));
    head.append(button);
    return head;
  }
}

function bar(emotion) {
  const track = make("span.bar", { aria: { hidden: "true" } }, make("i"), make("s"));
  const line = make("li", { style: { "--colour": variable(emotion) } }, make("span", { textContent: emotion }), track, make("b"));
  return line;
}

function fill(card, face, { alone, picked }) {
  const read = Boolean(face.emotion); // a server may find faces and read no emotions
  const number = card.querySelector(".number");
  number.setAttribute("aria-label", `Person ${face.number}`);
  card.toggleAttribute("data-alone", alone);
  card.style.setProperty("--colour", read ? variable(face.emotion) : "var(--quiet)");
  setText(card.querySelector(".word"), face.emotion ?? "Face");
  setText(card.querySelector(".share"), read ? percent(face.confidence) : "");
  card.querySelector(".pick")?.setAttribute("aria-pressed", String(picked));
  const doubt = doubts(face);
  card.querySelector(".doubts").hidden = !doubt;
  setText(card.querySelector(".doubts"), doubt);
  card.toggleAttribute("data-doubtful", Boolean(doubt));
  card.querySelector(".bars").hidden = !read;
  if (read) card.querySelectorAll(".bars li").forEach((line, index) => fillBar(line, EMOTIONS[index], face));
}

function fillBar(line, emotion, face) {
  const score = face.scores[emotion] ?? 0;
  line.toggleAttribute("data-first", emotion === face.emotion);
  setText(line.querySelector("b"), percent(score));
  line.querySelector("i").style.width = `${score * 100}%`;
  const raw = face.raw_scores?.[emotion];
  const tick = line.querySelector("s");
  tick.hidden = raw === undefined || Math.abs(raw - score) < SAME;
  if (!tick.hidden) tick.style.left = `${raw * 100}%`;
}
