/**
 * A client for Mien, small enough to read in one sitting. Runs in browsers, Node 20+ and React Native; needs nothing.
 *
 *   const mien = new Mien("http://127.0.0.1:5000");
 *   const { emotion, faces } = await mien.detect(file);
 *
 *   const job = await mien.submit([first, second], { metadata: { album: 17 } });
 *   const { items } = await mien.wait(job.id);
 */

const FINAL = new Set(["succeeded", "failed", "canceled", "expired"]);
const LONGEST_WAIT_S = 60;

/** The server's answer to a request that failed: `code` is stable, `message` is a sentence. */
export class MienError extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail ?? `The server answered ${status}.`);
    this.name = "MienError";
    this.status = status;
    this.code = problem.code ?? "";
    this.field = problem.field;
    this.retryAfter = retryAfter; // seconds, if the server says when to come back
  }
}

/**
 * One server. Overload (429, 503) is waited out up to `retries` times; no submission becomes two jobs by that.
 * `traceparent` gives W3C's header of that name for each request, so that it is part of your trace.
 */
export class Mien {
  constructor(url, { key = "", retries = 3, fetch = globalThis.fetch.bind(globalThis), traceparent = () => "" } = {}) {
    this.url = url.replace(/\/$/, "");
    this.headers = key ? { Authorization: `Bearer ${key}` } : {};
    this.retries = retries;
    this.fetch = fetch;
    this.traceparent = traceparent;
  }

  /** Faces and emotions of one photo: a Blob, File, Uint8Array, base64 text or data URI. */
  async detect(image) {
    const sent = typeof image === "string" ? json({ image }) : form("image", [image]);
    const answer = await this.#call("POST", "/detect_emotion", sent);
    if ("emotion" in answer) return answer;
    const { items, error, state } = await this.wait(answer.job);
    if (items[0]?.result) return items[0].result;
    const ended = { code: `job_${state}`, detail: `The job is ${state}.` };
    throw new MienError(422, items[0]?.error ?? error ?? ended);
  }

  /** Submit 1 to 100 images. Options: priority, deadline, annotate, blur, webhook, metadata; `wait` in seconds. */
  submit(images, { wait = 0, ...options } = {}) {
    const sent = form("images", images, options);
    if (wait) sent.headers = { ...sent.headers, Prefer: `wait=${wait}` };
    return this.#call("POST", "/v1/jobs", sent);
  }

  /** The job as it is now. */
  get(id) {
    return this.#call("GET", `/v1/jobs/${id}`);
  }

  /** The job once it is final; throws if it is not after `timeout` seconds. */
  async wait(id, timeout = 300) {
    const end = Date.now() + timeout * 1000;
    for (;;) {
      const wait = Math.min(Math.max(0, (end - Date.now()) / 1000), LONGEST_WAIT_S);
      const job = await this.#call("GET", `/v1/jobs/${id}?wait=${wait}`);
      if (FINAL.has(job.state)) return job;
      if (Date.now() >= end) throw new Error(`Job ${id} is still ${job.state}.`);
    }
  }

  /** Cancel the job unless a worker has begun it; answers with what it is now. A final one is erased: null. */
  cancel(id) {
    return this.#call("DELETE", `/v1/jobs/${id}`);
  }

  /** The job at each of its states, as it reaches them; resumes when the connection breaks. */
  async *events(id) {
    let seen = "0";
    for (;;) {
      const headers = { ...this.headers, "Last-Event-ID": seen, Accept: "text/event-stream" };
      try {
        const response = await this.fetch(`${this.url}/v1/jobs/${id}/events`, { headers });
        if (response.status === 204) return;
        await check(response);
        if (!response.body) throw new Error("Answers cannot be streamed here, as in React Native; use wait().");
        for await (const [name, value] of fields(response.body)) {
          if (name === "id") seen = value;
          if (name !== "data") continue;
          const job = JSON.parse(value);
          yield job;
          if (FINAL.has(job.state)) return;
        }
      } catch (error) {
        if (error.name !== "TypeError") throw error; // a broken connection; anything else is the caller's
      }
      await pause(1);
    }
  }

  async #call(method, path, { body, headers } = {}) {
    const once = method === "POST" ? { "Idempotency-Key": unique() } : {};
    for (let attempt = 0; ; attempt++) {
      const traceparent = this.traceparent();
      const all = { ...this.headers, ...(traceparent && { traceparent }), ...once, ...headers };
      const response = await this.fetch(this.url + path, { method, body, headers: all });
      try {
        await check(response);
        return response.status === 204 ? null : await response.json();
      } catch (error) {
        if (error.retryAfter === undefined || attempt >= this.retries) throw error;
        await pause(error.retryAfter);
      }
    }
  }
}

/**
 * The content of a webhook, once its signature and age are found good (Standard Webhooks, HMAC-SHA256).
 * @param {string} secret as `python -m api webhooks secret` prints it
 * @param {string} body exactly as received
 * @param {Record<string, string>} headers with lower-case names
 */
export async function verifyWebhook(secret, body, headers, { now = Date.now(), toleranceSeconds = 300 } = {}) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures } = headers;
  if (!id || !at || !signatures) throw new Error("The webhook is not signed.");
  if (!(Math.abs(now / 1000 - Number(at)) <= toleranceSeconds)) throw new Error("The webhook is too old or too new.");
  const usage = { name: "HMAC", hash: "SHA-256" };
  const raw = bytes(secret.replace(/^whsec_/, ""));
  const key = await crypto.subtle.importKey("raw", raw, usage, false, ["verify"]);
  const signed = new TextEncoder().encode(`${id}.${at}.${body}`);
  for (const signature of signatures.split(" ")) {
    const [version, text] = signature.split(",");
    if (version === "v1" && (await crypto.subtle.verify("HMAC", key, bytes(text), signed))) return JSON.parse(body);
  }
  throw new Error("The webhook's signature is not good.");
}

const json = (value) => ({ body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });

function form(field, images, options = {}) {
  const body = new FormData();
  images.forEach((image, index) => {
    // React Native describes a file as { uri, name, type } and wants it as it is.
    if (image instanceof Uint8Array) body.append(field, new Blob([image]), `${index}`);
    else body.append(field, image);
  });
  for (const [name, value] of Object.entries(options)) {
    body.append(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  return { body };
}

async function check(response) {
  if (response.ok) return response;
  const after = response.headers.get("Retry-After");
  throw new MienError(response.status, await response.json().catch(() => ({})), after ? Number(after) : undefined);
}

async function* fields(stream) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const colon = line.indexOf(": ");
      if (colon > 0) yield [line.slice(0, colon), line.slice(colon + 2)];
    }
  }
}

const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const unique = () => globalThis.crypto?.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
