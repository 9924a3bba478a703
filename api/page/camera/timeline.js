/** The last minutes of one person: seven lines, drawn with uPlot. Where the person was away there is a gap. */
import { colour, EMOTIONS } from "../people/emotions.js";

const HEIGHT = 190;
const POINTS = 600; // on the whole width: more than that no eye tells apart
const GAP_MS = 1_500;

const scheme = matchMedia("(prefers-color-scheme: dark)");

export class Timeline {
  #container;
  #plot = null;
  #spanMs = 60_000;
  #end = Date.now();
  #uPlot = null;

  constructor(container) {
    this.#container = container;
    new ResizeObserver(() => this.#plot?.setSize({ width: container.clientWidth, height: HEIGHT })).observe(container);
    scheme.addEventListener("change", () => this.#make());
  }

  set span(milliseconds) {
    this.#spanMs = milliseconds;
  }

  /** Where its time axis lies, in CSS pixels from the left edge; null before there is one. */
  get axis() {
    const ratio = window.devicePixelRatio || 1;
    return this.#plot && { left: this.#plot.bbox.left / ratio, width: this.#plot.bbox.width / ratio };
  }

  /** Show the rows of one person up to `end`, milliseconds since 1970. */
  show(rows, end) {
    this.#end = end;
    if (!this.#plot) this.#load();
    this.#plot?.setData(columns(rows, this.#spanMs / POINTS));
  }

  /** The library is read when the first timeline is drawn, so that the other views open without it. */
  async #load() {
    if (this.#uPlot || !this.#container.clientWidth) return;
    this.#uPlot = (async () => (await import("../vendor/uplot/uPlot.esm.js")).default)();
    this.#uPlot = await this.#uPlot;
    this.#make();
  }

  #make() {
    if (typeof this.#uPlot !== "function") return;
    const data = this.#plot?.data ?? [[], ...EMOTIONS.map(() => [])];
    this.#plot?.destroy();
    const value = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis = { stroke: value("--quiet"), font: '12px system-ui, "Liberation Sans", sans-serif', ticks: { show: false }, grid: { stroke: value("--line"), width: 1 } };
    const series = EMOTIONS.map((emotion) => ({ label: emotion, stroke: colour(emotion), width: 2, points: { show: false }, spanGaps: false }));
    this.#plot = new this.#uPlot(
      {
        width: this.#container.clientWidth,
        height: HEIGHT,
        padding: [8, 28, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: true, range: () => [(this.#end - this.#spanMs) / 1000, this.#end / 1000] }, y: { range: [0, 1] } },
        axes: [
          { ...axis, size: 30, space: 90, values: (_, times) => times.map((time) => clock(time)) },
          { ...axis, size: 48, splits: [0, 0.5, 1], values: (_, shares) => shares.map((share) => `${share * 100} %`) },
        ],
        series: [{}, ...series],
      },
      data,
      this.#container,
    );
  }
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });

/** uPlot's columns: seconds, then a column an emotion; at most one row in `everyMs`, and a row of nulls in a gap. */
export function columns(rows, everyMs) {
  const found = [[], ...EMOTIONS.map(() => [])];
  const put = (at, valueOf) => {
    found[0].push(at / 1000);
    EMOTIONS.forEach((emotion, index) => found[index + 1].push(valueOf(emotion)));
  };
  let last = -Infinity;
  for (const { at, scores } of rows) {
    if (at - last < everyMs) continue;
    if (at - last > GAP_MS && last > 0) put(last + 1, () => null);
    put(at, (emotion) => scores[emotion] ?? null);
    last = at;
  }
  return found;
}
