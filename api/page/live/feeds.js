/**
 * The same messages without a WebSocket: pictures from `/video_feed`, with their boxes drawn by the server, and what is
 * said of them from `/emotion_data`. A browser opens six connections to a server at most: with more cameras than
 * `STREAMS` the pictures come in turns.
 */
import { named } from "./cameras.js";
import { askJson, refused } from "../shell/server.js";

const STREAMS = 3;
const TURN_MS = 1_500;
const LOOK_MS = 250;
const MOST_FPMS = 0.1; // frames a millisecond: more than any camera has
const LEAP = 100; // frames
const LONGEST_LOOK_MS = 2_000; // between two questions about a camera, on a wall

export class Feeds {
  #deliver;
  #feeds = new Map(); // camera → Feed
  #timer = 0;
  #first = 0;

  constructor({ deliver }) {
    this.#deliver = deliver;
  }

  want(cameras) {
    const names = Object.keys(cameras);
    const pauseMs = Math.min(LONGEST_LOOK_MS, LOOK_MS * Math.max(1, names.length));
    for (const [camera, feed] of this.#feeds) {
      if (names.includes(camera) && feed.isFor(cameras[camera])) continue;
      feed.end();
      this.#feeds.delete(camera);
    }
    for (const camera of names) {
      if (!this.#feeds.has(camera)) this.#feeds.set(camera, new Feed(camera, cameras[camera], this.#deliver));
      this.#feeds.get(camera).pauseMs = pauseMs;
    }
    clearInterval(this.#timer);
    this.#takeTurns();
    if (names.length > STREAMS) this.#timer = setInterval(() => this.#takeTurns(), TURN_MS);
  }

  close() {
    this.want({});
  }

  #takeTurns() {
    const feeds = [...this.#feeds.values()];
    const turn = (index) => (index - this.#first + feeds.length) % feeds.length < STREAMS;
    feeds.forEach((feed, index) => feed.stream(turn(index)));
    this.#first = feeds.length ? (this.#first + STREAMS) % feeds.length : 0;
  }
}

class Feed {
  pauseMs = LOOK_MS;
  #camera;
  #options;
  #deliver;
  #image = new Image();
  #streaming = false;
  #ended = false;
  #turn = 0;
  #said = null;
  #drawing = 0;
  #last = { sequence: null, receivedAt: 0 };
  #epoch = null;

  constructor(camera, options, deliver) {
    this.#camera = camera;
    this.#options = options;
    this.#deliver = deliver;
    this.#image.onerror = () => setTimeout(() => this.#streaming && this.#begin(), LONGEST_LOOK_MS);
    this.#drawing = setInterval(() => this.#show(), 1000 / Math.min(options.fps || 10, 10));
    this.#look();
  }

  isFor(options) {
    return JSON.stringify(options) === JSON.stringify(this.#options);
  }

  stream(on) {
    if (on === this.#streaming) return;
    this.#streaming = on;
    if (on) this.#begin();
    else this.#image.removeAttribute("src");
  }

  end() {
    this.#ended = true;
    clearInterval(this.#drawing);
    this.stream(false);
  }

  #begin() {
    const { width, fps, blur } = this.#options;
    this.#turn += 1; // browsers show the picture they have again when the address is the same
    const query = new URLSearchParams({ camera: this.#camera, turn: this.#turn });
    if (width) query.set("width", width);
    if (fps) query.set("fps", fps);
    if (blur) query.set("blur", "true");
    this.#image.src = `/video_feed?${query}`;
  }

  async #look() {
    while (!this.#ended) {
      const pause = new Promise((done) => setTimeout(done, this.pauseMs));
      if (refused() || named(this.#camera)?.last_frame_at === null) {
        await pause; // the latter has sent nothing yet, and would not be found
        continue;
      }
      try {
        const said = await askJson(`/emotion_data?camera=${encodeURIComponent(this.#camera)}`);
        if (this.#said === null && this.#streaming && this.#image.complete) this.#begin(); // the server is back
        this.#said = this.#message(said, performance.now());
      } catch {
        this.#said = null;
      }
      await pause;
    }
  }

  /** As from the WebSocket; the start of capture is known from sequences, which then leap ahead to the time in ms. */
  #message(said, receivedAt) {
    const { sequence, receivedAt: before } = this.#last;
    if (sequence === null || said.sequence - sequence > LEAP + MOST_FPMS * (receivedAt - before)) this.#epoch = said.sequence;
    if (said.sequence !== null) this.#last = { sequence: said.sequence, receivedAt };
    return { ...said, epoch: this.#epoch, camera: this.#camera, receivedAt, picture: "analyzed" };
  }

  #show() {
    if (!this.#said) return;
    const source = this.#streaming && this.#image.naturalWidth ? this.#image : null;
    this.#deliver({ ...this.#said, source, drawn: true });
  }
}
