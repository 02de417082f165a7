// SPDX-License-Identifier: MIT
// What is shown next to the events of an aggregate: its state, its fields, two versions compared, a test, commands.
// A panel is {element, show(version)}.
import { BLOCK } from "./aggregate_data.js";
import { commandForm, loadCommands } from "./commands.js";
import { copy, h, icon, replace, save } from "./dom.js";
import { fields, isContainer, preview, write } from "./json.js";
import { jsonTree, scalar, valueButtons } from "./json_view.js";
import { empty, field, later, problemBox, segments } from "./parts.js";
import { storeTypeOf, testText } from "./test_text.js";
import { beginning, count, counted, show, showPath, size, time, typeName } from "./text.js";

export function openPanel(tab, context) {
  const panels = {
    state: statePanel,
    fields: fieldsPanel,
    compare: comparePanel,
    test: testPanel,
    commands: commandsPanel,
  };
  return panels[tab](context);
}

/// Does one thing at a time; of what is asked for meanwhile, the last.
function lastOnly(work, onProblem) {
  let isBusy = false;
  let next;
  return async function run(...values) {
    next = values;
    if (isBusy) return;
    isBusy = true;
    while (next) {
      const now = next;
      next = undefined;
      try {
        await work(...now);
      } catch (problem) {
        if (problem.name !== "AbortError") onProblem(problem, () => run(...now));
      }
    }
    isBusy = false;
  };
}

const SOURCE = { data: "Merged data", state: "Reducer\u2019s state" };

/// Which of both is shown, where there are both.
function sourceChoice({ data, place, write: remember }, redraw) {
  const current = () => (data.hasStates && place().source !== "data" ? "state" : "data");
  const element = h("span", {});
  const draw = () => {
    replace(
      element,
      data.hasStates
        ? segments("What is shown", Object.entries(SOURCE).reverse(), current(), (source) => {
            remember({ source: source === "data" ? "data" : undefined });
            draw();
            redraw();
          })
        : h(
            "span",
            {
              class: "hint",
              title:
                "The payloads of all events up to this version, merged: members of objects one by one, all other values take each other\u2019s place.",
            },
            "merged data of the events",
          ),
    );
  };
  draw();
  return { element, current };
}

function changesSummary(list, version) {
  if (list.length === 0) return "no change";
  const added = list.filter((change) => change.before === undefined).length;
  const removed = list.filter((change) => change.after === undefined).length;
  const changed = list.length - added - removed;
  return (
    [
      changed > 0 && `${count(changed)} changed`,
      added > 0 && `${count(added)} new`,
      removed > 0 && `${count(removed)} removed`,
    ]
      .filter(Boolean)
      .join(", ") + ` by v${version}`
  );
}

function statePanel(context) {
  const { data, moveTo } = context;
  const tools = h("div", { class: "panel-tools" });
  const body = h("div", { class: "state" });
  const folds = new Map();
  let version;
  const draw = lastOnly(
    async (at) => {
      const { value, setBy, changes, why } = await data.changed(source.current(), at);
      const tree =
        value === undefined || value === null
          ? empty(h("p", {}, "There is nothing at this version."))
          : jsonTree(value, {
              open: 3,
              folds,
              setBy,
              onVersion: moveTo,
              name: `${data.id}-v${at}`,
              changes: new Map(changes.map((change) => [change.path, change])),
            });
      replace(
        tools,
        source.element,
        h("span", { class: changes.length > 0 ? "changes" : "changes none" }, changesSummary(changes, at)),
        h("span", { class: "space" }),
        valueButtons(value ?? null, "the state", `${data.store}-${data.id}-v${at}`, tree),
      );
      replace(body, unblamed(why), tree);
    },
    (problem, again) => replace(body, problemBox(problem, again)),
  );
  const source = sourceChoice(context, () => draw(version));
  return { element: h("div", {}, tools, body), show: (at) => draw((version = at)) };
}

/// Why it is not shown which event set what.
const unblamed = (why) => why && h("p", { class: "hint inset unblamed" }, show(why));

const FIELDS_AT_ONCE = 300;
const BLOCKS_FOR_FIELDS = 30;

