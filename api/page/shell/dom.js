/** Elements: found by id, or made. */
export const find = (id) => document.getElementById(id);

/**
 * Make an element.
 * @param {string} name such as "p" or "p.quiet.small"
 * @param {object} properties set on it; `data`, `aria` and `style` are objects of their own
 */
export function make(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  const { data = {}, aria = {}, style = {}, ...rest } = properties;
  Object.assign(element, rest);
  Object.assign(element.dataset, data);
  for (const [key, value] of Object.entries(aria)) element.setAttribute(`aria-${key}`, value);
  for (const [key, value] of Object.entries(style)) element.style.setProperty(key, value);
  element.append(...children);
  return element;
}

/** Set a text only where it differs, so that screen readers and selections are left alone. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A line of a view that says how things are; `tone` is "bad" or nothing. */
export function say(message, text, tone = "") {
  setText(message, text);
  message.dataset.tone = tone;
}

/** Do something again and again, never twice at the same time, while the page can be seen. Returns how to end it. */
export function repeat(action, everyMs) {
  let ended = false;
  (async () => {
    while (!ended) {
      const pause = new Promise((done) => setTimeout(done, everyMs));
      if (!document.hidden) await Promise.resolve(action()).catch(() => {});
      await pause;
    }
  })();
  return () => (ended = true);
}
