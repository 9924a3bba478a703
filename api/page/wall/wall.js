/** Cameras as tiles, as many as the server has, or the first few of them. */
import { onCameras } from "../live/cameras.js";
import { make, setText } from "../shell/dom.js";
import { Tile } from "./tile.js";

const TICK_MS = 500;

export class Wall {
  #list;
  #message;
  #most;
  #tiles = new Map();
  #ends = [];

  /** @param {Element} container is filled; `most` tiles at most are shown in it */
  constructor(container, { most = Infinity } = {}) {
    this.#list = make("ul.wall");
    this.#message = make("p.quiet", { textContent: "Looking for cameras …" });
    this.#most = most;
    container.append(this.#list, this.#message);
  }

  show() {
    const timer = setInterval(() => this.#tiles.forEach((tile) => tile.tick(performance.now())), TICK_MS);
    this.#ends = [onCameras((cameras, failure) => this.#update(cameras, failure)), () => clearInterval(timer)];
  }

  hide() {
    for (const end of this.#ends) end();
    this.#ends = [];
    for (const tile of this.#tiles.values()) tile.end();
    this.#tiles.clear();
    this.#list.replaceChildren();
  }

  #update(cameras, failure) {
    const shown = (cameras ?? []).slice(0, this.#most);
    for (const [name, tile] of this.#tiles) {
      if (shown.some((camera) => camera.name === name)) continue;
      tile.end();
      tile.element.remove();
      this.#tiles.delete(name);
    }
    shown.forEach((camera, index) => {
      const tile = this.#tiles.get(camera.name) ?? new Tile(camera);
      this.#tiles.set(camera.name, tile);
      tile.note(camera);
      if (this.#list.children[index] !== tile.element) this.#list.insertBefore(tile.element, this.#list.children[index] ?? null);
    });
    this.#list.dataset.count = String(Math.min(shown.length, 13));
    setText(this.#message, cameras === null ? (failure?.message ?? "") : cameras.length ? "" : "No camera has sent a picture within the last hour.");
  }
}
