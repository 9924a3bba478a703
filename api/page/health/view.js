/** How the system is: what is ready, workers, queues, cameras, jobs. */
import { find, make, repeat, setText } from "../shell/dom.js";
import { ask, askJson } from "../shell/server.js";
import { cameraRows, queueRows, workerRows } from "./rows.js";

const EVERY_MS = 2_000;

let end = null;
let before = null;

export const healthView = {
  title: () => "Health",
  show() {
    end = repeat(look, EVERY_MS);
  },
  hide() {
    end?.();
  },
};

async function look() {
  try {
    verdict(await (await ask("/healthz")).json());
    const status = await askJson("/v1/status").catch(explained);
    if (!status) return;
    const now = { ...status, seenAt: performance.now() };
    table("health-workers", workerRows(now));
    table("health-queues", queueRows(now, before));
    table("health-cameras", cameraRows(now, before));
    before = now;
    find("health").hidden = false;
    setText(find("health-message"), "");
  } catch (error) {
    find("health").hidden = true;
    find("checks").replaceChildren();
    find("verdict").dataset.state = "gone";
    setText(find("verdict-word"), "Nothing is known");
    setText(find("health-message"), error.message);
  }
}

/** Whether it is ready everybody may know; the rest is for operators. */
function explained(error) {
  if (!error.forKey) throw error;
  find("health").hidden = true;
  setText(find("health-message"), "Workers, queues and cameras are shown to a key with the scope operate.");
}

function verdict({ status, checks = {}, detail }) {
  const ready = status === "ready";
  find("verdict").dataset.state = ready ? "live" : "gone";
  setText(find("verdict-word"), ready ? "Ready: a photo sent now would be analysed" : "Not ready");
  const parts = Object.entries(checks).map(([part, said]) => make("li", { data: { ok: said === "ok" } }, make("b", { textContent: part }), ` ${said}`));
  find("checks").replaceChildren(...(parts.length ? parts : [make("li", { textContent: detail ?? "" })]));
}

function table(id, rows) {
  const lines = rows.map((cells) => make("tr", {}, ...cells.map((cell, index) => (index ? make("td", { textContent: cell }) : make("th", { scope: "row", textContent: cell })))));
  find(id).replaceChildren(...lines);
  find(id).closest(".table").querySelector(".none").hidden = rows.length > 0;
  find(id).closest("table").hidden = rows.length === 0;
}
