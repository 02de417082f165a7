// SPDX-License-Identifier: MIT
// Events as a test of this library's kit, castore/testing/given_when_then.hpp. The names of types are made of those that
// are stored: POKEMON_APPEARED is PokemonAppeared, trainerId is trainer_id.
import { isContainer, isObject, scalarText } from "./json.js";

const KEYWORDS = new Set(
  (
    "alignas alignof and asm auto bool break case catch char class concept const constexpr continue " +
    "default delete do double else enum explicit export extern false float for friend goto if inline int long mutable " +
    "namespace new not nullptr operator or private protected public register requires return short signed sizeof static " +
    "struct switch template this throw true try typedef typename union unsigned using virtual void volatile while xor"
  ).split(" "),
);

export function typeNameOf(type) {
  const words = type
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const isShouted = !/[a-z]/.test(type);
  const name = words
    .map((word) => word[0].toUpperCase() + (isShouted ? word.slice(1).toLowerCase() : word.slice(1)))
    .join("");
  return /^[A-Za-z]/.test(name) ? name : `Event${name}`;
}

/// POKEMONS is a store of type PokemonStore.
export const storeTypeOf = (store) =>
  `${typeNameOf(store)
    .replace(/(ss|[^s])s$/, (end) => end.slice(0, -1))
    .replace(/Store$/, "")}Store`;

function memberOf(name) {
  const member = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return /^[a-z_][a-z0-9_]*$/.test(member) && !KEYWORDS.has(member) ? member : undefined;
}

export function stringLiteral(text) {
  let literal = "";
  for (const character of text) {
    const code = character.codePointAt(0);
    if (character === "\n") literal += "\\n";
    else if (character === "\t") literal += "\\t";
    else if (character === '"' || character === "\\") literal += "\\" + character;
    else if (code < 0x20 || code === 0x7f) literal += "\\" + code.toString(8).padStart(3, "0");
    else if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(character))
      literal +=
        code < 0xa0
          ? [...new TextEncoder().encode(character)].map((byte) => "\\" + byte.toString(8)).join("")
          : code > 0xffff
            ? "\\U" + code.toString(16).padStart(8, "0")
            : "\\u" + code.toString(16).padStart(4, "0");
    else literal += character;
  }
  // A NUL ends what a std::string takes of a literal.
  return text.includes("\0") ? `std::string{"${literal}", ${new TextEncoder().encode(text).length}}` : `"${literal}"`;
}

function numberLiteral(text) {
  if (/^-?\d+$/.test(text)) {
    if (text === "-9223372036854775808") return "(-9223372036854775807 - 1)";
    return !text.startsWith("-") && BigInt(text) > 9223372036854775807n ? `${text}u` : text;
  }
  return text;
}

function literal(value) {
  if (value === null) return "std::nullopt";
  if (typeof value === "string") return stringLiteral(value);
  if (!isContainer(value)) return numberLiteral(scalarText(value));
  if (!isObject(value)) return `{${value.map(literal).join(", ")}}`;
  const names = Object.keys(value);
  if (names.length > 0 && !names.every(memberOf)) {
    return `{${names.map((name) => `{${stringLiteral(name)}, ${literal(value[name])}}`).join(", ")}}`;
  }
  return `{${names.map((name) => `.${memberOf(name)} = ${literal(value[name])}`).join(", ")}}`;
}

function eventLiteral({ type, payload, metadata }) {
  const name = typeNameOf(type);
  const value = payload === undefined ? "{}" : isObject(payload) ? literal(payload) : `{${literal(payload)}}`;
  const kept = isObject(metadata)
    ? Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== "$context"))
    : metadata;
  if (kept === undefined || (isObject(kept) && Object.keys(kept).length === 0)) return name + value;
  return `castore::EventDetail<${name}>{.payload = ${value}, .metadata = ${literal(kept)}}`;
}

/// `given` and `then` are events; `when` is the text of the decision; `input`, values that it is given.
export function testText({ given, then, throws, storeType, when = "decide", name }) {
  const start = `  CHECK(given<${storeType}>(`;
  const list = (events, indent) => events.map(eventLiteral).join(",\n" + " ".repeat(indent));
  const expected = throws !== undefined ? "throws<std::domain_error>()" : then.length === 0 ? "nothing" : undefined;
  const ending = "            .then(";
  return [
    ...(throws !== undefined ? ["#include <stdexcept>", ""] : []),
    "#include <castore/testing/given_when_then.hpp>",
    "",
    "// Written from stored events: the names of types and fields are guesses, and enumerations are still text.",
    `TEST_CASE(${stringLiteral(name)}) {`,
    "  using namespace castore::testing;",
    `${start}${list(given, start.length)})`,
    `            .when(${when})`,
    `${ending}${expected ?? list(then, ending.length)}));`,
    "}",
    "",
  ].join("\n");
}
