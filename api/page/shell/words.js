/** Numbers in words. */

/** 75 → "1 min 15 s" */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return both(`${minutes} min`, Math.floor(seconds % 60), "s");
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? both(`${hours} h`, minutes % 60, "min") : `${Math.floor(hours / 24)} days`;
}

const both = (first, count, unit) => (count ? `${first} ${count} ${unit}` : first);
