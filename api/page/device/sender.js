/**
 * This device's camera as a camera of the server: pictures out, what was read in them back.
 *
 * The newest picture is sent whenever there is room for one; two are on their way at a time over a WebSocket, and one
 * where pictures have to be posted. While the page is hidden the camera is off, and it comes back by itself.
 */
import { stayAwake } from "./awake.js";
import { Camera } from "./camera.js";
import { Pacing } from "./pacing.js";
import { PostTransport } from "./post.js";
import { NoWebSocket, SocketTransport } from "./socket.js";

const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
const DROPS_THAT_TELL = 3;
const NEWER = /newer picture/i; // that is how it is meant to be

/** The name of a camera that nobody else is told of; see docs/privacy.md. */
export function ownName() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `device-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Sender {
  #options;
  #camera;
  #pacing = new Pacing();
  #transport = null;
  #canvas = document.createElement("canvas");
  #turn = 0; // of `start`: what an earlier one still waits for is for nothing
  #retryMs = RETRY_MS;
  #sentAt = -Infinity;
  #drops = 0;
  #onVisibility = () => this.#visibilityChanged();

  /**
   * @param {{video: HTMLVideoElement, onResult: function, onTrouble: function, camera?: string, token?: function}} options
   *   `onResult(result, roundTripMs, why)`: as `/emotion_data`, or null and why the picture was dropped;
   *   `onTrouble(sentence)`: for the person, empty once it is over; `onEnd(sentence)`: the camera was taken away;
   *   `camera`: a name of the registry, which everybody sees; without it one that nobody is told of;
   *   `token()`: gives (or promises) a token for the address, where keys are required
   */
  constructor(options) {
    this.#options = { onEnd: () => {}, ...options };
    this.#camera = new Camera(options.video, (sentence) => {
      this.stop();
      this.#options.onTrouble(sentence);
      this.#options.onEnd(sentence);
    });
  }

  /** Whether the picture beneath the boxes is to be shown mirrored. */
  get mirrored() {
    return this.#camera.mirrored;
  }

  /** `socket`, `post`, or nothing while there is no connection. */
  get way() {
    return this.#transport ? (this.#transport instanceof PostTransport ? "post" : "socket") : "";
  }

  /** @throws {Error} with a sentence: the camera cannot be had */
  async start() {
    this.stop();
    const turn = (this.#turn += 1);
    await this.#camera.open();
    if (turn !== this.#turn) return;
    stayAwake(true);
    document.addEventListener("visibilitychange", this.#onVisibility);
    this.#run(turn);
  }

  stop() {
    this.#turn += 1;
    this.#leave();
    document.removeEventListener("visibilitychange", this.#onVisibility);
    stayAwake(false);
  }

  canFlip() {
    return this.#camera.canFlip();
  }

  /** @throws {Error} with a sentence */
  async flip() {
    await this.#camera.flip();
  }

  #leave() {
    this.#transport?.close();
    this.#transport = null;
    this.#camera.close();
  }

  async #visibilityChanged() {
    const turn = (this.#turn += 1);
    if (document.hidden) return this.#leave();
    try {
      await this.#camera.open();
    } catch (error) {
      this.stop();
      this.#options.onTrouble(error.message);
      return this.#options.onEnd(error.message);
    }
    if (turn === this.#turn) this.#run(turn);
  }

  async #run(turn) {
    while (turn === this.#turn) {
      if (!this.#transport && !(await this.#connect(turn))) continue;
      await this.#frame();
      if (turn !== this.#turn || !this.#transport) continue;
      if (this.#transport.inFlight < this.#transport.mostInFlight) await this.#send(turn);
    }
  }

  /** Returns whether there is a way to send now. */
  async #connect(turn) {
    const name = this.#options.camera ?? ownName();
    try {
      const transport = await SocketTransport.open(name, await this.#options.token?.(), (why) => this.#ended(turn, why));
      this.#take(turn, transport);
    } catch (error) {
      if (error instanceof NoWebSocket) this.#take(turn, new PostTransport());
      else if (turn === this.#turn) await this.#later(error);
    }
    return turn === this.#turn && Boolean(this.#transport);
  }

  #take(turn, transport) {
    if (turn !== this.#turn) return transport.close();
    this.#transport = transport;
    this.#pacing = new Pacing(transport.terms.width);
    this.#retryMs = RETRY_MS;
    this.#options.onTrouble("");
  }

  #ended(turn, why) {
    if (turn !== this.#turn) return;
    this.#transport = null;
    if (why.again) return this.#options.onTrouble(why.message);
    this.stop();
    this.#options.onTrouble(why.message);
    this.#options.onEnd(why.message);
  }

  async #later(error) {
    this.#options.onTrouble(error.message);
    if (error.again === false) {
      this.stop();
      return this.#options.onEnd(error.message);
    }
    await pause(this.#retryMs * (0.5 + Math.random()));
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
  }

  /** Wait for the camera's next picture, no sooner than the server takes one. */
  async #frame() {
    const video = this.#options.video;
    const next = new Promise((done) => (video.requestVideoFrameCallback?.(done) ?? setTimeout(done, 30), setTimeout(done, 250)));
    await Promise.all([next, pause(Math.max(0, this.#sentAt + 1000 / this.#transport.terms.fps - performance.now()))]);
  }

  async #send(turn) {
    const blob = await this.#picture();
    const transport = this.#transport;
    if (!blob || turn !== this.#turn || !transport) return;
    const sentAt = (this.#sentAt = performance.now());
    transport.send(blob).then(({ result, why }) => {
      if (turn === this.#turn) this.#answered(result, performance.now() - sentAt, why);
    });
  }

  #answered(result, roundTripMs, why) {
    if (result) this.#pacing.answered(roundTripMs);
    this.#drops = result || NEWER.test(why) ? 0 : this.#drops + 1;
    if (this.#drops === DROPS_THAT_TELL) this.#options.onTrouble(why);
    if (result) this.#options.onTrouble("");
    this.#options.onResult(result, roundTripMs, why);
  }

  #picture() {
    const { video } = this.#options;
    if (!video.videoWidth || !this.#camera.running) return null;
    const size = this.#pacing.sizeOf(video.videoWidth, video.videoHeight);
    Object.assign(this.#canvas, size);
    this.#canvas.getContext("2d", { alpha: false }).drawImage(video, 0, 0, size.width, size.height);
    return new Promise((done) => this.#canvas.toBlob(done, "image/jpeg", this.#transport.terms.quality / 100));
  }
}
