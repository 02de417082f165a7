// SPDX-License-Identifier: MIT
// A store: its aggregates, page by page, and the types of its events.
import { ask, knownStores } from "./api.js";
import { blockList } from "./block_list.js";
import { h, replace } from "./dom.js";
import { isObject } from "./json.js";
import { jsonTree } from "./json_view.js";
import { crumbs, empty, field, inputOf, later, momentOf, problemBox, segments, tabs } from "./parts.js";
import { go, href } from "./router.js";
import { ago, count, show, showId, time, typeName } from "./text.js";

export function openStore({ info, signal }, place) {
  const { store } = place;
  const body = h("div", {});
  const tabPlace = h("div", {});
  let list;
  let shown; // what `body` shows
  const update = (now) => {
    const tab = now.tab === "types" ? "types" : "aggregates";
    replace(
      tabPlace,
      tabs(
        "Of this store",
        [
          { key: "aggregates", label: "Aggregates" },
          { key: "types", label: "Event types" },
        ],
        tab,
        (key) => href({ store, tab: key === "aggregates" ? undefined : key }),
      ),
    );
    if (shown !== tab) {
      list?.close();
      replace(body, tab === "types" ? typesOf(store, info, signal) : aggregatesOf(now));
    }
    shown = tab;
  };

  function aggregatesOf(start) {
    let filters = {
      prefix: start.prefix ?? "",
      after: start.after,
      before: start.before,
      order: start.order === "oldest" ? "oldest" : "newest",
    };
    const rows = h("div", {});
    const orders = h("div", {});
    const known = h("span", { class: "hint", role: "status" });
    const load = () => {
      list?.close();
      let page;
      list = blockList({
        label: "Aggregates",
        rowHeight: 41,
        draw: (aggregate) =>
          h(
            "div",
            { class: "aggregate", role: "listitem" },
            h(
              "a",
              { class: "row-link", "data-row": true, href: href({ store, id: aggregate.aggregateId }) },
              showId(aggregate.aggregateId),
            ),
            aggregate.initialTimestamp && [
              h("span", { class: "hint ago" }, ago(aggregate.initialTimestamp)),
              time(aggregate.initialTimestamp),
            ],
          ),
        next: async () => {
          const answer = await ask(
            "aggregates",
            {
              store,
              limit: 100,
              page,
              reverse: filters.order === "newest",
              prefix: filters.prefix || undefined,
              after: filters.after,
              before: filters.before,
            },
            { signal },
          );
          page = answer.nextPage;
          known.textContent = `${count(list.total + answer.aggregates.length)}${page === undefined ? "" : " and more"}`;
          return { items: answer.aggregates, isLast: page === undefined };
        },
        empty: () =>
          empty(
            h(
              "p",
              {},
              filters.prefix || filters.after || filters.before
                ? "Nothing matches."
                : "This store has no aggregates.",
            ),
          ),
      });
      replace(rows, list.element);
      replace(
        orders,
        segments(
          "Order",
          [
            ["newest", "Newest first"],
            ["oldest", "Oldest first"],
          ],
          filters.order,
          (order) => change({ order }),
        ),
      );
    };
    const change = (changed) => {
      filters = { ...filters, ...changed };
      go(
        {
          store,
          prefix: filters.prefix || undefined,
          after: filters.after,
          before: filters.before,
          order: filters.order === "newest" ? undefined : filters.order,
        },
        { isReplacing: true },
      );
      load();
    };
    const type = later(200, (prefix) => change({ prefix }));
    const moment = (name) =>
      h("input", {
        type: "datetime-local",
        step: "1",
        value: inputOf(filters[name]),
        onchange: (event) => change({ [name]: momentOf(event.target.value) }),
      });
    load();
    return [
      h(
        "div",
        { class: "filters", role: "search" },
        field(
          "Id begins with",
          h("input", {
            type: "search",
            "data-filter": true,
            value: filters.prefix,
            placeholder: "any",
            spellcheck: "false",
            autocomplete: "off",
            autocapitalize: "off",
            oninput: (event) => type(event.target.value),
          }),
        ),
        field("First event from (UTC)", moment("after")),
        field("Until (UTC)", moment("before")),
        orders,
        h("span", { class: "space" }),
        known,
      ),
      h("section", { class: "card", "aria-label": "Aggregates" }, rows),
    ];
  }

  update(place);
  return {
    title: `${store}`,
    keep: true,
    update,
    element: h(
      "div",
      { class: "page" },
      crumbs(["Stores", href({})], [store]),
      h("header", { class: "page-head" }, h("h1", {}, show(store))),
      tabPlace,
      body,
    ),
    close: () => list?.close(),
  };
}

/// What is known of a type, to unfold; nothing where no program knows it.
function schemaOf(type) {
  if (!type) return null;
  const { type: name, payload, metadata } = type;
  for (const schema of [payload, metadata]) if (isObject(schema)) delete schema.$schema; // which all have
  return h(
    "details",
    {
      class: "schema",
      ontoggle: ({ target }) => {
        if (target.open && target.childElementCount === 1) target.append(jsonTree(metadata ? { payload, metadata } : payload, { open: 4, name }));
      },
    },
    h("summary", {}, "Schema"),
  );
}

function typesOf(store, info, signal) {
  const card = h("section", { class: "card", "aria-label": "Event types" });
  const load = async () => {
    replace(card, h("p", { class: "hint inset", role: "status" }, "Looking at all events of this store\u2026"));
    try {
      const [{ types: stored }, stores] = await Promise.all([ask("types", { store }, { signal }), knownStores(info)]);
      const known = stores.get(store)?.types ?? [];
      const never = known.filter(({ type }) => !stored.some((one) => one.type === type));
      const types = [...stored, ...never.map(({ type }) => ({ type, count: 0 }))];
      if (types.length === 0) return replace(card, empty(h("p", {}, "This store has no events.")));
      replace(
        card,
        h(
          "table",
          { class: "list" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              ["Type", "Events", "First", "Last", "Fields"].map((name) =>
                h("th", { scope: "col", class: name === "Events" ? "number" : null }, name),
              ),
            ),
          ),
          h(
            "tbody",
            {},
            types.map((type) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, typeName(type.type)),
                h("td", { class: "number", "data-label": "Events" }, count(type.count)),
                h("td", { "data-label": "First" }, type.first && time(type.first)),
                h("td", { "data-label": "Last" }, type.last && time(type.last)),
                h(
                  "td",
                  { "data-label": "Fields", class: "field-names" },
                  h(
                    "span",
                    {},
                    (type.fields ?? []).map((name) => [h("code", {}, show(name)), " "]),
                  ),
                  schemaOf(known.find((one) => one.type === type.type)),
                ),
              ),
            ),
          ),
        ),
      );
    } catch (problem) {
      if (problem.name !== "AbortError") replace(card, problemBox(problem, load));
    }
  };
  load();
  return card;
}
