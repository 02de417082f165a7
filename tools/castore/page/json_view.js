// SPDX-License-Identifier: MIT
// A JSON value as lines that open and close. However large it is, only so much of it is drawn as was asked for.
import { copy, h, icon, iconButton, save } from "./dom.js";
import { isContainer, isObject, kindOf, pointerTo, preview, scalarText, write } from "./json.js";
import { beginning, count, counted, plain, show, size } from "./text.js";

const STRING_CUT = 400;
const MEMBERS_AT_ONCE = 100;
const LINES_AT_ONCE = 400;

/// Options: `open`, how many levels are open at first; `changes`, a Map of pointers to {before, after}; `setBy`, an
/// object of pointers to versions, and `onVersion(version)` for who asks for one of them; `name`, of files; `folds`, a Map
/// that remembers what the reader opened and closed.
export function jsonTree(value, options = {}) {
  const context = { open: 3, changes: new Map(), name: "value", ...options, lines: 0 };
  context.changedParents = new Set();
  for (const path of context.changes.keys()) {
    for (let end = path.lastIndexOf("/"); end >= 0; end = path.lastIndexOf("/", end - 1)) {
      context.changedParents.add(path.slice(0, end));
      if (end === 0) break;
    }
  }
  return h("div", { class: "json" }, line(undefined, value, "", 0, context));
}

function label(name) {
  if (name === undefined) return null;
  return typeof name === "number"
    ? h("span", { class: "index" }, `${name} `)
    : [
        h("span", { class: "key" }, show(name.length > STRING_CUT ? beginning(name, STRING_CUT) + "\u2026" : name)),
        h("span", { class: "punctuation" }, ": "),
      ];
}

/// A value that has no lines of its own.
export function scalar(value, name = "value") {
  if (typeof value === "string") return stringValue(value, name);
  if (isContainer(value)) return h("span", { class: "punctuation" }, preview(value, 120));
  return h("span", { class: kindOf(value) }, scalarText(value));
}

function stringValue(text, name) {
  const quoted = (part) => h("span", { class: "string" }, '"', show(part), '"');
  if (text.length <= STRING_CUT) return quoted(text);
  const whole = h("span", {});
  const brief = () => {
    whole.replaceChildren(
      quoted(beginning(text, STRING_CUT) + "\u2026"),
      " ",
      h(
        "span",
        { class: "cut" },
        `${size(text.length)} of text `,
        h("button", { type: "button", class: "small", onclick: all }, "Show all"),
        " ",
        h("button", { type: "button", class: "small", onclick: () => copy(text, "the text") }, "Copy"),
        " ",
        h(
          "button",
          { type: "button", class: "small", onclick: () => save(text, `${name}.txt`, "text/plain;charset=utf-8") },
          "Download",
        ),
      ),
    );
  };
  const all = () => {
    const box = h("div", { class: "long-text", tabindex: "0", role: "group", "aria-label": "The whole text" });
    for (let at = 0; at < text.length;) {
      const part = beginning(text.slice(at, at + 10_001), 10_000) || text.slice(at, at + 1);
      box.append(h("div", {}, plain(part)));
      at += part.length;
    }
    whole.replaceChildren(
      box,
      h(
        "button",
        {
          type: "button",
          class: "small",
          onclick: () => {
            brief();
            whole.querySelector("button").focus();
          },
        },
        "Show less",
      ),
    );
    box.focus({ preventScroll: true });
  };
  brief();
  return whole;
}

function blame(path, context) {
  const version = context.setBy && Object.hasOwn(context.setBy, path) ? context.setBy[path] : undefined;
  if (version === undefined) return null;
  return h(
    "button",
    {
      type: "button",
      class: "blame",
      title: `Last set by version ${version}`,
      "aria-label": `Last set by version ${version}: go there`,
      onclick: () => context.onVersion(version),
    },
    `v${version}`,
  );
}

function mark(change) {
  if (!change) return ["", null];
  if (change.before === undefined) return ["added", h("span", { class: "sign", title: "New" }, "+")];
  if (change.after === undefined) return ["removed", h("span", { class: "sign", title: "Removed" }, "\u2212")];
  return ["changed", h("span", { class: "sign", title: "Changed" }, "\u25cf")];
}

