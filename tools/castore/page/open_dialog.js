// SPDX-License-Identifier: MIT
// Opens an aggregate by its store and the beginning of its id.
import { ask } from "./api.js";
import { h, iconButton, replace } from "./dom.js";
import { empty, field, later, problemBox } from "./parts.js";
import { go } from "./router.js";
import { plain, showId } from "./text.js";

export function openSearch(store) {
  const controller = new AbortController();
  const { signal } = controller;
  const choice = h("select", { onchange: () => look() });
  const input = h("input", {
    type: "search",
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    autofocus: true,
    placeholder: "the beginning will do",
    oninput: () => look(),
  });
  const found = h("div", { class: "found", role: "list", "aria-label": "Aggregates found" });
  let stores = [];
  const chosen = () => stores[Number(choice.value)];
  const open = (id) => {
    dialog.close();
    go({ store: chosen(), id });
  };
  let asked = 0;
  const look = later(120, async () => {
    if (chosen() === undefined) return;
    const mine = ++asked;
    try {
      const { aggregates } = await ask(
        "aggregates",
        { store: chosen(), prefix: input.value || undefined, limit: 8, reverse: true },
        { signal },
      );
      if (mine !== asked) return;
      const focused = found.contains(document.activeElement) && document.activeElement.textContent;
      replace(
        found,
        aggregates.length === 0
          ? empty(h("p", {}, "No aggregate begins so."))
          : aggregates.map(({ aggregateId }) =>
              h(
                "div",
                { role: "listitem" },
                h("button", { type: "button", onclick: () => open(aggregateId) }, showId(aggregateId)),
              ),
            ),
      );
      // The focus stays where it was when another list comes.
      if (focused) ([...found.querySelectorAll("button")].find((one) => one.textContent === focused) ?? input).focus();
    } catch (problem) {
      if (problem.name !== "AbortError") replace(found, problemBox(problem));
    }
  });
  const move = (event, by) => {
    const all = [input, ...found.querySelectorAll("button")];
    const next = all[all.indexOf(document.activeElement) + by];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  const dialog = h(
    "dialog",
    {
      class: "open-dialog",
      "aria-labelledby": "open-title",
      onclick: (event) => {
        if (event.target === dialog) dialog.close();
      },
      onclose: () => {
        controller.abort();
        dialog.remove();
      },
      onkeydown: (event) => {
        if (event.key === "ArrowDown") move(event, 1);
        if (event.key === "ArrowUp") move(event, -1);
      },
    },
    h(
      "header",
      {},
      h("h2", { id: "open-title" }, "Open an aggregate"),
      h("span", { class: "space" }),
      iconButton("close", "Close", () => dialog.close()),
    ),
    h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          if (input.value !== "" && chosen() !== undefined) open(input.value);
        },
      },
      field("Store", choice),
      field("Id", input),
    ),
    found,
  );
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
  ask("stores", {}, { signal }).then(
    (answer) => {
      stores = answer.stores.map((one) => one.store);
      replace(
        choice,
        stores.map((name, index) => h("option", { value: String(index), selected: name === store }, plain(name))),
      );
      look();
    },
    (problem) => {
      if (problem.name !== "AbortError") replace(found, problemBox(problem));
    },
  );
}
