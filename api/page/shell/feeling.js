/** That an expression is not a feeling is said on every view; where the server reads no emotions it has nothing to say. */
import { askJson } from "./server.js";

export async function startFeeling() {
  const notice = await askJson("/page/notice.json").catch(() => null);
  if (!notice?.faces_only) return;
  for (const line of document.querySelectorAll(".feeling")) line.textContent = "This server finds faces and reads no emotions.";
  for (const element of document.querySelectorAll(".past")) element.hidden = true;
}
