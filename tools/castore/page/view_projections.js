// SPDX-License-Identifier: MIT
// How far projections and subscriptions have come, and what they left out.
import { ask } from "./api.js";
import { h, replace } from "./dom.js";
import { eventRow } from "./event_row.js";
import { jsonTree } from "./json_view.js";
import { empty, problemBox } from "./parts.js";
import { count, show, time } from "./text.js";

const EVERY = 3000;

export function openProjections({ signal }) {
  const table = h("div", {}, h("p", { class: "hint inset" }, "Loading\u2026"));
  const letters = h("div", {}, h("p", { class: "hint inset" }, "Loading\u2026"));
  let timer;
  let last = {};
  const load = async (what, path, element, draw) => {
    try {
      const answer = await ask(path, {}, { signal });
      const text = JSON.stringify(answer);
      if (last[what] !== text) replace(element, draw(answer)); // what is open stays open
      last[what] = text;
    } catch (problem) {
      if (problem.name === "AbortError") return;
      last[what] = undefined;
      replace(element, problemBox(problem));
    }
  };
  const all = async () => {
    if (document.visibilityState === "visible") {
      await Promise.all([
        load("projections", "projections", table, drawProjections),
        load("letters", "dead-letters", letters, drawLetters),
      ]);
    }
    if (!signal.aborted) timer = setTimeout(all, EVERY);
  };
  all();
  return {
    title: "Projections",
    element: h(
      "div",
      { class: "page" },
      h(
        "header",
        { class: "page-head" },
        h("div", {}, h("p", { class: "kicker" }, "What follows the events"), h("h1", {}, "Projections")),
      ),
      h("section", { class: "card", "aria-label": "Projections" }, table),
      h(
        "section",
        { class: "card", "aria-labelledby": "letters" },
        h(
          "header",
          { class: "card-head" },
          h("h2", { id: "letters" }, "Dead letters"),
          h("span", { class: "hint" }, "events that a handler could not handle"),
        ),
        letters,
      ),
    ),
    close: () => clearTimeout(timer),
  };
}

function drawProjections({ projections }) {
  if (projections.length === 0)
    return empty(
      h("p", {}, "Nothing keeps its place here yet."),
      h("p", { class: "hint" }, "A projection or a subscription shows up with its first checkpoint."),
    );
  return h(
    "table",
    { class: "list" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ["Name", "Progress", "Position", "Behind", "State", "Moved"].map((name) =>
          h("th", { scope: "col", class: name === "Position" || name === "Behind" ? "number" : null }, name),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      projections.map((one) => {
        const lag = Math.max(0, one.lag ?? 0);
        const share = one.position + lag > 0 ? one.position / (one.position + lag) : 1;
        const state = one.state ?? (lag === 0 ? "at the end" : "behind");
        return h(
          "tr",
          {},
          h(
            "th",
            { scope: "row" },
            show(one.name),
            one.version !== undefined && h("span", { class: "hint" }, ` version ${one.version}`),
          ),
          h(
            "td",
            { "data-label": "Progress" },
            h("meter", {
              min: 0,
              max: 1,
              low: 0.5,
              high: 0.999,
              optimum: 1,
              value: share,
              "aria-label": `${(100 * share).toFixed(1)} percent`,
            }),
          ),
          h("td", { class: "number", "data-label": "Position" }, count(one.position)),
          h("td", { class: "number", "data-label": "Behind" }, count(lag)),
          h(
            "td",
            { "data-label": "State" },
            h("span", { class: `chip ${lag === 0 ? "on" : "wait"}` }, show(String(state))),
            (one.deadLetters ?? 0) > 0 && [" ", h("span", { class: "chip bad" }, `${count(one.deadLetters)} dead`)],
          ),
          h("td", { "data-label": "Moved" }, one.updated ? time(one.updated) : "\u2013"),
        );
      }),
    ),
  );
}

function drawLetters({ deadLetters }) {
  if (deadLetters.length === 0) return empty(h("p", {}, "None: everything was handled."));
  return h(
    "div",
    { class: "letters" },
    deadLetters.map((letter) => {
      const { name, version, position, attempts, at, error, event, ...rest } = letter;
      return h(
        "article",
        { class: "letter" },
        h(
          "header",
          {},
          h("strong", {}, show(String(name ?? "?"))),
          version !== undefined && h("span", { class: "hint" }, ` version ${version}`),
          h(
            "span",
            { class: "hint" },
            `position ${position ?? "?"}, tried ${attempts === 1 ? "once" : `${attempts ?? "?"} times`}`,
          ),
          h("span", { class: "space" }),
          at && time(at),
        ),
        error !== undefined && h("p", { class: "error-text" }, show(String(error))),
        event && typeof event === "object"
          ? h("div", { class: "rows", role: "list" }, eventRow(event, { hasPlace: true }))
          : h("p", { class: "hint" }, "The event is gone."),
        Object.keys(rest).length > 0 && jsonTree(rest, { open: 1 }),
      );
    }),
  );
}
