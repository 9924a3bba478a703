/** People are numbered as they appear, and each number has a colour of its own. */

/** Light enough for dark text in every one of them, and apart also for most who see fewer colours. */
export const COLOURS = ["#ffb224", "#5cc8ff", "#8fe388", "#ff9ec2", "#c9b0ff", "#5eead4", "#ffd9a0", "#dfe4ee"];

/** The colour of the person with this number, counted from 1. */
export const colourOf = (number) => COLOURS[(number - 1) % COLOURS.length];

/** Who a face is: its track, which begins at 1 again whenever capture is started, and so that start. */
export const identity = ({ epoch }, { track }) => `${epoch ?? ""}-${track}`;

/** Gives each identity the smallest number that nobody has had for `keepMs`: no two people of a timeline share one. */
export class Numbers {
  #seen = new Map(); // identity → {number, at}
  #keepMs;

  constructor(keepMs) {
    this.#keepMs = keepMs;
  }

  /** The number of somebody who is seen now. */
  of(identity, now) {
    let known = this.#seen.get(identity);
    if (!known) {
      for (const [other, { at }] of this.#seen) if (now - at > this.#keepMs) this.#seen.delete(other);
      const taken = new Set([...this.#seen.values()].map(({ number }) => number));
      let number = 1;
      while (taken.has(number)) number += 1;
      known = { number, at: now };
      this.#seen.set(identity, known);
    }
    known.at = now;
    return known.number;
  }

  clear() {
    this.#seen.clear();
  }
}
