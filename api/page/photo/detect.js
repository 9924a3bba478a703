/** One photo to `POST /detect_emotion`, its answer back; an error becomes an Error with the server's sentence. */
import { askJson } from "../shell/server.js";

const PATIENCE_MS = 90_000; // a photo that waits behind others

/**
 * @throws {Away} the server does not answer
 * @throws {Refused} it refuses the photo; the message says why
 */
export async function detect(blob) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const headers = { "Content-Type": blob.type || "application/octet-stream" };
  const answer = await askJson("/detect_emotion", { method: "POST", body: blob, headers, signal });
  return answer.location && !answer.faces ? outcome(await askJson(`${answer.location}?wait=60`, { signal })) : answer;
}

function outcome(job) {
  const [item] = job.items;
  if (item?.result) return item.result;
  throw new Error(item?.error?.detail || job.error?.detail || "The analysis is not finished yet.");
}
