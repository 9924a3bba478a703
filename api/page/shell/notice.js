/** The notice before this device's first picture is sent. What was agreed to is remembered as its very text. */
import { find, setText } from "./dom.js";
import { ask } from "./server.js";
import { duration } from "./words.js";

const KEY = "mien.notice";

let agreedTo = ""; // for this page alone, where the browser keeps nothing
let open = null;
const declined = new Set();

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
 * Whether pictures of this device may be sent: at once if that was agreed to, else as the person answers. What everybody
 * will see is asked for each time, whatever was agreed to before.
 * @param {object} seenAs a camera of the registry, as `/v1/cameras` has it, under whose name others see the pictures
 * @throws {Error} when the notice cannot be read from the server; nothing may be sent then
 */
export async function consent(seenAs = null) {
  const notice = await read();
  if (seenAs) await open; // another question is another one
  return (!seenAs && remembered() === JSON.stringify(notice)) || question(notice, seenAs);
}

/** Hear of it when somebody declines: what is being sent is to end. */
export function onDeclined(listener) {
  declined.add(listener);
}

/** Show the notice again; who declines is asked anew before the next picture. */
export function startNotice() {
  find("notice-open").addEventListener("click", async () => {
    setText(find("notice-trouble"), "");
    try {
      await question(await read());
    } catch (error) {
      setText(find("notice-trouble"), error.message);
    }
  });
}

async function read() {
  const response = await ask("/page/notice.json");
  if (!response.ok) throw new Error("The notice on your pictures cannot be read, so nothing is sent.");
  return response.json();
}

/** One question at a time: who drops two photos is asked once. */
function question(notice, seenAs = null) {
  open ??= answer(notice, seenAs).finally(() => (open = null));
  return open;
}

async function answer(notice, seenAs) {
  const dialog = find("notice");
  fill(notice);
  fillPublic(seenAs);
  const agreed = await new Promise((done) => {
    find("notice-agree").onclick = () => dialog.close("agreed");
    find("notice-decline").onclick = () => dialog.close("declined");
    dialog.oncancel = () => (dialog.returnValue = "declined"); // the Escape key
    dialog.onclose = () => done(dialog.returnValue === "agreed");
    dialog.returnValue = "";
    dialog.showModal();
  });
  remember(agreed ? JSON.stringify(notice) : "");
  if (!agreed) for (const listener of declined) listener();
  return agreed;
}

/** That others see the pictures, and what is kept of them. */
function fillPublic(seenAs) {
  find("notice-private").hidden = Boolean(seenAs);
  find("notice-public").hidden = !seenAs;
  find("notice-agree").textContent = seenAs ? "I agree: show my pictures to everybody" : "I agree: send my pictures";
  if (!seenAs) return;
  find("notice-name").textContent = seenAs.name;
  const kept = seenAs.history_s ? `What is read in them is kept for ${duration(seenAs.history_s)}.` : "";
  find("notice-kept").textContent = [seenAs.blur ? "Heads are covered." : "", kept].filter(Boolean).join(" ");
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
