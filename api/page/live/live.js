/**
 * All cameras that this page looks at, over one WebSocket; where there is none, over `/video_feed` and `/emotion_data`.
 *
 * A message is what the server says of a camera (its header), and with it `source`, the picture to draw, or null;
 * `drawn`, whether boxes are in that picture already; `receivedAt`, milliseconds by this page's clock.
 */
import { Feeds } from "./feeds.js";
import { Socket } from "./socket.js";

const watched = new Map(); // camera → {options, onMessage}
let transport = null;
let asked = 0;

/**
 * Look at a camera until the function that is returned is called.
 * @param {string} camera
 * @param {{width: number, fps: number, quality: number, boxes: boolean, blur: boolean}} options
 * @param {function} onMessage draws it at once: the picture is gone afterwards
 */
export function watch(camera, options, onMessage) {
  const entry = { options, onMessage };
  watched.set(camera, entry);
  renew();
  return () => {
    if (watched.get(camera) !== entry) return;
    watched.delete(camera);
    renew();
  };
}

function renew() {
  clearTimeout(asked); // a wall asks for twelve cameras at once
  asked = setTimeout(() => {
    const wanted = document.hidden ? [] : [...watched].map(([camera, { options }]) => [camera, options]);
    if (wanted.length) transport ??= new Socket({ deliver, giveUp });
    transport?.want(Object.fromEntries(wanted));
  }, 0);
}

function deliver(message) {
  watched.get(message.camera)?.onMessage(message);
}

/** The WebSocket cannot be had, by an old proxy for instance. */
function giveUp() {
  transport.close();
  transport = new Feeds({ deliver });
  renew();
}

document.addEventListener("visibilitychange", renew); // what nobody sees costs the workers nothing
window.addEventListener("pagehide", () => transport?.want({}));
window.addEventListener("pageshow", renew);
