/** The viewers' WebSocket: one for all cameras, opened anew when it ends, for as long as something is looked at. */
import { ask, Refused, setAway, setRefused } from "../shell/server.js";
import { token } from "../shell/token.js";
import { parse } from "./message.js";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;
const REFUSED_MS = 60_000;
const OPENS_WITHIN_MS = 5_000;
const FAILURES = 2; // where the server has no objection, after which the socket is given up: a proxy is in the way

/** The status of a plain request; 0 without an answer. A refused key is told to the whole page. */
async function status(path) {
  try {
    const answer = await ask(path);
    const refusal = new Refused(answer.status, (await answer.json().catch(() => ({}))).error);
    if (refusal.forKey) setRefused(refusal.message);
    return answer.status;
  } catch {
    return 0;
  }
}

export class Socket {
  #deliver;
  #giveUp;
  #socket = null;
  #wanted = {};
  #retryMs = FIRST_RETRY_MS;
  #timer = 0;
  #failures = 0;
  #closed = false;
  #busy = new Map(); // camera → the newest message that waits while one is decoded

  constructor({ deliver, giveUp }) {
    this.#deliver = deliver;
    this.#giveUp = giveUp;
  }

  /** Look at these cameras: name → options. None ends the connection. */
  want(cameras) {
    const covered = Object.keys(cameras).some((name) => cameras[name].blur && this.#wanted[name]?.blur === false);
    this.#wanted = cameras;
    if (covered) this.#end(); // what is on its way over this connection shows faces: a new one has no such picture
    if (!Object.keys(cameras).length) return this.#end();
    if (this.#socket?.readyState === WebSocket.OPEN) this.#send({ watch: cameras });
    else if (!this.#socket && !this.#timer) this.#open();
  }

  close() {
    this.#closed = true;
    this.#end();
  }

  #end() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  async #open() {
    this.#timer = -1;
    const key = await token("live");
    this.#timer = 0;
    if (this.#closed || this.#socket || !Object.keys(this.#wanted).length) return;
    const address = new URL("/v1/live", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    if (key) address.searchParams.set("token", key);
    const socket = (this.#socket = new WebSocket(address));
    socket.binaryType = "arraybuffer";
    let opened = false;
    const late = setTimeout(() => socket.close(), OPENS_WITHIN_MS);
    socket.onopen = () => {
      clearTimeout(late);
      opened = true;
      this.#failures = 0;
      setAway(false);
      this.#send({ watch: this.#wanted });
    };
    socket.onmessage = ({ data }) => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#receive(socket, data);
    };
    socket.onclose = () => {
      clearTimeout(late);
      if (this.#socket !== socket) return; // ended by this page
      this.#socket = null;
      this.#lost(opened);
    };
  }

  /** Wait and open it anew. Asked plainly, the same address says why it opens none: that it would (426), or not (404). */
  async #lost(opened) {
    const why = opened ? 0 : await status("/v1/live");
    if (this.#closed) return;
    if (why === 426 || why === 404) this.#failures += 1;
    if (this.#failures >= FAILURES) return this.#giveUp();
    if (why === 401 || why === 403) this.#retryMs = REFUSED_MS;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (Object.keys(this.#wanted).length) this.#open();
    }, this.#retryMs * (0.5 + Math.random()));
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Decode one picture a camera at a time; of those that come meanwhile only the newest is drawn. */
  async #receive(socket, data) {
    if (typeof data === "string") return;
    let message = parse(data, performance.now());
    const { camera } = message;
    if (this.#busy.has(camera)) {
      this.#acknowledge(socket, this.#busy.get(camera));
      return this.#busy.set(camera, message);
    }
    while (message) {
      this.#busy.set(camera, null);
      await this.#draw(socket, message);
      message = this.#busy.get(camera);
    }
    this.#busy.delete(camera);
  }

  async #draw(socket, message) {
    const bitmap = message.jpeg ? await createImageBitmap(message.jpeg).catch(() => null) : null;
    if (socket === this.#socket && message.camera in this.#wanted) this.#deliver({ ...message, source: bitmap, drawn: false });
    bitmap?.close();
    this.#acknowledge(socket, message);
  }

  #acknowledge(socket, message) {
    if (message && socket === this.#socket) this.#send({ shown: { camera: message.camera, serial: message.serial } });
  }
}
