// SPDX-License-Identifier: MIT
// An event as a row that opens: its payload and metadata as JSON, to copy or to save.
import { copy, h, icon, iconButton, replace } from "./dom.js";
import { extent, preview, write } from "./json.js";
import { jsonTree, valueButtons } from "./json_view.js";
import { href } from "./router.js";
import { plain, show, showId, size, time, typeName } from "./text.js";

const PREVIEW = 160;

/// Castore's `$context` of an event's metadata, where it has one.
export function contextOf(event) {
  const context = event.metadata?.$context;
  if (typeof context !== "object" || context === null) return undefined;
  const correlation = context.correlationId ?? context.correlation_id;
  const causation = context.causationId ?? context.causation_id;
  return {
    correlation: correlation && String(correlation),
    causation: causation && String(causation),
    trace: context.traceparent && String(context.traceparent),
  };
}

/// `hasPlace`: the row also says which store and aggregate it is of. `isOpen`, `onToggle(isOpen)`: who remembers that.
/// `onSelect()`: is called when the row is clicked. `depth`: of a chain.
export function eventRow(
  event,
  { hasPlace = false, isOpen = false, isCurrent = false, onToggle, onSelect, depth = 0, isNew = false } = {},
) {
  const body = h("div", { class: "event-body" });
  const there = href({ store: event.store, id: event.aggregateId, version: event.version });
  const hasPayload = event.payload !== undefined;
  const head = h(
    "button",
    {
      type: "button",
      class: "event-head",
      "aria-expanded": String(isOpen),
      onclick: () => {
        onSelect?.();
        toggle(!row.classList.contains("open"));
      },
    },
    h("span", { class: "twist" }, icon("next")),
    h(
      "span",
      { class: "version", title: hasPlace && event.position !== undefined ? `Position ${event.position}` : null },
      hasPlace && event.position !== undefined ? `#${event.position}` : `v${event.version}`,
    ),
    typeName(event.type),
    hasPlace &&
      h(
        "span",
        { class: "of" },
        show(event.store),
        h("span", { class: "punctuation" }, " / "),
        h("b", {}, showId(event.aggregateId)),
        h("span", { class: "punctuation" }, ` v${event.version}`),
      ),
    h(
      "span",
      { class: "preview" },
      hasPayload ? show(preview(event.payload, PREVIEW)) : h("span", { class: "hint" }, "no payload"),
    ),
    time(event.timestamp),
  );
  const row = h(
    "div",
    { class: "event", role: "listitem", "data-version": event.version },
    h(
      "div",
      { class: "event-line" },
      head,
      h(
        "span",
        { class: "event-actions" },
        hasPlace &&
          h(
            "a",
            {
              class: "quiet",
              href: there,
              title: "Open the aggregate at this version",
              "aria-label": `Open ${plain(event.aggregateId)} at version ${event.version}`,
            },
            icon("open"),
          ),
        iconButton("copy", "Copy this event as JSON", () => copy(write(event), "the event")),
      ),
    ),
    body,
  );
  if (isCurrent) row.classList.add("current");
  if (isNew) row.classList.add("new");
  if (depth > 0) row.style.marginInlineStart = `${Math.min(depth, 8) * 20}px`;

  function toggle(opens) {
    row.classList.toggle("open", opens);
    head.setAttribute("aria-expanded", String(opens));
    if (opens) replace(body, eventBody(event, hasPlace, there));
    else body.replaceChildren();
    onToggle?.(opens);
  }
  if (isOpen) {
    row.classList.add("open");
    replace(body, eventBody(event, hasPlace, there));
  }
  return row;
}

function eventBody(event, hasPlace, there) {
  const name = `${event.store}-${event.aggregateId}-${event.version}`;
  const context = contextOf(event);
  const part = (title, value) => {
    if (value === undefined) return null;
    const tree = jsonTree(value, { open: 4, name: `${name}-${title.toLowerCase()}` });
    const letters = extent(value, 1e8);
    return h(
      "section",
      { class: "part", "aria-label": title },
      h(
        "header",
        {},
        h("h3", {}, title),
        letters > 10_000 && h("span", { class: "hint" }, `about ${size(letters)}`),
        h("span", { class: "space" }),
        valueButtons(value, `the ${title.toLowerCase()}`, `${name}-${title.toLowerCase()}`, tree),
      ),
      tree,
    );
  };
  return [
    h(
      "dl",
      { class: "facts" },
      fact("Timestamp", show(event.timestamp)),
      event.position !== undefined && fact("Position", String(event.position)),
      hasPlace && fact("Aggregate", h("a", { href: there }, show(event.aggregateId), ` version ${event.version}`)),
      context?.correlation &&
        fact(
          "Correlation",
          h(
            "a",
            {
              href: href({
                view: "correlation",
                correlation: context.correlation,
                around: event.position,
                time: event.position === undefined ? event.timestamp : undefined,
              }),
            },
            show(context.correlation),
          ),
        ),
      context?.causation && fact("Caused by", show(context.causation)),
      context?.trace && fact("Trace", show(context.trace)),
    ),
    part("Payload", event.payload),
    part("Metadata", event.metadata),
  ];
}

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
