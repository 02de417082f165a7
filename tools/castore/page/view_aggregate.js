// SPDX-License-Identifier: MIT
// An aggregate: its events, and at every version what they made of it. There is one version that one looks at: the
// slider, the marked event and the panel next to the events all show it.
import { ask, knownStores } from "./api.js";
import { AggregateData, BLOCK } from "./aggregate_data.js";
import { blockList } from "./block_list.js";
import { h, iconButton, replace, save, say } from "./dom.js";
import { eventRow } from "./event_row.js";
import { openPanel } from "./panels.js";
import { copyButton, crumbs, empty, field, inputOf, later, momentOf, problemBox, segments, tabs } from "./parts.js";
import { go, href } from "./router.js";
import { count, counted, hue, plain, show, showId, time, typeName } from "./text.js";

const LOOKS_AGAIN = 5000;
const STRIP_UP_TO = 200; // so many versions have a mark each below the slider
const AT_ONCE = 10; // blocks that a filter looks through
const wide = matchMedia("(min-width: 1000px)");

export function openAggregate({ info, signal }, start) {
  const data = new AggregateData(start.store, start.id, signal);
  const element = h("div", { class: "page aggregate-page" }, h("p", { class: "hint" }, "Loading\u2026"));
  const view = { title: `${start.id}`, element, update: () => {}, keys: {}, close: () => {} };
  const load = async () => {
    try {
      const [known] = await Promise.all([knownStores(info), data.refresh()]);
      data.hasStates = known.has(data.store);
      if (data.newest === 0) {
        replace(
          element,
          crumbs(["Stores", href({})], [start.store, href({ store: start.store })], [start.id]),
          h("header", { class: "page-head" }, h("h1", {}, show(start.id))),
          h(
            "section",
            { class: "card" },
            empty(
              h("p", {}, "There is no such aggregate."),
              h("p", { class: "hint" }, "It has no events in this store."),
            ),
          ),
        );
        return;
      }
      Object.assign(view, draw({ info, data, element, start: start.now ?? start }));
    } catch (problem) {
      if (problem.name !== "AbortError") replace(element, problemBox(problem, load));
    }
  };
  view.update = (place) => (start.now = place);
  load();
  return view;
}

/// An event of the API as a line that `castore import` reads. Its text stays as it is.
const importable = (line) => line.replace(/^\{"store":("(?:[^"\\]|\\.)*"),/, '{"eventStoreId":$1,"event":{') + "}";

