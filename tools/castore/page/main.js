// SPDX-License-Identifier: MIT
// The frame around the views: the bar at the top, where one is, keys, help.
import { ask, takeToken } from "./api.js";
import { h, icon, iconButton, replace, say } from "./dom.js";
import { openSearch } from "./open_dialog.js";
import { problemBox } from "./parts.js";
import { go, href, listen, place } from "./router.js";
import { plain, show } from "./text.js";
import { openAggregate } from "./view_aggregate.js";
import { openCommands } from "./view_commands.js";
import { openCorrelation } from "./view_correlation.js";
import { openLive } from "./view_live.js";
import { openProjections } from "./view_projections.js";
import { openStore } from "./view_store.js";
import { openStores } from "./view_stores.js";

const VIEWS = {
  stores: openStores,
  store: openStore,
  aggregate: openAggregate,
  live: openLive,
  projections: openProjections,
  commands: openCommands,
  correlation: openCorrelation,
};
const KEPT = 4;
const main = document.getElementById("main");

function viewOf({ view, store, id, correlation }) {
  if (view === undefined && store !== undefined)
    return id !== undefined ? ["aggregate", store, id] : ["store", store];
  if (view === "correlation") return [view, correlation];
  return [Object.hasOwn(VIEWS, view ?? "") && !["store", "aggregate"].includes(view) ? view : "stores"];
}

let info;
let current;
const kept = new Map(); // views that the back button finds as they were: [history key, view]

function showPlace({ isBack = false, isReplacing = false } = {}) {
  const now = place();
  const view = viewOf(now);
  const key = JSON.stringify(view);
  drawTop(view[0]);
  if (current?.key === key && current.view.update) {
    current.historyKey = history.state?.key;
    current.view.update(now);
    return;
  }
  if (isReplacing) return;
  leave();
  const back = isBack ? kept.get(history.state?.key) : undefined;
  if (back?.key === key && back.address === location.search) {
    kept.delete(history.state.key);
    current = back;
    replace(main, back.view.element);
    scrollTo(0, back.scroll);
  } else {
    const controller = new AbortController();
    const opened = VIEWS[view[0]]({ info, signal: controller.signal }, now);
    current = { key, view: opened, controller, historyKey: history.state?.key };
    replace(main, opened.element);
    scrollTo(0, 0);
    if (showPlace.isLater) main.focus({ preventScroll: true });
  }
  showPlace.isLater = true;
  document.title = `${plain(current.view.title)} \u2013 castore`;
  say(plain(current.view.title), { seen: false });
}

function leave() {
  if (!current) return;
  if (current.view.keep) {
    kept.set(
      current.historyKey,
      Object.assign(current, { scroll: current.lastScroll ?? scrollY, address: current.lastAddress }),
    );
    if (kept.size > KEPT) {
      const [oldest, { view, controller }] = kept.entries().next().value;
      kept.delete(oldest);
      view.close?.();
      controller.abort();
    }
  } else {
    current.view.close?.();
    current.controller.abort();
  }
}
// The browser may have scrolled and changed the address before it tells us to leave.
function remember() {
  if (!current) return;
  current.lastScroll = scrollY;
  current.lastAddress = location.search;
}
addEventListener("scroll", remember, { passive: true });

// --- The bar at the top.

const THEMES = [
  ["system", "system", "as the system"],
  ["light", "light", "light"],
  ["dark", "dark", "dark"],
];
const themeButton = h("button", { type: "button", class: "quiet", onclick: () => nextTheme() });

