// SPDX-License-Identifier: MIT
// The database: its stores, and what happened last.
import { ask } from "./api.js";
import { h, replace } from "./dom.js";
import { eventRow } from "./event_row.js";
import { endOfLog, eventsBefore } from "./log.js";
import { empty, problemBox } from "./parts.js";
import { href } from "./router.js";
import { count, counted, show, time } from "./text.js";

export function openStores({ info, signal }) {
  const table = h("div", {}, h("p", { class: "hint" }, "Loading\u2026"));
  const newest = h("div", { class: "rows", role: "list", "aria-label": "Newest events" });
  const load = async () => {
    try {
      const { stores } = await ask("stores", {}, { signal });
      draw(stores, true);
      draw((await ask("stores", { counts: true }, { signal })).stores, false);
    } catch (problem) {
      if (problem.name !== "AbortError") replace(table, problemBox(problem, load));
    }
  };
  const cell = (label, value, isCounting) =>
    h(
      "td",
      { "data-label": label },
      value ?? (isCounting ? h("span", { class: "waiting", "aria-label": "counting" }) : "\u2013"),
    );
  function draw(stores, isCounting) {
    if (stores.length === 0)
      return replace(
        table,
        empty(
          h("p", {}, "There are no events yet."),
          h("p", { class: "hint" }, "A store shows up here with its first event."),
        ),
      );
    const focused = table.contains(document.activeElement) ? document.activeElement.getAttribute("href") : undefined;
    const most = Math.max(1, ...stores.map((store) => store.events ?? 0));
    replace(
      table,
      h(
        "table",
        { class: "list stores" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Store", "Aggregates", "Events", "First event", "Last event"].map((name, index) =>
              h("th", { scope: "col", class: index === 1 || index === 2 ? "number" : null }, name),
            ),
          ),
        ),
        h(
          "tbody",
          {},
          stores.map((store) => {
            const share = h("span", { class: "share", "aria-hidden": "true" });
            share.style.width = `${(100 * (store.events ?? 0)) / most}%`;
            const events = cell(
              "Events",
              store.events !== undefined ? h("span", { class: "counted" }, count(store.events), share) : undefined,
              isCounting,
            );
            const aggregates = cell(
              "Aggregates",
              store.aggregates !== undefined ? count(store.aggregates) : undefined,
              isCounting,
            );
            events.className = aggregates.className = "number";
            return h(
              "tr",
              {},
              h(
                "th",
                { scope: "row" },
                h(
                  "a",
                  { href: href({ store: store.store }), class: "row-link", "data-row": true },
                  show(store.store),
                ),
              ),
              aggregates,
              events,
              cell("First event", store.firstTimestamp && time(store.firstTimestamp), isCounting),
              cell("Last event", store.lastTimestamp && time(store.lastTimestamp), isCounting),
            );
          }),
        ),
      ),
    );
    if (focused) table.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    const sum = stores.reduce((total, store) => total + (store.events ?? 0), 0);
    if (!isCounting && sum > 0) summary.textContent = `${counted(stores.length, "store")}, ${counted(sum, "event")}`;
  }
  const summary = h("span", { class: "hint" });
  const loadNewest = async () => {
    try {
      const { events } = await eventsBefore((await endOfLog(signal)) + 1, { wanted: 8, signal });
      replace(
        newest,
        events.slice(0, 8).map((event) => eventRow(event, { hasPlace: true })),
      );
      if (events.length === 0) replace(newest, empty(h("p", {}, "Nothing has happened yet.")));
    } catch (problem) {
      if (problem.name !== "AbortError") replace(newest, problemBox(problem, loadNewest));
    }
  };
  load();
  if (info.ordered) loadNewest();
  const chips = [
    info.writable ? "can be written" : "read only",
    info.ordered ? "one order of all events" : "no order of all events",
    info.explorer && "knows its types",
  ].filter(Boolean);
  return {
    title: "Stores",
    keep: true,
    element: h(
      "div",
      { class: "page" },
      h(
        "header",
        { class: "page-head" },
        h("div", {}, h("p", { class: "kicker" }, "Database"), h("h1", {}, show(info.database ?? "castore"))),
        h(
          "p",
          { class: "chips" },
          summary,
          chips.map((text) => h("span", { class: "chip" }, text)),
        ),
      ),
      h("section", { class: "card", "aria-label": "Stores" }, table),
      info.ordered &&
        h(
          "section",
          { class: "card", "aria-labelledby": "newest" },
          h(
            "header",
            { class: "card-head" },
            h("h2", { id: "newest" }, "Newest events"),
            h("span", { class: "space" }),
            h("a", { href: href({ view: "live" }) }, "Watch live"),
          ),
          newest,
        ),
    ),
  };
}
