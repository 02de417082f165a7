// SPDX-License-Identifier: MIT
// Commands by form: what one would do is shown before it does it.
import { ask, token } from "./api.js";
import { copy, h, icon, replace } from "./dom.js";
import { eventRow } from "./event_row.js";
import { changes, isObject, parse, write } from "./json.js";
import { jsonTree } from "./json_view.js";
import { field, problemBox } from "./parts.js";
import { href } from "./router.js";
import { InputError, schemaForm } from "./schema_form.js";
import { counted, show, showId } from "./text.js";

export async function loadCommands(signal) {
  return (await ask("commands", {}, { signal })).commands.map((command) => ({
    stores: [],
    inputSchema: {},
    takesId: true,
    simulates: true,
    ...command,
  }));
}

export function commandForm(command, { id = "", signal }) {
  const idInput = h("input", {
    type: "text",
    value: id,
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    class: "id-input",
  });
  const form = schemaForm(command.inputSchema, { label: "Input" });
  const raw = h("textarea", { rows: 6, class: "code-input", spellcheck: "false", "aria-label": "Input as JSON" });
  const rawPlace = h("div", { hidden: true }, field("Input as JSON", raw));
  const result = h("div", { role: "status", "aria-live": "polite" });
  const run = h("button", { type: "button", class: "primary", disabled: command.simulates, onclick: () => call(false) }, "Run");
  const simulate = h("button", { type: "submit", class: "primary" }, "Simulate");
  const isRaw = () => !rawPlace.hidden;
  let simulated;

  const read = () => {
    if (!isRaw()) return form.read();
    try {
      return parse(raw.value);
    } catch {
      throw new InputError("The input is not JSON");
    }
  };
  const asText = h(
    "button",
    {
      type: "button",
      class: "small",
      "aria-pressed": "false",
      onclick: () => {
        if (rawPlace.hidden) {
          try {
            raw.value = write(form.read());
          } catch {
            raw.value = raw.value || "{}";
          }
        }
        rawPlace.hidden = !rawPlace.hidden;
        form.element.hidden = isRaw();
        asText.setAttribute("aria-pressed", String(isRaw()));
        change();
      },
    },
    "As JSON",
  );
  const change = () => {
    simulated = undefined;
    run.disabled = command.simulates;
  };

  async function call(isSimulated) {
    let body;
    try {
      if (command.takesId && idInput.value === "") throw new InputError("The aggregate id is missing");
      body = write(read(), 0);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      change();
      return replace(result, h("p", { class: "problem", role: "alert" }, error.message));
    }
    const now = JSON.stringify([idInput.value, body]);
    if (!isSimulated && command.simulates && simulated !== now) return change();
    run.disabled = simulate.disabled = true;
    replace(result, h("p", { class: "hint" }, isSimulated ? "Simulating\u2026" : "Running\u2026"));
    try {
      const answer = await ask(
        "commands/run",
        { name: command.name, id: command.takesId ? idInput.value : undefined, simulate: isSimulated },
        { method: "POST", body, signal },
      );
      simulated = isSimulated ? now : undefined;
      replace(result, drawAnswer(answer, isSimulated));
    } catch (problem) {
      simulated = undefined;
      if (problem.name === "AbortError") return;
      const needsToken = problem.status === 401 || problem.status === 403;
      replace(result, problemBox(refusalOf(problem)), needsToken && tokenField(() => call(isSimulated)));
    } finally {
      simulate.disabled = false;
      run.disabled = command.simulates && simulated === undefined;
    }
  }

  return h(
    "form",
    {
      class: "command-form",
      onsubmit: (event) => {
        event.preventDefault();
        if (command.simulates) call(true);
      },
      oninput: change,
      onchange: change,
    },
    command.takesId && field("Aggregate id", idInput),
    form.element,
    rawPlace,
    h("div", { class: "form-actions" }, command.simulates && simulate, run, h("span", { class: "space" }), asText),
    !command.simulates && h("p", { class: "hint" }, "It cannot be simulated: it runs at once."),
    result,
  );
}

/// What a command says is for people, and needs neither the words of HTTP nor its code.
const REFUSALS = {
  command_refused: "The command refuses.",
  aggregate_not_found: "The command refuses.",
  invalid_input: "The input is refused.",
  event_already_exists: "Somebody was faster.",
  failed_after_push: "It failed when events were stored already.",
};
function refusalOf(problem) {
  const title = REFUSALS[problem.body?.code];
  return title ? { body: { title, detail: problem.body.detail } } : problem;
}

function tokenField(again) {
  const input = h("input", { type: "password", autocomplete: "off", "aria-label": "Token" });
  return h(
    "div",
    { class: "form-actions" },
    field("The token that the server printed when it was started", input),
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          token.set(input.value);
          again();
        },
      },
      "Use it",
    ),
  );
}

function drawAnswer({ events, states }, isSimulated) {
  return h(
    "div",
    { class: "answer" },
    h("h3", {}, isSimulated ? "It would push " : "It pushed ", counted(events.length, "event")),
    events.length > 0 &&
      h(
        "div",
        { class: "rows", role: "list" },
        events.map((event) => eventRow(event, { isOpen: events.length <= 3 })),
      ),
    states.map((state) => drawState(state, isSimulated, states.length > 1, events)),
    isSimulated && h("p", { class: "hint" }, "Nothing was stored. ", h("b", {}, "Run"), " does it."),
    h(
      "button",
      { type: "button", class: "small", onclick: () => copy(write(events), "the events") },
      icon("copy"),
      "Copy events",
    ),
  );
}

/// An aggregate that the command changed, or would change.
function drawState({ store, aggregateId, before, after }, isSimulated, isNamed, events) {
  const last = events.findLast((event) => event.store === store && event.aggregateId === aggregateId);
  // That the version which the library keeps is the next one says nothing.
  const isKept = ({ path, after: now }) => before !== null && path === "/version" && now === last?.version;
  const found = changes(before ?? undefined, after ?? undefined).filter((change) => !isKept(change));
  const subject = isNamed ? ["The state of ", showId(aggregateId), " in ", show(store)] : "The state";
  return [
    h("h3", {}, subject, isSimulated ? " would be" : " is now"),
    isObject(after)
      ? jsonTree(after, { open: 3, changes: new Map(found.map((change) => [change.path, change])) })
      : h("p", {}, after === null ? "There is none." : show(write(after))),
    !isSimulated &&
      last &&
      h("p", {}, h("a", { href: href({ store, id: aggregateId, version: last.version }) }, "Open the aggregate")),
  ];
}
