/** The cameras of this server, asked for every few seconds; by this the page also hears whether the server is there. */
import { repeat } from "../shell/dom.js";
import { askJson, setRefused } from "../shell/server.js";

const EVERY_MS = 3_000;
const REFUSED_MS = 60_000; // every question with a wrong key counts against this address

let cameras = null;
let failure = null;
let notBefore = 0;
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
    setRefused("");
  } catch (error) {
    failure = error;
    if (error.forKey) setRefused(error.message);
    if (error.forKey) notBefore = performance.now() + REFUSED_MS;
  }
  for (const listener of listeners) listener(cameras, failure);
}

export const startCameras = () => repeat(async () => performance.now() >= notBefore && lookForCameras(), EVERY_MS);
