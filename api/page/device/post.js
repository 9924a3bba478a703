/** Pictures to `POST /detect_emotion`, one at a time: what is left where no WebSocket can be had. */
import { detect } from "../photo/detect.js";

const PAUSE_MS = 250; // each is a photo to the server, which costs it more than a camera's picture

export class PostTransport {
  terms = { width: 640, quality: 80, fps: 1000 / PAUSE_MS };
  mostInFlight = 1;
  inFlight = 0;

  /** As `SocketTransport.send`. */
  async send(blob) {
    this.inFlight += 1;
    try {
      return { result: await detect(blob), why: "" };
    } catch (error) {
      return { result: null, why: error.message };
    } finally {
      this.inFlight -= 1;
    }
  }

  close() {}
}
