/** What was shown of a camera in the last minutes: for the timeline and for taking it away. Kept in this page only. */
export const KEEP_MS = 10 * 60_000;
const MOST_ROWS = 40_000; // some ten minutes of four people at 15 pictures a second

export class Record {
  #rows = [];

  /** Add one picture and its faces; `at` is when it was taken, in milliseconds since 1970. */
  add(at, camera, message, faces) {
    for (const face of faces) {
      const { epoch, sequence, model, labels } = message;
      this.#rows.push({ at, camera, epoch, sequence, model, labels, ...face });
    }
    while (this.#rows.length > MOST_ROWS || this.#rows[0]?.at < at - KEEP_MS) this.#rows.shift();
  }

  /** All rows, the oldest first. */
  get rows() {
    return this.#rows;
  }

  /** Those of everybody since a time. */
  since(time) {
    return this.#rows.filter(({ at }) => at >= time);
  }

  clear() {
    this.#rows = [];
  }
}
