/** The last minute of the largest face: one bar a sample, as high as the network was sure. */
import { colour } from "./emotions.js";

const SPAN_MS = 60_000;

export class Timeline {
  #canvas;
  #samples = [];

  constructor(canvas) {
    this.#canvas = canvas;
  }

  add(at, emotion, confidence) {
    this.#samples.push({ at, emotion, confidence });
    while (this.#samples[0].at < at - SPAN_MS) this.#samples.shift();
  }

  clear() {
    this.#samples = [];
  }

  draw(now) {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (this.#canvas.width !== width * ratio) {
      this.#canvas.width = width * ratio;
      this.#canvas.height = height * ratio;
    }
    const context = this.#canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const bar = Math.max(2, (width * 260) / SPAN_MS);
    for (const { at, emotion, confidence } of this.#samples) {
      if (!emotion) continue;
      const tall = Math.max(3, (height - 6) * confidence);
      context.fillStyle = colour(emotion);
      context.fillRect(width - ((now - at) * width) / SPAN_MS - bar, height - tall, bar + 0.5, tall);
    }
  }
}