function fieldsPanel(context) {
  const { data, moveTo } = context;
  const body = h("div", {});
  let filter = "";
  let most = FIELDS_AT_ONCE;
  let version;
  const draw = lastOnly(
    async (at) => {
      const kind = source.current();
      let { value, setBy, why } = await data.at(kind, at, { isBlamed: true });
      if (why) setBy = {};
      if (!setBy) ({ value, setBy } = await data.at("data", at));
      const all = fields(value ?? {}).filter(([path]) => path.toLowerCase().includes(filter));
      const some = all.slice(0, most);
      const versions = [...new Set(some.map(([path]) => setBy[path]).filter(Boolean))];
      const blocks = new Set(versions.map((one) => Math.floor((one - 1) / BLOCK)));
      const events = new Map();
      if (blocks.size <= BLOCKS_FOR_FIELDS) {
        for (const found of await Promise.all([...blocks].map((number) => data.block(number))))
          for (const event of found) events.set(event.version, event);
      }
      replace(
        body,
        unblamed(why),
        some.length === 0
          ? empty(h("p", {}, filter ? "No field matches." : "The events set no fields."))
          : h(
              "table",
              { class: "list fields" },
              h(
                "thead",
                {},
                h(
                  "tr",
                  {},
                  ["Field", "Value", "Set by"].map((name) => h("th", { scope: "col" }, name)),
                ),
              ),
              h(
                "tbody",
                {},
                some.map(([path, one]) => {
                  const by = setBy[path];
                  const event = events.get(by);
                  return h(
                    "tr",
                    { class: by === at ? "just-set" : null },
                    h("th", { scope: "row" }, showPath(path)),
                    h(
                      "td",
                      { "data-label": "Value", class: "json" },
                      isContainer(one)
                        ? h("span", { class: "punctuation" }, show(preview(one, 120)))
                        : scalar(one, data.id),
                    ),
                    h(
                      "td",
                      { "data-label": "Set by", class: "set-by" },
                      by
                        ? h(
                            "span",
                            {},
                            h(
                              "button",
                              {
                                type: "button",
                                class: "blame",
                                "aria-label": `Go to version ${by}`,
                                onclick: () => moveTo(by),
                              },
                              `v${by}`,
                            ),
                            event && [" ", typeName(event.type), " ", time(event.timestamp)],
                          )
                        : "\u2013",
                    ),
                  );
                }),
              ),
            ),
        all.length > some.length &&
          h(
            "p",
            { class: "inset" },
            h(
              "button",
              {
                type: "button",
                class: "small",
                onclick: () => {
                  most += 1000;
                  draw(version);
                },
              },
              `Show more of ${counted(all.length, "field")}`,
            ),
          ),
      );
    },
    (problem, again) => replace(body, problemBox(problem, again)),
  );
  const source = sourceChoice(context, () => draw(version));
  const type = later(150, (text) => {
    filter = text.toLowerCase();
    draw(version);
  });
  return {
    element: h(
      "div",
      {},
      h(
        "div",
        { class: "panel-tools" },
        source.element,
        h("span", { class: "space" }),
        h("input", {
          type: "search",
          placeholder: "Filter fields",
          "aria-label": "Filter fields",
          spellcheck: "false",
          oninput: (event) => type(event.target.value),
        }),
      ),
      body,
    ),
    show: (at) => draw((version = at)),
  };
}

function comparePanel(context) {
  const { data, place, write: remember } = context;
  const body = h("div", {});
  let version;
  const from = h("input", {
    type: "number",
    min: 0,
    class: "version-number",
    "aria-label": "From version",
    onchange: () => {
      remember({ from: from.value || undefined });
      draw();
    },
  });
  const to = h("input", {
    type: "number",
    min: 0,
    class: "version-number",
    "aria-label": "To version",
    onchange: () => {
      remember({ to: to.value || undefined });
      draw();
    },
  });
  const bound = (text, otherwise) => Math.min(Math.max(0, Math.round(Number(text ?? otherwise)) || 0), data.newest);
  const swap = h(
    "button",
    {
      type: "button",
      class: "small",
      onclick: () => {
        remember({ from: to.value, to: from.value });
        draw();
      },
    },
    "Swap",
  );
  const draw = lastOnly(
    async () => {
      const first = bound(place().from, Math.min(1, version - 1));
      const second = bound(place().to, version);
      from.value = first;
      to.value = second;
      from.max = to.max = data.newest;
      const { changes } = await data.changed(source.current(), second, first);
      replace(
        body,
        h(
          "p",
          { class: "hint inset" },
          `${counted(changes.length, "field differs", "fields differ")}, ${counted(Math.abs(second - first), "event")} between them`,
        ),
        changes.length > 0 &&
          h(
            "table",
            { class: "list compare" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                ["Field", `Version ${first}`, `Version ${second}`].map((name) => h("th", { scope: "col" }, name)),
              ),
            ),
            h(
              "tbody",
              {},
              changes
                .slice(0, 500)
                .map((change) =>
                  h(
                    "tr",
                    {},
                    h("th", { scope: "row" }, showPath(change.path)),
                    side(change.before, `Version ${first}`, "before"),
                    side(change.after, `Version ${second}`, "after"),
                  ),
                ),
            ),
          ),
        changes.length > 500 && h("p", { class: "hint inset" }, `The first 500 of ${count(changes.length)}.`),
        changes.length > 0 &&
          h(
            "p",
            { class: "inset" },
            h(
              "button",
              { type: "button", class: "small", onclick: () => copy(write(changes), "the changes") },
              icon("copy"),
              "Copy as JSON",
            ),
          ),
      );
    },
    (problem, again) => replace(body, problemBox(problem, again)),
  );
  const side = (value, label, kind) =>
    h(
      "td",
      { class: `json ${kind}`, "data-label": label },
      value === undefined
        ? h("span", { class: "hint" }, "not there")
        : isContainer(value)
          ? h("span", { class: "punctuation" }, show(preview(value, 200)))
          : scalar(value, data.id),
    );
  const source = sourceChoice(context, () => draw());
  return {
    element: h(
      "div",
      {},
      h(
        "div",
        { class: "panel-tools" },
        source.element,
        h("span", { class: "pair" }, h("label", {}, "from v ", from), h("label", {}, "to v ", to), swap),
      ),
      body,
    ),
    show: (at) => {
      version = at;
      draw();
    },
  };
}

