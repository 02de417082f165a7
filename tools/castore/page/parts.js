// SPDX-License-Identifier: MIT
// What several views have in common.
import { copy, h, icon } from "./dom.js";
import { write } from "./json.js";
import { show } from "./text.js";

/// What went wrong, and a way to try again.
export function problemBox(problem, again) {
  const { detail, title, status, ...rest } = problem.body ?? {};
  delete rest.type;
  return h(
    "div",
    { class: "problem", role: "alert" },
    h(
      "p",
      {},
      h("strong", {}, show(title && detail ? title : "That did not work")),
      " ",
      show(String(detail ?? title ?? problem.message ?? problem)),
    ),
    Object.keys(rest).length > 0 && h("p", { class: "hint" }, show(write(rest, 0))),
    again && h("button", { type: "button", onclick: again }, "Try again"),
  );
}

export const empty = (...text) => h("div", { class: "empty" }, ...text);

export const copyButton = (text, what) =>
  h(
    "button",
    {
      type: "button",
      class: "quiet",
      title: `Copy ${what}`,
      "aria-label": `Copy ${what}`,
      onclick: () => copy(text, what),
    },
    icon("copy"),
  );

/// Where one is: links, the last one without.
export function crumbs(...steps) {
  return h(
    "nav",
    { class: "crumbs", "aria-label": "Where you are" },
    h(
      "ol",
      {},
      steps.map(([text, href]) =>
        h("li", {}, href ? h("a", { href }, show(text)) : h("span", { "aria-current": "page" }, show(text))),
      ),
    ),
  );
}

/// Tabs whose state is in the address: [{key, label}]; `hrefOf(key)`.
export function tabs(label, list, current, hrefOf) {
  return h(
    "nav",
    { class: "tabs", "aria-label": label },
    list.map(({ key, label: text, wideOnly, narrowOnly }) =>
      h(
        "a",
        {
          href: hrefOf(key),
          class: narrowOnly ? "narrow-only" : null,
          "aria-current": key === current ? "page" : null,
        },
        text,
      ),
    ),
  );
}

/// A choice of a few: [[value, text]].
export function segments(label, choices, current, onchange) {
  return h(
    "div",
    { class: "segments", role: "group", "aria-label": label },
    choices.map(([value, text]) =>
      h(
        "button",
        { type: "button", "aria-pressed": String(value === current), onclick: () => onchange(value) },
        text,
      ),
    ),
  );
}

export function field(label, input, hint) {
  return h(
    "div",
    { class: "field" },
    h("label", {}, h("span", { class: "label" }, label), input),
    hint && h("span", { class: "hint" }, hint),
  );
}

/// Calls a function some time after the last call.
export function later(milliseconds, call) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), milliseconds);
  };
}

/// "2024-05-01T10:00" of an input is a moment in UTC.
export const momentOf = (text) =>
  text ? (text.length === 16 ? text + ":00.000Z" : text.length === 19 ? text + ".000Z" : text + "Z") : undefined;
export const inputOf = (moment) => (moment ? moment.replace(/(\.\d+)?Z$/, "") : "");
