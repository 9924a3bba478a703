/** Pictures to `/v1/cameras/{name}/ingest`, over a WebSocket; answers as they come. */
const OPEN_MS = 8_000;
const AGAIN = new Set([1000, 1001, 1005, 1006, 1011, 1012, 1013]); // a gateway that ends, fails or is full; else it refuses

/** No WebSocket can be had here, and pictures may be posted in its place. */
export class NoWebSocket extends Error {}

/** It cannot be had now, and the message is a sentence on why; `again`: whether to try again by itself. */
export class NotNow extends Error {
  constructor(sentence, again) {
    super(sentence);
    this.again = again;
  }
}

const AWAY = "The server cannot be reached just now. The camera goes on as soon as it is back.";

export class SocketTransport {
  #socket;
  #waiting = new Map(); // number → {resolve, at}
  #number = 0;
  #onEnd;

  /**
   * @throws {NoWebSocket} a proxy does not pass it on, or the server knows of none
   * @throws {NotNow} the server refuses, or is away
   */
  static async open(camera, token, onEnd) {
    const path = `/v1/cameras/${encodeURIComponent(camera)}/ingest`;
    const query = token ? `?${new URLSearchParams({ token })}` : "";
    const url = new URL(path + query, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const transport = new SocketTransport(new WebSocket(url), onEnd);
    try {
      transport.terms = await transport.#ready();
    } catch {
      throw await whyNot(path + query);
    }
    return transport;
  }

  constructor(socket, onEnd) {
    this.#socket = socket;
    this.#onEnd = onEnd;
  }

  /** How many pictures are on their way. */
  get inFlight() {
    return this.#waiting.size;
  }

  get mostInFlight() {
    return this.terms.in_flight;
  }

  /** The answer: `{result, why}`; without a result, why there is none. */
  send(blob) {
    this.#socket.send(blob);
    this.#number += 1;
    return new Promise((resolve) => this.#waiting.set(this.#number, resolve));
  }

  close() {
    this.#onEnd = () => {};
    this.#socket.close(1000);
    this.#giveUp();
  }

  #ready() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#socket.close() ?? reject(new Error("silent")), OPEN_MS);
      this.#socket.onclose = () => reject(new Error("closed"));
      this.#socket.onmessage = ({ data }) => {
        clearTimeout(timer);
        this.#socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
        this.#socket.onclose = (event) => this.#ended(event);
        resolve(JSON.parse(data).ready);
      };
    });
  }

  #hear({ number, result, dropped }) {
    const resolve = this.#waiting.get(number);
    this.#waiting.delete(number);
    resolve?.({ result: result ?? null, why: dropped ?? "" });
  }

  #ended({ code, reason }) {
    this.#giveUp();
    const again = AGAIN.has(code);
    this.#onEnd(new NotNow(code === 1006 ? AWAY : reason || AWAY, again));
  }

  #giveUp() {
    for (const resolve of this.#waiting.values()) resolve({ result: null, why: "The connection ended." });
    this.#waiting.clear();
  }
}

/** A WebSocket that is refused tells a page nothing; the same address says why when it is asked plainly. */
async function whyNot(path) {
  let response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(OPEN_MS) });
  } catch {
    return new NotNow(AWAY, true);
  }
  if (response.status === 426 || response.status === 404) return new NoWebSocket();
  const { error } = await response.json().catch(() => ({}));
  return new NotNow(error || `The server answered ${response.status}.`, [409, 429, 502, 503, 504].includes(response.status));
}
