/** What was shown, as CSV after RFC 4180: a row a face and picture. */
import { EMOTIONS } from "../people/emotions.js";

const COLUMNS = [
  ["time_utc", ({ at }) => new Date(at).toISOString()],
  ["camera", ({ camera }) => camera],
  ["epoch", ({ epoch }) => epoch],
  ["sequence", ({ sequence }) => sequence],
  ["person", ({ number }) => number],
  ["track", ({ track }) => track],
  ["emotion", ({ emotion }) => emotion],
  ["confidence", ({ confidence }) => confidence],
  ...EMOTIONS.map((emotion) => [emotion.toLowerCase(), ({ scores }) => scores?.[emotion]]),
  ...EMOTIONS.map((emotion) => [`raw_${emotion.toLowerCase()}`, ({ raw_scores: raw }) => raw?.[emotion]]),
  ["quality", ({ quality }) => (quality ?? []).join(" ")],
  ...["x", "y", "width", "height"].map((side) => [side, ({ box }) => box[side]]),
  ["model", ({ model }) => model],
  ["labels", ({ labels }) => labels],
];

/** @param {Array} rows of a `Record` */
export function toCsv(rows) {
  const lines = [COLUMNS.map(([name]) => name), ...rows.map((row) => COLUMNS.map(([, value]) => cell(value(row))))];
  return lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
}

function cell(value) {
  const text = value === null || value === undefined ? "" : typeof value === "number" && !Number.isInteger(value) ? String(+value.toFixed(4)) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
