/** Cards with the bars of each face. Elements are kept from one answer to the next, so that bars glide. */
import { EMOTIONS, percent, variable } from "./emotions.js";

const SHOWN = 4;

function element(name, content = {}) {
  return Object.assign(document.createElement(name), content);
}

function makeCard() {
  const card = element("article", { className: "face" });
  const head = element("header");
  head.append(element("h3"), element("span"));
  const bars = element("ul", { className: "bars" });
  for (const emotion of EMOTIONS) {
    const line = element("li");
    const bar = element("span", { className: "bar" });
    bar.setAttribute("aria-hidden", "true");
    bar.append(element("i"));
    line.append(element("span", { textContent: emotion }), bar, element("b"));
    line.style.setProperty("--colour", variable(emotion));
    bars.append(line);
  }
  card.append(head, bars);
  return card;
}

function fill(card, face) {
  const read = Boolean(face.emotion); // a server may find faces and read no emotions
  card.style.setProperty("--colour", read ? variable(face.emotion) : "var(--quiet)");
  card.querySelector("h3").textContent = face.emotion ?? "Face";
  card.querySelector("header span").textContent = read ? percent(face.confidence) : "";
  card.querySelector("ul").hidden = !read;
  card.querySelectorAll("li").forEach((line, index) => {
    const score = face.scores[EMOTIONS[index]] ?? 0;
    line.toggleAttribute("data-first", EMOTIONS[index] === face.emotion);
    line.querySelector("b").textContent = percent(score);
    line.querySelector("i").style.width = `${score * 100}%`;
  });
}

/** Show up to four faces, largest first, in `container`. */
export function showFaces(container, faces) {
  const shown = faces.slice(0, SHOWN);
  while (container.children.length > shown.length) container.lastElementChild.remove();
  while (container.children.length < shown.length) container.append(makeCard());
  shown.forEach((face, index) => fill(container.children[index], face));
}
