/** What can be done with the video of a camera: by buttons, and by keys while the video has the focus. */
import { find, setText } from "../shell/dom.js";
import { download, fileName } from "../shell/download.js";
import { toCsv } from "./csv.js";

export class Tools {
  paused = false;
  #camera = "";
  #screen;
  #record;
  #onChange;

  /** @param {{screen, record, onChange: function}} parts what is shown and kept; called when it is to be watched otherwise */
  constructor({ screen, record, onChange }) {
    this.#screen = screen;
    this.#record = record;
    this.#onChange = onChange;
    find("pause").addEventListener("click", () => this.#pause());
    find("snapshot").addEventListener("click", () => this.#snapshot());
    find("csv").addEventListener("click", () => this.#csv());
    find("full").addEventListener("click", fullscreen);
    find("blur").addEventListener("change", () => this.#blurred());
    find("stage").addEventListener("keydown", (event) => this.#key(event));
  }

  /** Begin with a camera. */
  begin(camera) {
    this.#camera = camera;
    find("blur").checked = false;
    this.#setPaused(false);
  }

  /** What there is nothing of yet cannot be taken. */
  update() {
    find("snapshot").disabled = this.#screen.empty;
    find("csv").disabled = !this.#record.rows.length;
  }

  get blur() {
    return find("blur").checked;
  }

  /** Heads of this camera are always covered, or may be seen. */
  setBlurred(always) {
    const blur = find("blur");
    blur.disabled = always;
    find("blur-why").hidden = !always;
    if (!always || blur.checked) return;
    blur.checked = true;
    this.#onChange();
  }

  #pause() {
    this.#setPaused(!this.paused);
    this.#onChange();
  }

  #setPaused(paused) {
    this.paused = paused;
    find("pause").setAttribute("aria-pressed", String(paused));
    setText(find("pause").lastElementChild, paused ? "Go on" : "Pause");
  }

  #snapshot() {
    this.#screen.snapshot()?.toBlob((blob) => download(blob, fileName(this.#camera, "png")), "image/png");
  }

  #csv() {
    download(new Blob([toCsv(this.#record.rows)], { type: "text/csv" }), fileName(this.#camera, "csv"));
  }

  #blurred() {
    this.#screen.clear(); // no picture from before stays, and so it goes on
    this.#setPaused(false);
    this.#onChange();
  }

  #key(event) {
    if (event.target !== find("stage") || event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = { " ": "pause", s: "snapshot", b: "blur", f: "full" };
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    find(action).click();
  }
}

function fullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else find("stage").requestFullscreen?.();
}
