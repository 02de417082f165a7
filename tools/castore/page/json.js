// SPDX-License-Identifier: MIT
// JSON: read without loss of digits, written, compared, named by JSON Pointers.

const NEEDS_SOURCE = /\d{16}|\d\.\d|\d[eE]|-0/;

/// Numbers whose text JavaScript would change (9007199254740993, 1.0) stay as that text.
export function parse(text) {
  if (typeof JSON.rawJSON !== "function" || !NEEDS_SOURCE.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, (_, value, context) =>
      typeof value === "number" && context?.source !== undefined && String(value) !== context.source
        ? JSON.rawJSON(context.source)
        : value,
    );
  } catch (error) {
    if (error instanceof RangeError) return JSON.parse(text); // too deep for a function on each value
    throw error;
  }
}

const isRaw = (value) => typeof JSON.isRawJSON === "function" && JSON.isRawJSON(value);
export const isContainer = (value) => typeof value === "object" && value !== null && !isRaw(value);
export const isObject = (value) => isContainer(value) && !Array.isArray(value);

/// The text of a value that is not a container.
export const scalarText = (value) => (value === undefined ? "" : JSON.stringify(value));

export function kindOf(value) {
  if (value === null) return "null";
  if (isRaw(value)) return "number";
  return Array.isArray(value) ? "array" : typeof value;
}

export function write(value, indent = 2) {
  try {
    return JSON.stringify(value, null, indent) ?? "";
  } catch {
    return "(nested too deeply to be written)";
  }
}

/// The beginning of a value's text on one line. Looks at no more of it than is shown.
export function preview(value, length) {
  let text = "";
  const add = (part, depth) => {
    if (text.length > length) return;
    if (!isContainer(part)) {
      text +=
        typeof part === "string"
          ? JSON.stringify(part.length > length ? part.slice(0, length) : part)
          : scalarText(part);
      return;
    }
    const [open, close] = Array.isArray(part) ? "[]" : "{}";
    text += open;
    let isFirst = true;
    for (const name in part) {
      if (!isFirst) text += ", ";
      isFirst = false;
      if (depth > 20 || text.length > length) {
        text += "\u2026";
        break;
      }
      if (open === "{") text += JSON.stringify(name.slice(0, length)) + ": ";
      add(part[name], depth + 1);
    }
    text += close;
  };
  add(value, 0);
  return text.length > length ? text.slice(0, length) + "\u2026" : text;
}

/// About how many letters a value has; does not count beyond `limit`.
export function extent(value, limit = Infinity) {
  let total = 0;
  const waiting = [value];
  while (waiting.length > 0 && total <= limit) {
    const next = waiting.pop();
    if (typeof next === "string") total += next.length + 2;
    else if (!isContainer(next)) total += 5;
    else
      for (const name in next) {
        total += name.length + 2;
        waiting.push(next[name]);
        if (total + waiting.length > limit) return total + waiting.length;
      }
  }
  return total;
}

export const pointerTo = (pointer, name) => `${pointer}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;

const isField = (value) => !isObject(value) || Object.keys(value).length === 0;
const member = (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined);

export function isEqual(left, right) {
  if (left === right) return true;
  if (!isContainer(left) || !isContainer(right)) {
    return isRaw(left) || isRaw(right) ? scalarText(left) === scalarText(right) : false;
  }
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && isEqual(left[name], right[name]))
  );
}

/// The fields that differ, as `castore diff` finds them: members of objects one by one, all else as a whole.
/// Returns [{path, before, after}], undefined where a side has no such field.
export function changes(before, after, path = "") {
  if (isEqual(before, after)) return [];
  const found = [];
  const own = { path, before: isField(before) ? before : undefined, after: isField(after) ? after : undefined };
  if (!(isObject(before) && isObject(after)) && (own.before !== undefined || own.after !== undefined))
    found.push(own);
  const names = new Set();
  for (const side of [before, after]) if (isObject(side)) for (const name of Object.keys(side)) names.add(name);
  for (const name of [...names].sort())
    found.push(...changes(member(before, name), member(after, name), pointerTo(path, name)));
  return found;
}

/// All fields: [path, value].
export function fields(value, path = "") {
  if (isField(value)) return [[path, value]];
  return Object.keys(value).flatMap((name) => fields(value[name], pointerTo(path, name)));
}
