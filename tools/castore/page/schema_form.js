// SPDX-License-Identifier: MIT
// A form for a value that a JSON Schema describes. What the schema says in ways that no field fits is written as JSON.
import { h, replace } from "./dom.js";
import { isObject, parse, write } from "./json.js";
import { field } from "./parts.js";
import { plain, show } from "./text.js";

export class InputError extends Error {}

const DEPTH = 8;
const NOTHING = Symbol("nothing");

/// {element, read()}; `read` throws an InputError where something is missing or wrong.
export function schemaForm(schema, { label = "Input" } = {}) {
  const root = control(schema, { root: schema, label, isRequired: true, depth: 0 });
  return {
    element: root.element,
    read: () => {
      const value = root.read();
      return value === NOTHING ? {} : value;
    },
  };
}

function resolve(schema, root) {
  let found = schema;
  for (let steps = 0; isObject(found) && typeof found.$ref === "string" && steps < 20; ++steps) {
    if (!found.$ref.startsWith("#")) return {};
    found = found.$ref
      .slice(1)
      .split("/")
      .slice(1)
      .reduce((at, name) => at?.[decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~")], root);
  }
  return isObject(found) ? found : {};
}

const isNull = (schema) =>
  schema?.type === "null" || (Array.isArray(schema?.enum) && schema.enum.length === 1 && schema.enum[0] === null);

function control(given, context) {
  const schema = resolve(given, context.root);
  const text = { ...context, hint: schema.description, label: context.label };
  const choices = schema.anyOf ?? schema.oneOf;
  if (context.depth > DEPTH) return jsonControl(schema, text);
  if (Array.isArray(choices)) {
    const real = choices.filter((choice) => !isNull(resolve(choice, context.root)));
    const isOptional = real.length < choices.length;
    if (real.length === 1 && isOptional)
      return control(real[0], { ...context, isRequired: false, isNullable: context.isRequired });
    return choiceControl(real, { ...text, isRequired: context.isRequired && !isOptional });
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null");
    const isOptional = types.length < schema.type.length;
    return control(
      { ...schema, type: types.length === 1 ? types[0] : undefined },
      { ...context, isRequired: context.isRequired && !isOptional, isNullable: isOptional && context.isRequired },
    );
  }
  if ("const" in schema) return { element: document.createTextNode(""), read: () => schema.const };
  if (Array.isArray(schema.enum)) return enumControl(schema, text);
  switch (schema.type) {
    case "string":
      return textControl(schema, text);
    case "integer":
    case "number":
      return numberControl(schema, text);
    case "boolean":
      return booleanControl(schema, text);
    case "object":
      return isObject(schema.properties) || (schema.properties === undefined && schema.additionalProperties === false)
        ? objectControl(schema, text)
        : jsonControl(schema, text);
    case "array":
      return schema.prefixItems
        ? tupleControl(schema, text)
        : isObject(schema.items)
          ? listControl(schema, text)
          : jsonControl(schema, text);
    default:
      return isObject(schema.properties) ? objectControl(schema, text) : jsonControl(schema, text);
  }
}

const caption = ({ label, isRequired }) => [show(label), !isRequired && h("span", { class: "hint" }, " optional")];
const labelled = (context, input, hint) =>
  field(caption(context), input, (hint ?? context.hint) && show(hint ?? context.hint));
const missing = (context) => {
  if (context.isRequired) throw new InputError(`${plain(context.label)} is missing`);
  return context.isNullable ? null : NOTHING;
};

function textControl(schema, context) {
  const input = h("input", { type: "text", value: schema.default ?? "", spellcheck: "false", autocomplete: "off" });
  // An empty text is one, where a text is needed.
  return {
    element: labelled(
      context,
      input,
      schema.format ? `${schema.format}${schema.description ? ": " + schema.description : ""}` : undefined,
    ),
    read: () => (input.value === "" && !context.isRequired ? missing(context) : input.value),
  };
}

function numberControl(schema, context) {
  const input = h("input", {
    type: "text",
    inputmode: schema.type === "integer" ? "numeric" : "decimal",
    value: schema.default !== undefined ? write(schema.default, 0) : "",
    autocomplete: "off",
  });
  const isOdd = (bound) => bound !== undefined && Math.abs(Number(bound)) < 1e9;
  const bounds = [
    isOdd(schema.minimum) && `from ${schema.minimum}`,
    isOdd(schema.maximum) && `up to ${schema.maximum}`,
  ]
    .filter(Boolean)
    .join(" ");
  return {
    element: labelled(context, input, [bounds, schema.description].filter(Boolean).join(": ") || undefined),
    read: () => {
      const typed = input.value.trim();
      if (typed === "") return missing(context);
      const form = schema.type === "integer" ? /^-?(0|[1-9]\d*)$/ : /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
      if (!form.test(typed))
        throw new InputError(
          `${plain(context.label)} is not ${schema.type === "integer" ? "a whole number" : "a number"}`,
        );
      if (Number(typed) < schema.minimum || Number(typed) > schema.maximum)
        throw new InputError(`${plain(context.label)} is not between ${schema.minimum} and ${schema.maximum}`);
      return parse(typed);
    },
  };
}

function booleanControl(schema, context) {
  if (context.isRequired) {
    const input = h("input", { type: "checkbox", checked: schema.default === true });
    return {
      element: h(
        "label",
        { class: "field check" },
        input,
        h("span", { class: "label" }, caption(context)),
        context.hint && h("span", { class: "hint" }, show(context.hint)),
      ),
      read: () => input.checked,
    };
  }
  return enumControl({ enum: [true, false] }, context);
}

function enumControl(schema, context) {
  const input = h(
    "select",
    {},
    !context.isRequired && h("option", { value: "" }, "\u2013"),
    schema.enum.map((one, index) =>
      h(
        "option",
        {
          value: String(index),
          selected: schema.default !== undefined && write(one, 0) === write(schema.default, 0),
        },
        plain(typeof one === "string" ? one : write(one, 0)),
      ),
    ),
  );
  return {
    element: labelled(context, input),
    read: () => (input.value === "" ? missing(context) : schema.enum[Number(input.value)]),
  };
}

function jsonControl(schema, context) {
  const input = h("textarea", {
    rows: 4,
    spellcheck: "false",
    class: "code-input",
    value: schema.default !== undefined ? write(schema.default) : "",
  });
  return {
    element: labelled(context, input, "as JSON"),
    read: () => {
      if (input.value.trim() === "") return missing(context);
      try {
        return parse(input.value);
      } catch {
        throw new InputError(`${plain(context.label)} is not JSON`);
      }
    },
  };
}

function objectControl(schema, context) {
  const needed = new Set(schema.required ?? []);
  // JSON has its members in any order; those that are needed are listed as the type has them.
  const place = new Map([...needed].map((name, index) => [name, index]));
  const inOrder = Object.entries(schema.properties ?? {}).sort(
    ([left], [right]) => (place.get(left) ?? needed.size) - (place.get(right) ?? needed.size),
  );
  const members = inOrder.map(([name, one]) => [
    name,
    control(one, { root: context.root, label: name, isRequired: needed.has(name), depth: context.depth + 1 }),
  ]);
  const read = () => {
    const value = Object.fromEntries(
      members.map(([name, member]) => [name, member.read()]).filter(([, member]) => member !== NOTHING),
    );
    return value;
  };
  if (context.depth === 0)
    return {
      element: h(
        "div",
        { class: "form-fields" },
        members.length > 0
          ? members.map(([, member]) => member.element)
          : h("p", { class: "hint" }, "It needs no input."),
      ),
      read,
    };
  const fields = h(
    "fieldset",
    {},
    h("legend", {}, show(context.label)),
    members.map(([, member]) => member.element),
  );
  if (context.isRequired) return { element: fields, read };
  return optional(context, fields, read);
}

/// Something with several fields that may be left out as a whole.
function optional(context, element, read) {
  const has = h("input", { type: "checkbox", onchange: () => (element.hidden = !has.checked) });
  element.hidden = true;
  return {
    element: h(
      "div",
      {},
      h("label", { class: "field check" }, has, h("span", { class: "label" }, caption(context))),
      element,
    ),
    read: () => (has.checked ? read() : missing(context)),
  };
}

function listControl(schema, context) {
  const items = [];
  const place = h("div", { class: "form-list" });
  const draw = () =>
    replace(
      place,
      items.map((item, index) =>
        h(
          "div",
          { class: "form-item" },
          item.element,
          h(
            "button",
            {
              type: "button",
              class: "small",
              "aria-label": `Remove ${plain(context.label)} ${index + 1}`,
              onclick: () => {
                items.splice(index, 1);
                draw();
              },
            },
            "Remove",
          ),
        ),
      ),
    );
  const add = h(
    "button",
    {
      type: "button",
      class: "small",
      onclick: () => {
        items.push(
          control(schema.items, {
            root: context.root,
            label: `${context.label} ${items.length + 1}`,
            isRequired: true,
            depth: context.depth + 1,
          }),
        );
        draw();
        place.lastElementChild.querySelector("input, select, textarea")?.focus();
      },
    },
    "Add",
  );
  return {
    element: h("fieldset", {}, h("legend", {}, show(context.label)), place, add),
    read: () => (items.length === 0 && !context.isRequired ? missing(context) : items.map((item) => item.read())),
  };
}

function tupleControl(schema, context) {
  const items = schema.prefixItems.map((item, index) =>
    control(item, {
      root: context.root,
      label: item.title ?? `Value ${index + 1}`,
      isRequired: true,
      depth: context.depth + 1,
    }),
  );
  return {
    element: h(
      "fieldset",
      {},
      h("legend", {}, show(context.label)),
      items.map((item) => item.element),
    ),
    read: () => items.map((item) => item.read()),
  };
}

function choiceControl(choices, context) {
  const nameOf = (choice, index) => {
    const schema = resolve(choice, context.root);
    const fixed = Object.values(schema.properties ?? {}).find((one) => one && "const" in one)?.const;
    return plain(
      String(schema.title ?? fixed ?? choice.$ref?.split("/").at(-1) ?? schema.type ?? `form ${index + 1}`),
    );
  };
  const place = h("div", {});
  let chosen;
  const pick = h(
    "select",
    { onchange: () => choose() },
    !context.isRequired && h("option", { value: "" }, "\u2013"),
    choices.map((choice, index) => h("option", { value: String(index) }, nameOf(choice, index))),
  );
  const choose = () => {
    chosen =
      pick.value === ""
        ? undefined
        : control(choices[Number(pick.value)], {
            root: context.root,
            label: context.label,
            isRequired: true,
            depth: context.depth + 1,
          });
    replace(place, chosen?.element);
  };
  choose();
  return {
    element: h("div", { class: "choice" }, labelled(context, pick), place),
    read: () => (chosen ? chosen.read() : missing(context)),
  };
}
