/** Requests to the server, and whether it can be reached; errors are sentences. */
const PATIENCE_MS = 5_000;
const AWAY = "The server cannot be reached just now. Try again in a moment.";

let away = false;
let refusal = "";
const listeners = new Set();

/** The server did not answer, or there is no network. */
export class Away extends Error {
  constructor() {
    super(AWAY);
  }
}

/** The server refused; the message is its own sentence. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence || `The server answered ${status}.`);
    this.status = status;
  }

  /** Whether it is the key that is refused: asking again does not help, and counts as another wrong one. */
  get forKey() {
    return this.status === 401 || this.status === 403;
  }
}

/** Whether the last thing heard of the server is that it does not answer. */
export const isAway = () => away;

/** Why the server shows this page nothing any more, its key having been revoked for instance; empty while it does. */
export const refused = () => refusal;

/** Say why, or that it shows something again. */
export function setRefused(sentence) {
  if (sentence === refusal) return;
  refusal = sentence;
  for (const listener of listeners) listener(away);
}

/** Hear of it when the server goes away or refuses, and when it is back: `listener(away)`. */
export function onAway(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Say that something was heard of the server, or that it did not answer. */
export function setAway(value) {
  if (value === away) return;
  away = value;
  for (const listener of listeners) listener(away);
}

/**
 * An answer of the server.
 * @throws {Away} it does not answer
 */
export async function ask(path, options = {}) {
  try {
    const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), ...options });
    setAway(false);
    return response;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    setAway(true);
    throw new Away();
  }
}

/**
 * The JSON of an answer.
 * @throws {Away} the server does not answer
 * @throws {Refused} it answers with an error
 */
export async function askJson(path, options) {
  const response = await ask(path, options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer.error ?? answer.detail);
  return answer;
}
