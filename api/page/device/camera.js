/** This device's camera: opened, turned round, and why it cannot be had, in words that say what to do. */

/** By the name of the browser's error; its own words ("Requested device not found") help nobody. */
const REFUSALS = {
  NotAllowedError: "The browser was not allowed to use its camera. Allow it in the address bar, and start again.",
  NotFoundError: "This device has no camera that the browser can see. Plug one in, or try a photo.",
  NotReadableError: "The camera does not start: another program may be using it. Close that one, and start again.",
  AbortError: "The camera did not start. Unplug it and plug it in again, or start the device anew.",
  SecurityError: "The browser's settings forbid the camera on this page. Allow it in its settings, and start again.",
};
const INSECURE = "The browser gives its camera to secure pages only: open this page on localhost or over HTTPS.";
const GONE = "The camera was unplugged, or taken by another program. Start again when it is back.";
const FRONT = "user";
const BACK = "environment";

/** A camera that a `<video>` shows. */
export class Camera {
  #video;
  #onGone;
  #stream = null;
  #facing = FRONT;
  #deviceId = "";
  #turn = 0; // of `open`: a camera that comes when nobody waits for it any more is closed at once

  /** `onGone(sentence)`: it was taken away while it ran. */
  constructor(video, onGone) {
    this.#video = video;
    this.#onGone = onGone;
  }

  get running() {
    return Boolean(this.#stream?.active);
  }

  /** Whether the picture is to be shown as in a mirror: of the camera that looks at who looks at the screen. */
  get mirrored() {
    return (this.#track?.getSettings().facingMode ?? this.#facing) !== BACK;
  }

  get #track() {
    return this.#stream?.getVideoTracks()[0];
  }

  /** @throws {Error} with a sentence */
  async open() {
    this.close();
    const turn = this.#turn;
    try {
      if (!navigator.mediaDevices?.getUserMedia) throw new Error(INSECURE);
      const which = this.#deviceId ? { deviceId: { exact: this.#deviceId } } : { facingMode: { ideal: this.#facing } };
      const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video: { ...which, ...size }, audio: false });
      if (turn !== this.#turn) return stop(stream);
      this.#stream = stream;
      this.#track.addEventListener("ended", () => stream === this.#stream && this.#onGone(GONE));
      this.#video.srcObject = stream;
      await this.#video.play();
    } catch (error) {
      if (turn !== this.#turn) return;
      if (this.#deviceId && error.name === "OverconstrainedError") return this.#openAny();
      this.close();
      throw new Error(REFUSALS[error.name] ?? error.message, { cause: error });
    }
  }

  /** The camera that was chosen is no longer there. */
  #openAny() {
    this.#deviceId = "";
    return this.open();
  }

  /** Whether there is another one to turn to; browsers tell only once a camera may be used. */
  async canFlip() {
    return (await this.#cameras()).length > 1;
  }

  /** The other camera of a phone, or the next one of a computer. */
  async flip() {
    const turn = this.#turn;
    const cameras = await this.#cameras();
    if (turn !== this.#turn || !this.#stream) return; // ended meanwhile
    const { facingMode, deviceId } = this.#track?.getSettings() ?? {};
    this.#facing = (facingMode ?? this.#facing) === BACK ? FRONT : BACK;
    const at = cameras.findIndex((camera) => camera.deviceId === deviceId);
    this.#deviceId = facingMode ? "" : (cameras[(at + 1) % cameras.length]?.deviceId ?? "");
    await this.open();
  }

  async #cameras() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    return devices.filter(({ kind }) => kind === "videoinput");
  }

  close() {
    const stream = this.#stream;
    this.#stream = null;
    this.#turn += 1;
    if (stream) stop(stream);
    if (stream && this.#video.srcObject === stream) this.#video.srcObject = null;
  }
}

function stop(stream) {
  stream.getTracks().forEach((track) => track.stop());
}
