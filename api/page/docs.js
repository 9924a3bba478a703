/** Renders /openapi.json; nothing comes from anywhere else. */
const make = (name, content = {}, ...children) => {
  const element = Object.assign(document.createElement(name), content);
  element.append(...children);
  return element;
};
const row = (...cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell ?? "")));
const code = (text) => make("code", { textContent: text });
const plain = (text) => (text ?? "").replaceAll("`", "");

function operation(path, method, described) {
  const badge = make("span", { className: "method", textContent: method });
  badge.dataset.method = method;
  const rows = [];
  for (const { name, in: where, description } of described.parameters) rows.push(row(code(name), where, plain(description)));
  for (const type of Object.keys(described.requestBody?.content ?? {})) rows.push(row(code(type), "body", ""));
  for (const [status, answer] of Object.entries(described.responses)) rows.push(row(code(status), "answer", plain(answer.description)));
  return make(
    "details", { id: described.operationId },
    make("summary", {}, badge, code(path), make("p", { textContent: described.summary })),
    make("div", {}, make("table", {}, make("tbody", {}, ...rows))),
  );
}

const description = await (await fetch("/openapi.json")).json();
const purpose = document.getElementById("purpose");
purpose.hidden = !description["x-purpose"];
purpose.lastElementChild.textContent = description["x-purpose"];
document.getElementById("faces-only").hidden = !description["x-faces-only"];
const groups = new Map();
for (const [path, methods] of Object.entries(description.paths)) {
  for (const [method, described] of Object.entries(methods)) {
    const [tag] = described.tags;
    if (!groups.has(tag)) groups.set(tag, make("section", {}, make("h2", { textContent: tag })));
    groups.get(tag).append(operation(path, method, described));
  }
}
document.getElementById("operations").append(...groups.values());
for (const problem of description["x-problems"]) {
  const line = row(code(problem.code), String(problem.status), `${problem.title}. ${plain(problem.description)}`);
  line.id = problem.code;
  document.getElementById("problems").append(line);
}
for (const [name, schema] of Object.entries(description.components.schemas)) {
  const text = make("pre", { textContent: JSON.stringify(schema, null, 2) });
  document.getElementById("schemas").append(make("details", {}, make("summary", {}, code(name)), make("div", {}, text)));
}
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
