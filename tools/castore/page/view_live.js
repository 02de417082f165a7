// SPDX-License-Identifier: MIT
// The newest events of all stores, and those that come while one looks.
import { ask, follow } from "./api.js";
import { blockList } from "./block_list.js";
import { h, icon, replace } from "./dom.js";
import { eventRow } from "./event_row.js";
import { endOfLog, eventsBefore } from "./log.js";
import { empty, field, later, problemBox } from "./parts.js";
import { go } from "./router.js";
import { counted, show } from "./text.js";

const KEPT = 300; // of those that came while one looked

export function openLive({ info, signal }, place) {
  if (!info.ordered) {
    return {
      title: "Live",
      element: h(
        "div",
        { class: "page" },
        h("h1", {}, "Live"),
        h(
          "section",
          { class: "card" },
          empty(
            h("p", {}, "This database has no order of all its events."),
            h("p", { class: "hint" }, "A DynamoDB table is followed by its stream."),
          ),
        ),
      ),
    };
  }
  const filters = { store: place.in, type: place.type ?? "", text: place.text ?? "" };
  const fresh = h("div", { class: "rows", role: "list", "aria-label": "Events that came" });
  const past = h("div", {});
  const state = h("span", { class: "live-state", role: "status" }, "connecting\u2026");
  const pill = h("button", { type: "button", class: "pill", hidden: true, onclick: () => setPaused(false) });
  const pause = h("button", { type: "button", class: "pause", onclick: () => setPaused(!isPaused) });
  const stores = h(
    "select",
    {
      onchange: (event) =>
        change({ store: event.target.value === "" ? undefined : event.target.selectedOptions[0].dataset.store }),
    },
    h("option", { value: "" }, "All stores"),
  );
  const open = new Set();
  let isPaused = false;
  let waiting = [];
  let stop;
  let list;

  const wanted = (event) =>
    (!filters.type || event.type === filters.type) && (!filters.text || event.aggregateId.startsWith(filters.text));
  const row = (event, isNew) =>
    eventRow(event, {
      hasPlace: true,
      isNew,
      isOpen: open.has(event.position),
      onToggle: (isOpen) => (isOpen ? open.add(event.position) : open.delete(event.position)),
    });
  const setPaused = (now) => {
    isPaused = now;
    replace(pause, icon(isPaused ? "play" : "pause"), isPaused ? "Go on" : "Pause");
    pause.setAttribute("aria-pressed", String(isPaused));
    if (!isPaused) waiting.splice(0).forEach(add);
    pill.hidden = true;
  };
  const add = (event) => {
    if (!wanted(event)) return;
    if (isPaused) {
      waiting.push(event);
      if (waiting.length > KEPT) waiting.shift();
      pill.textContent = `${counted(waiting.length, "new event")}`;
      pill.hidden = false;
      return;
    }
    fresh.prepend(row(event, true));
    while (fresh.childElementCount > KEPT) fresh.lastElementChild.remove();
    const before = fresh.firstElementChild.getBoundingClientRect();
    if (before.bottom < 0) scrollBy(0, before.height); // the reader stays where they are
  };
  const start = async () => {
    stop?.();
    list?.close();
    fresh.replaceChildren();
    waiting = [];
    try {
      const end = await endOfLog(signal);
      let before = end + 1;
      list = blockList({
        label: "Newest events",
        rowHeight: 41,
        draw: (event) => row(event, false),
        next: async () => {
          const found = await eventsBefore(before, { store: filters.store, type: filters.type || undefined, signal });
          before = found.before;
          return { items: found.events.filter(wanted), isLast: before === 0 };
        },
        empty: () =>
          empty(h("p", {}, "No event matches."), h("p", { class: "hint" }, "Those that come will show up here.")),
      });
      replace(past, list.element);
      if (signal.aborted) return;
      stop = follow({
        after: end,
        store: filters.store,
        onEvent: add,
        onState: (now) => {
          state.className = `live-state ${now}`;
          state.textContent = {
            live: "live",
            polling: "live, asking every 2 seconds",
            broken: "not connected, trying again",
          }[now];
        },
      });
    } catch (problem) {
      if (problem.name !== "AbortError") replace(past, problemBox(problem, start));
    }
  };
  const change = (changed) => {
    Object.assign(filters, changed);
    go(
      { view: "live", in: filters.store, type: filters.type || undefined, text: filters.text || undefined },
      { isReplacing: true },
    );
    start();
  };
  ask("stores", {}, { signal }).then(
    ({ stores: all }) =>
      all.forEach((one, index) =>
        stores.append(
          h(
            "option",
            { value: String(index + 1), "data-store": one.store, selected: one.store === filters.store },
            show(one.store).textContent,
          ),
        ),
      ),
    () => {},
  );
  const types = later(300, (type) => change({ type }));
  const ids = later(300, (text) => change({ text }));
  setPaused(false);
  start();
  return {
    title: "Live",
    update: () => {},
    keys: { p: () => setPaused(!isPaused) },
    close: () => {
      stop?.();
      list?.close();
    },
    element: h(
      "div",
      { class: "page" },
      h(
        "header",
        { class: "page-head" },
        h("div", {}, h("p", { class: "kicker" }, "All stores, newest first"), h("h1", {}, "Live")),
        h("p", { class: "chips" }, state, pause),
      ),
      h(
        "div",
        { class: "filters", role: "search" },
        field("Store", stores),
        field(
          "Type",
          h("input", {
            type: "search",
            value: filters.type,
            placeholder: "any",
            spellcheck: "false",
            "data-filter": true,
            oninput: (event) => types(event.target.value.trim()),
          }),
        ),
        field(
          "Id begins with",
          h("input", {
            type: "search",
            value: filters.text,
            placeholder: "any",
            spellcheck: "false",
            oninput: (event) => ids(event.target.value),
          }),
        ),
      ),
      h("section", { class: "card", "aria-label": "Events" }, pill, fresh, past),
    ),
  };
}
