// SPDX-License-Identifier: MIT
// All commands that the program knows.
import { commandForm, loadCommands } from "./commands.js";
import { h, replace } from "./dom.js";
import { empty, problemBox } from "./parts.js";
import { href } from "./router.js";
import { show } from "./text.js";

export function openCommands({ signal }, start) {
  const list = h("nav", { class: "command-list", "aria-label": "Commands" });
  const body = h("div", { class: "inset" }, h("p", { class: "hint" }, "Loading\u2026"));
  let commands = [];
  let shown;
  const update = (place) => {
    const chosen = commands.find((command) => command.name === place.command) ?? commands[0];
    replace(
      list,
      commands.map((command) =>
        h(
          "a",
          {
            href: href({ view: "commands", command: command.name }),
            "aria-current": command === chosen ? "page" : null,
            "data-row": true,
          },
          show(command.name),
          h("span", { class: "hint" }, show(command.stores.join(", "))),
        ),
      ),
    );
    if (!chosen) return replace(body, empty(h("p", {}, "This program knows no commands.")));
    if (shown !== chosen)
      replace(body, h("h2", {}, show(chosen.name)), commandForm(chosen, { id: place.id ?? "", signal }));
    shown = chosen;
  };
  const load = async () => {
    try {
      commands = await loadCommands(signal);
      update(current);
    } catch (problem) {
      if (problem.name !== "AbortError") replace(body, problemBox(problem, load));
    }
  };
  let current = start;
  load();
  return {
    title: "Commands",
    update: (place) => update((current = place)),
    element: h(
      "div",
      { class: "page" },
      h(
        "header",
        { class: "page-head" },
        h("div", {}, h("p", { class: "kicker" }, "Simulate, then run"), h("h1", {}, "Commands")),
      ),
      h("section", { class: "card commands", "aria-label": "Commands" }, list, body),
    ),
  };
}
