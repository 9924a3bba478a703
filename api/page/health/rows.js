/** What stands in the tables of the health page; rates are what was counted between two looks. */
const rate = (now, before, count) => {
  if (!before) return "…";
  const seconds = (now.seenAt - before.seenAt) / 1000;
  return `${Math.max(0, (count(now) - count(before)) / seconds).toFixed(1)} /s`;
};

/** 75 → "1 min 15 s" */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

export const workerRows = ({ workers }) =>
  workers.map((worker) => [
    worker.name,
    `${worker.threads}`,
    worker.model || "–",
    worker.detector || "–",
    duration(worker.age_s),
    worker.idle_s < 1 ? "working" : `idle for ${duration(worker.idle_s)}`,
    duration(worker.reported_s),
  ]);

export const queueRows = (now, before) =>
  now.queues.map((queue) => [
    queue.name,
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
