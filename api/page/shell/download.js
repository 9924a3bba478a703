/** Give a person a file that this page made. */
import { make } from "./dom.js";

export function download(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** "hall-2026-11-29T10-15-30.png" */
export const fileName = (camera, ending, at = Date.now()) =>
  `${camera || "camera"}-${new Date(at).toISOString().slice(0, 19).replaceAll(":", "-")}.${ending}`;