const GIVEN_AT_MOST = 200;
const SHOWN = 50_000; // letters of a test

function testPanel({ data }) {
  const body = h("div", {});
  let version;
  let storeType = storeTypeOf(data.store);
  let when = "decide";
  let decided = 1;
  const draw = lastOnly(
    async () => {
      const split = Math.max(0, version - Math.min(decided, version));
      if (split > GIVEN_AT_MOST) {
        replace(
          body,
          empty(
            h("p", {}, `A test with ${count(split)} given events would be hard to read.`),
            h(
              "p",
              { class: "hint" },
              `Choose a version up to ${GIVEN_AT_MOST + 1}, or export the aggregate as JSON Lines and import that in the test.`,
            ),
          ),
        );
        return;
      }
      const events = [];
      for (let number = 0; number * BLOCK < version; ++number) events.push(...(await data.block(number)));
      const known = events.filter((event) => event.version <= version);
      const then = known.filter((event) => event.version > split);
      const text = testText({
        given: known.filter((event) => event.version <= split),
        then,
        storeType,
        when,
        name: `${then.map((event) => event.type).join(", ")} after ${counted(split, "event")} of ${data.id}`,
      });
      replace(
        body,
        h(
          "div",
          { class: "code-tools" },
          h(
            "button",
            { type: "button", class: "small", onclick: () => copy(text, "the test") },
            icon("copy"),
            "Copy",
          ),
          h(
            "button",
            {
              type: "button",
              class: "small",
              onclick: () => save(text, `${data.id}.test.cpp`, "text/plain;charset=utf-8"),
            },
            icon("save"),
            "Download",
          ),
        ),
        h(
          "pre",
          { class: "code", tabindex: "0", "aria-label": "The test" },
          beginning(text, SHOWN)
            .split("\n")
            .flatMap((line) => [show(line), "\n"]),
        ),
        text.length > SHOWN &&
          h("p", { class: "hint inset" }, `Only the beginning is shown, of ${size(text.length)}.`),
      );
    },
    (problem, again) => replace(body, problemBox(problem, again)),
  );
  const text = (value, label, change) =>
    field(
      label,
      h("input", {
        type: "text",
        value,
        spellcheck: "false",
        autocapitalize: "off",
        oninput: later(200, (event) => {
          change(event.target.value);
          draw();
        }),
      }),
    );
  return {
    element: h(
      "div",
      {},
      h(
        "p",
        { class: "hint inset" },
        "Given the events before the version you look at, a decision is made, then its events happen. The kit: castore/testing/given_when_then.hpp.",
      ),
      h(
        "div",
        { class: "filters inset" },
        text(storeType, "Type of the store", (value) => (storeType = value)),
        text(when, "when", (value) => (when = value)),
        field(
          "Events in then",
          h("input", {
            type: "number",
            min: 1,
            max: 50,
            value: decided,
            oninput: (event) => {
              decided = Math.max(1, Number(event.target.value) || 1);
              draw();
            },
          }),
        ),
      ),
      body,
    ),
    show: (at) => {
      version = at;
      draw();
    },
  };
}

function commandsPanel({ data }) {
  const body = h("div", { class: "inset" }, h("p", { class: "hint" }, "Loading\u2026"));
  const load = async () => {
    try {
      const commands = (await loadCommands(data.signal)).filter((command) => command.stores.includes(data.store));
      replace(
        body,
        commands.length === 0
          ? empty(h("p", {}, "No command is known for this store."))
          : commands.map((command) => {
              const place = h("div", {});
              return h(
                "details",
                {
                  class: "command",
                  ontoggle: (event) => {
                    if (event.target.open && place.childElementCount === 0)
                      place.append(commandForm(command, { id: data.id, signal: data.signal }));
                  },
                },
                h("summary", {}, show(command.name)),
                place,
              );
            }),
      );
    } catch (problem) {
      if (problem.name !== "AbortError") replace(body, problemBox(problem, load));
    }
  };
  load();
  return { element: body, show: () => {} };
}
