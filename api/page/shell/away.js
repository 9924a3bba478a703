/** A line above everything while the server does not answer, or refuses the key; it goes by itself. */
import { find, setText } from "./dom.js";
import { onAway, refused } from "./server.js";

export function startAwayBanner() {
  onAway((away) => {
    find("away").hidden = !away && !refused();
    const [what, more] = find("away").children;
    setText(what, refused() ? "The server shows this page nothing any more." : "The server cannot be reached.");
    setText(more, refused() ? `${refused()} Open the page anew with another key.` : "What you see is the past. It is tried again by itself.");
  });
}
