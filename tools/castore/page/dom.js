// SPDX-License-Identifier: MIT
// Elements. Text becomes a text node, never markup: nothing in this folder parses HTML.

/// An element: h("a", {class: "key", href, onclick}, "text", child, ...). Attributes that are false or missing are left
/// out; functions are listeners.
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (typeof value === "function") element.addEventListener(name.slice(2), value);
  else if (name === "value" || name === "checked") element[name] = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== undefined && child !== null && child !== false) element.append(child);
  }
}

export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

const SHAPES = {
  copy: "M6 2.5h6a1.5 1.5 0 0 1 1.5 1.5v7M4 5h5.5A1.5 1.5 0 0 1 11 6.5v5.5a1.5 1.5 0 0 1-1.5 1.5H4a1.5 1.5 0 0 1-1.5-1.5V6.5A1.5 1.5 0 0 1 4 5Z",
  open: "M6 3.5H3.5v9h9V10M9 2.5h4.5V7M13.5 2.5 7.5 8.5",
  unfold: "M4.5 6 8 2.5 11.5 6M4.5 10 8 13.5 11.5 10",
  fold: "M4.5 2.5 8 6l3.5-3.5M4.5 13.5 8 10l3.5 3.5",
  first: "M4 3.5v9M12.5 3.5 7.5 8l5 4.5",
  previous: "M10.5 3.5 5.5 8l5 4.5",
  next: "M5.5 3.5l5 4.5-5 4.5",
  last: "M12 3.5v9M3.5 3.5l5 4.5-5 4.5",
  down: "M3.5 6 8 10.5 12.5 6",
  search: "M7 11.5a4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9ZM10.5 10.5l3 3",
  light:
    "M8 11a3 3 0 1 1 0-6 3 3 0 0 1 0 6ZM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7",
  dark: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5Z",
  system: "M2.5 3h11v7.5h-11zM5.5 13.5h5M8 10.5v3",
  help: "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12.3v.1",
  close: "M4 4l8 8M12 4l-8 8",
  save: "M8 2.5v7.5M4.5 7 8 10.5 11.5 7M3 13.5h10",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6L12.5 8Z",
};

/// A picture of 16 by 16, which screen readers pass over.
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/// A button with a picture only; `label` says what it does.
export function iconButton(name, label, onclick, attributes) {
  return h(
    "button",
    { type: "button", class: "quiet", title: label, "aria-label": label, onclick, ...attributes },
    icon(name),
  );
}

/// Tells those who hear the page, and for a moment those who see it.
export function say(text, { seen = true } = {}) {
  document.getElementById("said").textContent = text;
  if (!seen) return;
  const toast = document.getElementById("toast");
  toast.textContent = text;
  toast.className = "on";
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (toast.className = ""), 1600);
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS there is no clipboard, but there is what editors do.
    const area = h("textarea", { class: "unseen", "aria-hidden": "true", value: text });
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    focused?.focus();
  }
  say(`Copied ${what}`);
}

/// Offers text, or a list of pieces of it, as a file.
export function save(pieces, name, type) {
  const url = URL.createObjectURL(new Blob([].concat(pieces), { type }));
  const link = h("a", { href: url, download: name.replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 120) });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  say(`Saved ${link.download}`);
}
