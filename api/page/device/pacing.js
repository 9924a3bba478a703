/** How large pictures are sent: smaller where answers take long, larger again where they come at once. */
const WIDTHS = [240, 320, 480, 640, 960, 1280];
const FIRST = 2;
const SLOW_MS = 250; // what is drawn lags behind visibly
const FAST_MS = 90;
const SLOW_ONES = 4; // so many answers say that it was no accident
const FAST_ONES = 25;

export class Pacing {
  #at = FIRST;
  #slow = 0;
  #fast = 0;
  #limit;

  /** `limit`: longest side that the server wants, in pixels. */
  constructor(limit = WIDTHS[WIDTHS.length - 1]) {
    this.#limit = limit;
  }

  /** Size of the next picture, with the shape of the camera's, and never larger than that is. */
  sizeOf(width, height) {
    const longest = Math.max(width, height, 1);
    const scale = Math.min(1, WIDTHS[this.#at] / longest, this.#limit / longest);
    return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  }

  /** A picture was answered, with a result, after so many milliseconds. */
  answered(roundTripMs) {
    this.#slow = roundTripMs > SLOW_MS ? this.#slow + 1 : 0;
    this.#fast = roundTripMs < FAST_MS ? this.#fast + 1 : 0;
    if (this.#slow >= SLOW_ONES) this.#step(-1);
    if (this.#fast >= FAST_ONES) this.#step(1);
  }

  #step(by) {
    this.#slow = this.#fast = 0;
    this.#at = Math.max(0, Math.min(WIDTHS.length - 1, this.#at + by));
  }
}
