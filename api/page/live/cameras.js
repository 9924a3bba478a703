/** The cameras of this server, asked for every few seconds; by this the page also hears whether the server is there. */
import { repeat } from "../shell/dom.js";
import { askJson } from "../shell/server.js";

const EVERY_MS = 3_000;

let cameras = null;
let failure = null;
const listeners = new Set();

/** All cameras by name, as `/v1/cameras` has them; null before the first answer. */
export const known = () => cameras;

/** One of them; undefined if there is none of this name. */
export const named = (name) => cameras?.find((camera) => camera.name === name);

/** Hear of every answer: `listener(cameras, failure)`; at once if there is one. */
export function onCameras(listener) {
  listeners.add(listener);
  if (cameras) listener(cameras, failure);
  return () => listeners.delete(listener);
}

/** Ask now. */
export async function lookForCameras() {
  try {
    cameras = (await askJson("/v1/cameras")).cameras.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    failure = null;
  } catch (error) {
    failure = error;
  }
  for (const listener of listeners) listener(cameras, failure);
}

export const startCameras = () => repeat(lookForCameras, EVERY_MS);