function theme() {
  return document.documentElement.dataset.theme ?? "system";
}
function drawTheme() {
  const [, picture, text] = THEMES.find(([name]) => name === theme());
  themeButton.title = `Colours: ${text} (t)`;
  themeButton.setAttribute("aria-label", `Colours: ${text}. Change`);
  replace(themeButton, icon(picture));
}
function nextTheme() {
  const next = THEMES[(THEMES.findIndex(([name]) => name === theme()) + 1) % THEMES.length];
  if (next[0] === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next[0];
  remembered("castore.theme", next[0]);
  drawTheme();
  say(`Colours ${next[2]}`);
}
function remembered(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function drawTop(view) {
  const links = [
    ["stores", "Stores", {}],
    ["live", "Live", { view: "live" }],
    ["projections", "Projections", { view: "projections" }],
    info?.explorer && ["commands", "Commands", { view: "commands" }],
  ].filter(Boolean);
  const isIn = (name) => name === view || (name === "stores" && (view === "store" || view === "aggregate"));
  replace(
    document.getElementById("top"),
    h(
      "a",
      { class: "brand", href: href({}), "aria-label": "castore: stores" },
      h("img", { src: "page/icon.svg", alt: "", width: 22, height: 22 }),
      h("b", {}, "castore"),
    ),
    h(
      "nav",
      { class: "main-nav", "aria-label": "Main" },
      links.map(([name, text, to]) =>
        h("a", { href: href(to), "aria-current": isIn(name) ? (name === view ? "page" : "true") : null }, text),
      ),
    ),
    h("span", { class: "space" }),
    info?.database && h("span", { class: "database", title: plain(info.database) }, show(info.database)),
    h(
      "button",
      { type: "button", class: "open-button", onclick: () => search(), title: "Open an aggregate (o)" },
      icon("search"),
      h("span", {}, "Open\u2026"),
      h("kbd", {}, "o"),
    ),
    themeButton,
    iconButton("help", "Keys (?)", () => help()),
  );
}

const search = () => openSearch(place().store);

// --- Keys.

const KEYS = [
  [
    "Everywhere",
    [
      ["?", "this help"],
      ["o", "open an aggregate"],
      ["/", "go to the filter"],
      ["g s", "stores"],
      ["g l", "live"],
      ["g p", "projections"],
      ["g c", "commands"],
      ["t", "light, dark, as the system"],
      ["Esc", "leave a field or a dialog"],
    ],
  ],
  [
    "In lists",
    [
      ["j", "next row"],
      ["k", "previous row"],
      ["Enter", "open it"],
    ],
  ],
  [
    "In an aggregate",
    [
      ["[ ]", "version before, version after"],
      ["0 $", "first version, newest version"],
      ["j k", "next event, previous event"],
      ["Enter", "open or close the event"],
      ["e", "expand or collapse all"],
      ["f", "filter"],
      ["c", "copy the event"],
      ["\u2190 \u2192", "on the slider: one version"],
      ["Page \u2191\u2193", "on the slider: a tenth"],
    ],
  ],
  ["Live", [["p", "pause, go on"]]],
];

function help() {
  const isOn = remembered("castore.keys") !== "off";
  const dialog = h(
    "dialog",
    {
      class: "help",
      "aria-labelledby": "help-title",
      onclose: () => dialog.remove(),
      onclick: (event) => {
        if (event.target === dialog) dialog.close();
      },
    },
    h(
      "header",
      {},
      h("h2", { id: "help-title" }, "Keys"),
      h("span", { class: "space" }),
      iconButton("close", "Close", () => dialog.close()),
    ),
    h(
      "div",
      { class: "help-columns" },
      KEYS.map(([title, list]) =>
        h(
          "section",
          {},
          h("h3", {}, title),
          h(
            "dl",
            {},
            list.map(([key, text]) =>
              h(
                "div",
                {},
                h(
                  "dt",
                  {},
                  key.split(" ").map((one) => h("kbd", {}, one)),
                ),
                h("dd", {}, text),
              ),
            ),
          ),
        ),
      ),
    ),
    h(
      "label",
      { class: "field check" },
      h("input", {
        type: "checkbox",
        checked: isOn,
        onchange: (event) => remembered("castore.keys", event.target.checked ? "on" : "off"),
      }),
      h("span", { class: "label" }, "Single letters are keys"),
    ),
    info && h("p", { class: "hint" }, `castore ${plain(String(info.version ?? ""))}`),
  );
  document.body.append(dialog);
  dialog.showModal();
}

const isTyping = (element) =>
  element?.matches?.("textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio])");

let before = ""; // "g" waits for a second letter
function press(event) {
  if (
    event.defaultPrevented ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.querySelector("dialog[open]")
  )
    return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "?") return take(event, help);
  if (remembered("castore.keys") === "off") return;
  const first = before;
  before = "";
  if (first === "g") {
    const to = { s: {}, l: { view: "live" }, p: { view: "projections" }, c: info?.explorer && { view: "commands" } }[
      event.key
    ];
    if (to) return take(event, () => go(to));
  }
  const own = current?.view.keys?.[event.key];
  if (own) return take(event, own);
  const common = {
    g: () => (before = "g"),
    o: search,
    t: nextTheme,
    "/": focusFilter,
    j: () => walkRows(1),
    k: () => walkRows(-1),
  }[event.key];
  if (common) take(event, common);
}
function take(event, action) {
  event.preventDefault();
  action();
}
function focusFilter() {
  const filter = main.querySelector("[data-filter]");
  if (filter?.offsetParent) filter.focus();
  else current?.view.keys?.f?.();
}
function walkRows(by) {
  const rows = [...main.querySelectorAll("[data-row], .event-head")].filter((row) => row.offsetParent !== null);
  const at = rows.indexOf(document.activeElement);
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// --- The beginning.

document.querySelector(".skip").addEventListener("click", (event) => take(event, () => main.focus()));
addEventListener("keydown", press);

async function start() {
  takeToken();
  addEventListener("hashchange", takeToken); // who had the page open without it
  drawTheme();
  drawTop();
  try {
    info = await ask("info");
  } catch (problem) {
    replace(main, problemBox(problem, start));
    return;
  }
  if (!start.isListening) {
    start.isListening = true;
    listen((how) => {
      showPlace(how);
      remember();
    });
  }
  showPlace();
  remember();
}
start();
