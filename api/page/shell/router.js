/** Which view is shown: the part of the address after `#/`. Links do the rest, so that back and bookmarks work. */
import { find } from "./dom.js";

const TITLE = "Mien";

/**
 * Show one view at a time.
 * @param {object} views by first part of the address: `{title(rest), show(rest), hide()}`; "" is the first one
 */
export function startRouter(views) {
  let shown = null;

  function route() {
    const [, name = "", rest = ""] = /^#\/([a-z]*)(?:\/(.*))?$/.exec(location.hash) ?? [];
    const key = Object.hasOwn(views, name) ? name : "";
    const first = shown === null;
    if (shown !== null) views[shown].hide?.();
    for (const other of Object.keys(views)) find(`view-${other || "home"}`).hidden = other !== key;
    shown = key;
    const given = safely(rest);
    document.title = `${views[key].title(given)} · ${TITLE}`;
    mark(key);
    views[key].show?.(given);
    if (!first) {
      window.scrollTo(0, 0);
      find(`view-${key || "home"}`).querySelector("h1")?.focus({ preventScroll: true });
    }
  }

  window.addEventListener("hashchange", route);
  route();
}

function mark(name) {
  for (const link of document.querySelectorAll(".tabs a")) {
    if (link.dataset.views.split(" ").includes(name || "home")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function safely(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