function draw({ info, data, element, start }) {
  let place = start;
  let cursor = clamp(Number(place.version) || data.newest);
  let isAtEnd = place.version === undefined;
  let allOpen = false;
  let list;
  const open = new Map(); // versions whose rows were opened or closed

  function clamp(version) {
    return Math.min(Math.max(1, Math.round(version) || 1), data.newest);
  }

  // --- The slider.
  const slider = h("input", {
    type: "range",
    class: "slider",
    min: 1,
    max: data.newest,
    step: 1,
    value: cursor,
    "aria-label": "Version",
    oninput: () => moveTo(Number(slider.value)),
  });
  const number = h("input", {
    type: "number",
    class: "version-number",
    min: 1,
    max: data.newest,
    value: cursor,
    "aria-label": "Version",
    onchange: () => moveTo(Number(number.value)),
  });
  const about = h("span", { class: "cursor-about" });
  const of = h("span", { class: "hint" });
  const strip = h("div", { class: "strip", "aria-hidden": "true" });
  const step = (picture, label, to) => iconButton(picture, label, () => moveTo(to()));
  const bar = h(
    "section",
    { class: "time-bar", "aria-label": "Version" },
    h(
      "div",
      { class: "time-controls" },
      step("first", "First version", () => 1),
      step("previous", "Previous version ([)", () => cursor - 1),
      h("span", { class: "version-of" }, h("span", { "aria-hidden": "true" }, "v"), number, of),
      step("next", "Next version (])", () => cursor + 1),
      step("last", "Newest version", () => data.newest),
      about,
    ),
    h("div", { class: "track" }, slider, strip),
  );

  async function drawStrip() {
    replace(strip);
    element.classList.toggle("has-strip", data.newest <= STRIP_UP_TO);
    if (data.newest > STRIP_UP_TO) return;
    const numbers = Array.from({ length: Math.ceil(data.newest / BLOCK) }, (_, index) => index);
    const events = (await Promise.all(numbers.map((index) => data.block(index)))).flat();
    replace(
      strip,
      events.map((event) =>
        h("i", {
          class: hue(event.type),
          title: `v${event.version} ${plain(event.type)}`,
          onclick: () => moveTo(event.version),
        }),
      ),
    );
    markStrip();
  }
  function markStrip() {
    strip.querySelector(".current")?.classList.remove("current");
    strip.children[cursor - 1]?.classList.add("current");
  }

  // --- The events.
  const listPlace = h("div", {});
  const listHead = h("header", { class: "card-head" });
  const filterPlace = h("div", {});
  const pill = h("button", { type: "button", class: "pill", hidden: true, onclick: () => showNew() });
  const filters = { type: place.type ?? "", after: place.after, before: place.before };
  let order = place.order === "oldest" ? "oldest" : "newest";
  const isFiltered = () => Boolean(filters.type || filters.after || filters.before);
  const matches = (event) =>
    (!filters.type || event.type === filters.type) &&
    (!filters.after || event.timestamp >= filters.after) &&
    (!filters.before || event.timestamp <= filters.before);

  const drawRow = (event) =>
    eventRow(event, {
      isOpen: open.get(event.version) ?? allOpen,
      isCurrent: event.version === cursor,
      onToggle: (isOpen) => open.set(event.version, isOpen),
      onSelect: () => moveTo(event.version, { scrolls: false }),
    });

  /// Which block of the list has a version, and the versions of a block. In both orders a block is 100 versions from 1.
  const blockNumbers = () => Array.from({ length: Math.ceil(data.newest / BLOCK) }, (_, index) => index);
  const numberOf = (index) => (order === "oldest" ? index : blockNumbers().length - 1 - index);

  function drawList() {
    list?.close();
    const ordered = (events) => (order === "oldest" ? events : events.toReversed());
    if (!isFiltered()) {
      list = blockList({
        label: "Events",
        rowHeight: 41,
        draw: drawRow,
        blocks: blockNumbers().map((index) => Math.min(BLOCK, data.newest - numberOf(index) * BLOCK)),
        load: async (index) => ordered(await data.block(numberOf(index))),
      });
    } else {
      let index = 0;
      list = blockList({
        label: "Matching events",
        rowHeight: 41,
        draw: drawRow,
        next: async (tell) => {
          const items = [];
          for (
            const last = blockNumbers().length;
            index < last && items.length < 50;
            index = Math.min(index + AT_ONCE, last)
          ) {
            const [from, to] =
              order === "oldest" ? [index, index + AT_ONCE] : [Math.max(0, last - index - AT_ONCE), last - index];
            items.push(...ordered(await data.through(from, to)).filter(matches));
            tell(
              `Looked at ${count(Math.min((index + AT_ONCE) * BLOCK, data.newest))} of ${counted(data.newest, "event")}\u2026`,
            );
          }
          return { items, isLast: index >= blockNumbers().length };
        },
        empty: () => empty(h("p", {}, "No event matches.")),
      });
    }
    replace(listPlace, list.element);
    replace(
      listHead,
      h("h2", {}, "Events"),
      h("span", { class: "hint" }, isFiltered() ? "those that match" : count(data.newest)),
      h("span", { class: "space" }),
      h(
        "button",
        {
          type: "button",
          class: "small",
          "aria-expanded": String(!filterPlace.hidden),
          onclick: () => {
            filterPlace.hidden = !filterPlace.hidden;
            drawListHead();
            if (!filterPlace.hidden) filterPlace.querySelector("input").focus();
          },
        },
        "Filter",
      ),
      h(
        "button",
        {
          type: "button",
          class: "small expand-all",
          "aria-pressed": String(allOpen),
          onclick: () => openAllRows(!allOpen),
        },
        allOpen ? "Collapse all" : "Expand all",
      ),
      segments(
        "Order",
        [
          ["newest", "Newest"],
          ["oldest", "Oldest"],
        ],
        order,
        (now) => {
          order = now;
          write({ order: now === "newest" ? undefined : now });
          drawList();
        },
      ),
    );
  }
  function drawListHead() {
    listHead.querySelector("[aria-expanded]").setAttribute("aria-expanded", String(!filterPlace.hidden));
  }
  function openAllRows(isOpen) {
    allOpen = isOpen;
    open.clear();
    list.redraw();
    const button = listHead.querySelector(".expand-all");
    button.setAttribute("aria-pressed", String(allOpen));
    button.textContent = allOpen ? "Collapse all" : "Expand all";
  }
  async function scrollToCursor(focuses) {
    if (!isFiltered())
      await list.ensure(
        order === "oldest"
          ? Math.floor((cursor - 1) / BLOCK)
          : blockNumbers().length - 1 - Math.floor((cursor - 1) / BLOCK),
      );
    const row = listPlace.querySelector(`[data-version="${cursor}"]`);
    if (!row || row.offsetParent === null) return;
    const { top, bottom } = row.getBoundingClientRect();
    if (top < bar.getBoundingClientRect().bottom || bottom > innerHeight)
      row.scrollIntoView({ block: Math.abs(top) < 2 * innerHeight ? "nearest" : "center" });
    if (focuses) row.querySelector("button").focus({ preventScroll: true });
  }
  const changeFilter = (changed) => {
    Object.assign(filters, changed);
    write({ type: filters.type || undefined, after: filters.after, before: filters.before });
    drawList();
  };
  function drawFilters() {
    const known = h("datalist", { id: "types-seen" });
    const moment = (name) =>
      h("input", {
        type: "datetime-local",
        step: "1",
        value: inputOf(filters[name]),
        onchange: (event) => changeFilter({ [name]: momentOf(event.target.value) }),
      });
    const typed = later(250, (type) => changeFilter({ type }));
    replace(
      filterPlace,
      h(
        "div",
        { class: "filters inset", role: "search" },
        field(
          "Type",
          h("input", {
            type: "search",
            list: "types-seen",
            "data-filter": true,
            value: filters.type,
            placeholder: "any",
            spellcheck: "false",
            autocapitalize: "off",
            onfocus: () =>
              replace(
                known,
                [...data.types].sort().map((type) => h("option", { value: type })),
              ),
            oninput: (event) => typed(event.target.value.trim()),
          }),
          null,
        ),
        known,
        field("From (UTC)", moment("after")),
        field("Until (UTC)", moment("before")),
      ),
    );
    filterPlace.hidden = !isFiltered();
  }

  // --- The panel.
  const panelTabs = h("div", {});
  const panelBody = h("div", { class: "panel-body" });
  let panel;
  let panelTab;
  const keys = [
    ["events", "Events"],
    ["state", "State"],
    ["fields", "Fields"],
    ["compare", "Compare"],
    ["test", "As a test"],
    info.explorer && ["commands", "Commands"],
  ]
    .filter(Boolean)
    .map(([key, label]) => ({ key, label, narrowOnly: key === "events" }));
  const tabOf = () => {
    const known = keys.some(({ key }) => key === place.tab) ? place.tab : undefined;
    return wide.matches && (known === undefined || known === "events") ? "state" : (known ?? "events");
  };
  function drawPanel() {
    const tab = tabOf();
    split.dataset.tab = tab;
    replace(
      panelTabs,
      tabs("Of this aggregate", keys, tab, (key) => href({ ...place, tab: key, from: undefined, to: undefined })),
    );
    const link = panelTabs.querySelector("[aria-current]");
    link.parentElement.scrollLeft = link.offsetLeft - link.parentElement.offsetLeft - 60;
    if (tab === "events") return;
    if (panelTab !== tab) {
      panel = openPanel(tab, { info, data, place: () => place, moveTo, write });
      replace(panelBody, panel.element);
    }
    panelTab = tab;
    panel.show(cursor);
  }

  const split = h(
    "div",
    { class: "split" },
    h("section", { class: "card events-card", "aria-label": "Events" }, listHead, filterPlace, pill, listPlace),
    h("section", { class: "card side-card", "aria-label": "What the events made" }, panelTabs, panelBody),
  );

  // --- Moving.
  /// Shows a version everywhere.
  function moveTo(version, { scrolls = true, focuses = false, isWritten = true } = {}) {
    const now = clamp(version);
    const moved = now !== cursor;
    cursor = now;
    slider.value = cursor;
    number.value = cursor;
    of.textContent = ` of ${count(data.newest)}`;
    if (moved) {
      isAtEnd = cursor === data.newest;
      listPlace.querySelectorAll(".current").forEach((row) => row.classList.remove("current"));
      listPlace.querySelector(`[data-version="${cursor}"]`)?.classList.add("current");
      markStrip();
      if (isWritten) writeVersion();
    }
    if (scrolls && moved) scrollToCursor(focuses);
    drawAbout();
    drawPanel();
  }
  async function drawAbout() {
    const version = cursor;
    slider.setAttribute("aria-valuetext", `version ${version} of ${data.newest}`);
    const event = await data.event(version).catch(() => undefined);
    if (version !== cursor) return;
    replace(
      about,
      event ? [typeName(event.type), time(event.timestamp)] : h("span", { class: "hint" }, "this version is missing"),
    );
    if (event) slider.setAttribute("aria-valuetext", `version ${version} of ${data.newest}, ${plain(event.type)}`);
  }
  function write(changed) {
    place = { ...place, ...changed };
    go(place, { isReplacing: true });
  }
  const writeVersion = later(150, () => {
    if (element.isConnected) write({ version: cursor });
  });
  const walk = (by) => {
    const rows = [...listPlace.querySelectorAll(".event")];
    const focused = document.activeElement.closest?.(".event");
    if (isFiltered()) {
      const next = rows[(focused ? rows.indexOf(focused) : by > 0 ? -1 : rows.length) + by];
      if (next) moveTo(Number(next.dataset.version), { focuses: true });
      return;
    }
    if (!focused) return (moveTo(cursor, {}), scrollToCursor(true));
    moveTo(cursor + (order === "oldest" ? by : -by), { focuses: true });
  };

  // --- What comes while one looks.
  let timer;
  const lookAgain = async () => {
    if (document.visibilityState === "visible") {
      const known = data.newest;
      try {
        if (await data.refresh()) {
          pending.from ??= known;
          pill.textContent = `${counted(data.newest - pending.from, "new event")}: show`;
          pill.hidden = false;
        }
      } catch {
        // The next look will tell.
      }
    }
    if (!data.signal.aborted) timer = setTimeout(lookAgain, LOOKS_AGAIN);
  };
  const pending = {};
  function showNew() {
    pill.hidden = true;
    pending.from = undefined;
    slider.max = number.max = data.newest;
    drawHead();
    drawList();
    drawStrip();
    moveTo(isAtEnd ? data.newest : cursor);
  }

  // --- The head.
  const head = h("header", { class: "page-head" });
  function drawHead() {
    const since = h("span", {});
    data.event(1).then(
      (first) => first && replace(since, "since ", time(first.timestamp)),
      () => {},
    );
    replace(
      head,
      h("div", { class: "title" }, h("h1", {}, showId(data.id), copyButton(data.id, "the id"))),
      h(
        "p",
        { class: "facts-line" },
        h("b", {}, counted(data.newest, "event")),
        since,
        data.last && h("span", {}, "last ", time(data.last.timestamp)),
        h("button", { type: "button", class: "small", onclick: () => saveLines() }, "Export as JSON Lines"),
      ),
    );
  }
  async function saveLines() {
    const pieces = [];
    try {
      for (let from = 1; from !== undefined;) {
        const { text, nextVersion } = await ask(
          "events",
          { store: data.store, id: data.id, minVersion: from, limit: 1000 },
          { accept: "application/x-ndjson", signal: data.signal },
        );
        for (const line of text.split("\n")) if (line !== "") pieces.push(importable(line), "\n");
        from = nextVersion;
        if (from !== undefined) say(`${count(from - 1)} of ${counted(data.newest, "event")}`);
      }
      save(pieces, `${data.store}-${data.id}.jsonl`, "application/x-ndjson");
    } catch (problem) {
      if (problem.name !== "AbortError") say(`That did not work: ${plain(problem.message)}`);
    }
  }

  replace(
    element,
    crumbs(["Stores", href({})], [data.store, href({ store: data.store })], [data.id]),
    head,
    bar,
    split,
  );
  drawHead();
  drawFilters();
  drawList();
  drawStrip().catch(() => {});
  moveTo(cursor);
  if (place.version !== undefined && wide.matches) scrollToCursor(false);
  timer = setTimeout(lookAgain, LOOKS_AGAIN);
  const onWidth = () => drawPanel();
  wide.addEventListener("change", onWidth);

  return {
    update(now) {
      place = now;
      const version = clamp(Number(now.version) || data.newest);
      if (version !== cursor) moveTo(version, { isWritten: false });
      else drawPanel();
    },
    keys: {
      "[": () => moveTo(cursor - 1),
      "]": () => moveTo(cursor + 1),
      j: () => walk(1),
      k: () => walk(-1),
      e: () => openAllRows(!allOpen),
      0: () => moveTo(1),
      $: () => moveTo(data.newest),
      f: () => {
        filterPlace.hidden = false;
        drawListHead();
        filterPlace.querySelector("input").focus();
      },
      c: () =>
        data
          .event(cursor)
          .then((event) =>
            listPlace.querySelector(`[data-version="${event.version}"] .event-actions button`)?.click(),
          ),
    },
    close: () => {
      clearTimeout(timer);
      list.close();
      wide.removeEventListener("change", onWidth);
    },
  };
}
