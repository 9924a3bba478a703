/** The notice before this device's first picture is sent. What was agreed to is remembered as its very text. */
import { find } from "./dom.js";
import { ask } from "./server.js";

const KEY = "mien.notice";

let agreedTo = ""; // for this page alone, where the browser keeps nothing
let open = null;

const remembered = () => {
  try {
    return localStorage.getItem(KEY) ?? agreedTo;
  } catch {
    return agreedTo;
  }
};

function remember(text) {
  agreedTo = text;
  try {
    if (text) localStorage.setItem(KEY, text);
    else localStorage.removeItem(KEY);
  } catch {
    // asked again when the page is opened anew
  }
}

/**
 * Whether pictures of this device may be sent: at once if that was agreed to, else as the person answers.
 * @throws {Error} when the notice cannot be read from the server; nothing may be sent then
 */
export async function consent() {
  const notice = await read();
  return remembered() === JSON.stringify(notice) || question(notice);
}

/** Show the notice again; who declines is asked anew before the next picture. */
export function startNotice() {
  find("notice-open").addEventListener("click", async () => question(await read()));
}

async function read() {
  const response = await ask("/page/notice.json");
  if (!response.ok) throw new Error("The notice on your pictures cannot be read, so nothing is sent.");
  return response.json();
}

/** One question at a time: who drops two photos is asked once. */
function question(notice) {
  open ??= answer(notice).finally(() => (open = null));
  return open;
}

async function answer(notice) {
  const dialog = find("notice");
  fill(notice);
  const agreed = await new Promise((done) => {
    find("notice-agree").onclick = () => dialog.close("agreed");
    find("notice-decline").onclick = () => dialog.close("declined");
    dialog.oncancel = () => (dialog.returnValue = "declined"); // the Escape key
    dialog.onclose = () => done(dialog.returnValue === "agreed");
    dialog.returnValue = "";
    dialog.showModal();
  });
  remember(agreed ? JSON.stringify(notice) : "");
  return agreed;
}

function fill({ text, purpose, faces_only: facesOnly, result_minutes: minutes }) {
  find("notice-own").hidden = Boolean(text);
  find("notice-text").hidden = !text;
  find("notice-text").textContent = text;
  find("notice-emotions").hidden = facesOnly;
  find("notice-faces").hidden = !facesOnly;
  find("notice-minutes").textContent = minutes === 1 ? "a minute" : `${minutes} minutes`;
  find("notice-purpose").hidden = !purpose;
  find("notice-purpose").lastElementChild.textContent = purpose;
}
