// SPDX-License-Identifier: MIT
// The events that one request caused, in all stores: those whose metadata has its correlation id in $context.
import { ask } from "./api.js";
import { h, replace } from "./dom.js";
import { contextOf, eventRow } from "./event_row.js";
import { endOfLog, positionAt } from "./log.js";
import { empty, problemBox } from "./parts.js";
import { count, counted, show } from "./text.js";

const AROUND = 5000; // positions, looked at without being asked

export function openCorrelation({ info, signal }, { correlation, around, time }) {
  const rows = h("div", { class: "rows", role: "list", "aria-label": "Events of this correlation" });
  const state = h("p", { class: "hint inset", role: "status" });
  const found = new Map();
  let isStopped = false;

  const draw = () => {
    const events = [...found.values()].sort((left, right) => left.position - right.position);
    replace(
      rows,
      chain(events).map(({ event, depth }) => eventRow(event, { hasPlace: true, depth })),
    );
  };
  async function look(from, to) {
    for (let after = from; after < to && !isStopped;) {
      const page = await ask("all", { after, limit: 1000 }, { signal });
      const before = found.size;
      for (const event of page.events)
        if (contextOf(event)?.correlation === correlation) found.set(event.position, event);
      if (found.size > before) draw();
      replace(
        state,
        `Looked at positions up to ${count(page.position)} of ${count(to)}\u2026 `,
        h("button", { type: "button", class: "small", onclick: () => (isStopped = true) }, "Stop"),
      );
      if (page.position <= after) break;
      after = page.position;
    }
  }
  const start = async (isWhole) => {
    isStopped = false;
    replace(state, "Looking\u2026");
    try {
      const end = await endOfLog(signal);
      const middle = Number(around) || (time ? await positionAt(time, end, signal) : end);
      await look(isWhole ? 0 : Math.max(0, middle - AROUND), isWhole ? end : Math.min(end, middle + AROUND));
      draw();
      const all = [...found.values()];
      const stores = new Set(all.map((event) => event.store)).size;
      replace(
        state,
        all.length > 0 ? `${counted(all.length, "event")} in ${counted(stores, "store")}. ` : "",
        !isWhole &&
          end > AROUND &&
          h("button", { type: "button", class: "small", onclick: () => start(true) }, "Look at all events"),
      );
      if (all.length === 0)
        replace(
          rows,
          empty(h("p", {}, isWhole ? "No event has this correlation." : "No event near here has this correlation.")),
        );
    } catch (problem) {
      if (problem.name !== "AbortError")
        replace(
          state,
          problemBox(problem, () => start(isWhole)),
        );
    }
  };
  if (info.ordered) start(false);
  else replace(rows, empty(h("p", {}, "This database has no order of all its events.")));
  return {
    title: "Correlation",
    element: h(
      "div",
      { class: "page" },
      h(
        "header",
        { class: "page-head" },
        h("div", {}, h("p", { class: "kicker" }, "Correlation"), h("h1", {}, show(correlation ?? ""))),
      ),
      h("section", { class: "card", "aria-label": "Events" }, state, rows),
    ),
  };
}

/// Each event below the one that caused it, as far as it says so.
function chain(events) {
  const byName = new Map();
  for (const event of events) {
    for (const name of [
      `${event.store}#${event.aggregateId}#${event.version}`, // as next_context writes it
      event.metadata?.$context?.id,
      event.metadata?.id,
      `${event.store}/${event.aggregateId}/${event.version}`,
      `${event.store}:${event.aggregateId}:${event.version}`,
      String(event.position),
    ]) {
      if (name !== undefined) byName.set(String(name), event);
    }
  }
  const depths = new Map();
  const depthOf = (event, limit) => {
    if (depths.has(event)) return depths.get(event);
    const cause = byName.get(contextOf(event)?.causation);
    const depth =
      cause && cause !== event && cause.position < event.position && limit > 0 ? depthOf(cause, limit - 1) + 1 : 0;
    depths.set(event, depth);
    return depth;
  };
  return events.map((event) => ({ event, depth: depthOf(event, 50) }));
}
