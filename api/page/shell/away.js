/** A line above everything while the server does not answer; it goes by itself. */
import { find } from "./dom.js";
import { onAway } from "./server.js";

export function startAwayBanner() {
  onAway((away) => {
    find("away").hidden = !away;
    document.documentElement.toggleAttribute("data-away", away);
  });
}
