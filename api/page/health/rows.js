/** What stands in the tables of the health page; rates are what was counted between two looks. */
import { duration } from "../shell/words.js";

const rate = (now, before, count) => {
  if (!before) return "…";
  const seconds = (now.seenAt - before.seenAt) / 1000;
  return `${Math.max(0, (count(now) - count(before)) / seconds).toFixed(1)} /s`;
};

export const workerRows = ({ workers }) =>
  workers.map((worker) => [
    worker.name,
    `${worker.threads}`,
    worker.model || "–",
    worker.detector || "–",
    worker.device || "CPU",
    duration(worker.age_s),
    worker.idle_s < 1 ? "working" : `idle for ${duration(worker.idle_s)}`,
    duration(worker.reported_s),
  ]);

export const queueRows = (now, before) =>
  now.queues.map((queue) => [
    queue.paused_s === null ? queue.name : `${queue.name} (paused)`,
    `${queue.waiting}`,
    queue.waiting ? duration(queue.oldest_s) : "–",
    queue.name in now.images_done ? rate(now, before, (at) => at.images_done[queue.name] ?? 0) : "–",
  ]);

export const cameraRows = (now, before) =>
  now.cameras.map((camera) => {
    const of = (member) => (at) => at.cameras.find(({ name }) => name === camera.name)?.[member] ?? 0;
    return [
      camera.name,
      camera.reason ? `${camera.state}: ${camera.reason}` : camera.state,
      duration(camera.age_ms === null ? null : camera.age_ms / 1000),
      rate(now, before, of("analyzed")),
      rate(now, before, of("dropped")),
      `${camera.viewers}`,
    ];
  });
