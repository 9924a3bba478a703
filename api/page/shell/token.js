/** A short-lived token for a WebSocket, which cannot send the key that the browser has. */
import { ask } from "./server.js";

/** @param {"live"|"analyze"} scope; empty where there is none to be had: what needs no key opens without */
export async function token(scope) {
  try {
    const response = await ask(`/v1/live/token?scope=${scope}`, { method: "POST" });
    return response.ok ? ((await response.json()).token ?? "") : "";
  } catch {
    return "";
  }
}