function line(name, value, path, depth, context) {
  ++context.lines;
  const change = context.changes.get(path);
  const [kind, sign] = mark(change);
  const hasMembers = isContainer(value) && Object.keys(value).length > 0;
  if (!hasMembers) {
    const text = isContainer(value)
      ? h("span", { class: "punctuation" }, Array.isArray(value) ? "[]" : "{}")
      : scalar(value, context.name);
    return h(
      "div",
      { class: `line ${kind}` },
      sign,
      h(
        "span",
        { class: "content" },
        label(name),
        kind === "changed"
          ? [
              h("del", {}, isContainer(change.before) ? preview(change.before, 80) : scalar(change.before)),
              h("span", { class: "arrow", "aria-label": "became" }, " \u2192 "),
              h("ins", {}, text),
            ]
          : text,
      ),
      blame(path, context),
    );
  }
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const names = Object.keys(value);
  const isList = Array.isArray(value);
  const members = h("div", { class: "members" });
  const summary = h(
    "summary",
    { class: `line ${kind}` },
    sign,
    h(
      "span",
      { class: "content" },
      h("span", { class: "twist" }, icon("next")),
      label(name),
      h("span", { class: "punctuation" }, open),
      h(
        "span",
        { class: "folded" },
        preview(value, 80).slice(1, -1),
        h("span", { class: "punctuation" }, close),
        h("span", { class: "cut" }, ` ${counted(names.length, isList ? "item" : "field")}`),
      ),
    ),
    blame(path, context),
  );
  const whole = h("details", { class: context.changedParents.has(path) ? "has-changes" : null }, summary, members);
  let drawn = 0;
  const more = () => {
    const until = Math.min(drawn + MEMBERS_AT_ONCE, names.length);
    members.querySelector(":scope > .more")?.remove();
    for (; drawn < until; ++drawn) {
      const key = names[drawn];
      members.append(line(isList ? drawn : key, value[key], pointerTo(path, key), depth + 1, context));
    }
    if (drawn < names.length) {
      members.append(
        h(
          "div",
          { class: "line more" },
          h(
            "button",
            {
              type: "button",
              class: "small",
              onclick: () => {
                context.lines = 0;
                more();
              },
            },
            `Show ${count(Math.min(MEMBERS_AT_ONCE, names.length - drawn))} more of ${count(names.length)}`,
          ),
        ),
      );
    } else {
      members.append(removedMembers(path, value, context));
      whole.append(h("div", { class: "line punctuation" }, close));
    }
  };
  const fill = () => {
    if (drawn === 0) more();
  };
  whole.addEventListener("toggle", () => {
    if (whole.open) fill();
  });
  summary.addEventListener("click", () => context.folds?.set(path, !whole.open));
  const isWanted = context.folds?.get(path) ?? (depth < context.open || context.changedParents.has(path));
  if (isWanted && context.lines < LINES_AT_ONCE) {
    whole.open = true;
    fill();
  }
  return whole;
}

/// Lines of the fields that were in an object before and are not in it any more.
function removedMembers(path, value, context) {
  const lines = document.createDocumentFragment();
  if (!isObject(value)) return lines;
  for (const [changed, change] of context.changes) {
    if (change.after !== undefined || !changed.startsWith(path + "/")) continue;
    const rest = changed.slice(path.length + 1);
    const first = rest.split("/", 1)[0].replaceAll("~1", "/").replaceAll("~0", "~");
    if (Object.hasOwn(value, first)) continue;
    const [kind, sign] = mark(change);
    lines.append(
      h(
        "div",
        { class: `line ${kind}` },
        sign,
        h(
          "span",
          { class: "content" },
          h(
            "del",
            {},
            label(rest.replaceAll("~1", "/").replaceAll("~0", "~")),
            isContainer(change.before) ? preview(change.before, 80) : scalar(change.before),
          ),
        ),
      ),
    );
  }
  return lines;
}

/// Opens or closes all of a tree, as much as is drawn at once.
function openAll(tree, isOpen) {
  let left = LINES_AT_ONCE;
  for (let folded; (folded = tree.querySelectorAll(isOpen ? "details:not([open])" : "details[open]")).length > 0;) {
    for (const details of folded) {
      if (isOpen && left-- <= 0) return;
      details.open = isOpen;
      if (isOpen) details.dispatchEvent(new Event("toggle"));
    }
  }
}

/// The buttons that a value has, whose tree they open and close.
export function valueButtons(value, what, name, tree) {
  return h(
    "span",
    { class: "value-buttons" },
    iconButton("unfold", `Expand ${what}`, () => openAll(tree, true)),
    iconButton("fold", `Collapse ${what}`, () => openAll(tree, false)),
    iconButton("copy", `Copy ${what} as JSON`, () => copy(write(value), what)),
    iconButton("save", `Download ${what} as JSON`, () => save(write(value), `${name}.json`, "application/json")),
  );
}
