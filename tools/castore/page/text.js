// SPDX-License-Identifier: MIT
// Text of events, so that it can be looked at: what cannot be seen gets a symbol, what turns the direction of what
// follows is taken its power.
import { h } from "./dom.js";

const CUT = 2000;
const UNSEEN =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|(?<!\p{Extended_Pictographic}\ufe0f?)\u200d/gu;
const NAMES = {
  0x200b: "zero width space",
  0x200d: "zero width joiner",
  0x202a: "left-to-right embedding",
  0x202b: "right-to-left embedding",
  0x202c: "pop directional formatting",
  0x202d: "left-to-right override",
  0x202e: "right-to-left override",
  0x2066: "left-to-right isolate",
  0x2067: "right-to-left isolate",
  0x2068: "first strong isolate",
  0x2069: "pop directional isolate",
  0xfeff: "byte order mark",
};

const hex = (code) => code.toString(16).toUpperCase().padStart(4, "0");

/// U+2400 and those after it would be the symbols, but few fonts have them.
const CONTROLS =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS \u21e5 \u21b5 VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " ",
  );

function symbol(character) {
  const code = character.codePointAt(0);
  return CONTROLS[code] ?? (code === 0x7f ? "DEL" : hex(code));
}

/// As one string, for titles and long text.
export const plain = (text) =>
  text.replace(UNSEEN, (character) => {
    const name = symbol(character);
    return name.length > 1 ? `\u27e8${name}\u27e9` : name;
  });

/// As nodes: each symbol says what it stands for. Set apart from the direction of what is around it.
export function show(text) {
  const isolated = h("bdi", { class: "shown" });
  if (text.length > CUT) {
    isolated.append(plain(text));
    return isolated;
  }
  let end = 0;
  for (const match of text.matchAll(UNSEEN)) {
    const code = match[0].codePointAt(0);
    isolated.append(text.slice(end, match.index));
    isolated.append(
      h(
        "span",
        { class: "unseen-character", title: `U+${hex(code)}${NAMES[code] ? " " + NAMES[code] : ""}` },
        symbol(match[0]),
      ),
    );
    end = match.index + match[0].length;
  }
  isolated.append(text.slice(end));
  return isolated;
}

/// A JSON Pointer, which may go on in the next line after each of its parts.
export function showPath(path) {
  return h(
    "code",
    {},
    path === ""
      ? "/"
      : path
          .split("/")
          .slice(1)
          .map((part) => ["/", show(part), h("wbr")]),
  );
}

/// An id, of which spaces at the ends are seen, too.
export function showId(id) {
  const [, before, middle, after] = /^( *)(.*?)( *)$/s.exec(id);
  const spaces = (text) => [...text].map(() => h("span", { class: "unseen-character", title: "a space" }, "SP"));
  return h("bdi", { class: "shown" }, spaces(before), show(middle), spaces(after));
}

/// The beginning of a text, never half of a character.
export function beginning(text, length) {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
}

const NUMBERS = new Intl.NumberFormat("en");
export const count = (number) => NUMBERS.format(number);
export const counted = (number, one, many = one + "s") => `${count(number)} ${number === 1 ? one : many}`;

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

const STEPS = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [30.44, "day"],
  [12, "month"],
  [Infinity, "year"],
];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function ago(timestamp, now = Date.now()) {
  let amount = (Date.parse(timestamp) - now) / 1000;
  if (Number.isNaN(amount)) return "";
  for (const [length, unit] of STEPS) {
    if (Math.abs(Math.round(amount)) < length) return RELATIVE.format(Math.round(amount), unit);
    amount /= length;
  }
  return "";
}

/// A moment as it is stored, in UTC; the title has the reader's own time.
export function time(timestamp) {
  const date = new Date(timestamp);
  if (Number.isNaN(date.getTime())) return h("span", { class: "time" }, show(String(timestamp)));
  const [day, rest = ""] = plain(timestamp).replace(/Z$/, "").split("T");
  return h(
    "time",
    { class: "time", datetime: date.toISOString(), title: `${date.toLocaleString()} here, ${ago(timestamp)}` },
    h("span", { class: "day" }, day),
    " ",
    splitMilliseconds(rest),
  );
}

function splitMilliseconds(text) {
  const point = text.indexOf(".");
  return point < 0 ? text : [text.slice(0, point), h("span", { class: "milliseconds" }, text.slice(point))];
}

/// Types get one of eight colours each, always the same.
export function hue(type) {
  let hash = 2166136261;
  for (let index = 0; index < type.length && index < 200; ++index)
    hash = Math.imul(hash ^ type.charCodeAt(index), 16777619);
  return `hue${((hash ^ (hash >>> 15)) >>> 0) % 8}`;
}

export const typeName = (type) => h("span", { class: `type ${hue(type)}` }, show(type));
