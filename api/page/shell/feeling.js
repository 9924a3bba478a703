/** That an expression is not a feeling is said on every view; where the server reads no emotions the page promises none. */
import { find, setText } from "./dom.js";
import { askJson, onAway } from "./server.js";

export async function startFeeling() {
  onAway((away) => away || tell()); // a page that was opened while the server was away knows nothing yet
  await tell();
}

async function tell() {
  const notice = await askJson("/page/notice.json").catch(() => null);
  if (!notice?.faces_only) return;
  for (const line of document.querySelectorAll(".feeling")) setText(line, "This server finds faces and reads no emotions.");
  document.documentElement.dataset.facesOnly = "";
  setText(find("device-title"), "See the faces that it finds");
  setText(find("demo-reads"), "");
}
