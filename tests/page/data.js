// SPDX-License-Identifier: MIT
// Events to look at: a few that tell a story, very many, and those that mean harm. data.js FILE writes them as lines of
// JSON, which `castore import` reads.
"use strict";
const fs = require("node:fs");

const DAY = Date.parse("2024-05-04T08:00:00.000Z");
const at = (seconds) => new Date(DAY + seconds * 1000).toISOString();
const context = (correlation, causation) => ({
  $context: { correlationId: correlation, ...(causation && { causationId: causation }) },
});

const STORY = [
  [
    "POKEMON_APPEARED",
    { name: "Pikachu", level: 5, position: { city: "Pallet", zone: 1 }, moves: ["Thunder Shock", "Growl"] },
  ],
  ["POKEMON_MOVED", { position: { city: "Viridian" } }],
  ["POKEMON_LEVELED_UP", { level: 6, moves: ["Thunder Shock", "Growl", "Quick Attack"] }],
  ["POKEMON_CAUGHT_BY_TRAINER", { trainer_id: "ash", status: "caught", ball: { kind: "poke", bonus: 1.0 } }],
  ["POKEMON_LEVELED_UP", { level: 7 }],
  ["POKEMON_HEALED", { health: { now: 35, most: 35 } }],
  ["POKEMON_FOUGHT", { health: { now: 12 }, last_fight: { against: "Pidgey", won: true, turns: 9 } }],
  ["POKEMON_LEVELED_UP", { level: 8 }],
  ["POKEMON_NICKNAMED", { nickname: "Sparky" }],
  ["POKEMON_HEALED", { health: { now: 38, most: 38 } }],
  ["POKEMON_FOUGHT", { health: { now: 30 }, last_fight: { against: "Geodude", won: false, turns: 4 } }],
  ["POKEMON_LEVELED_UP", { level: 9, moves: ["Thunder Shock", "Quick Attack", "Thunder Wave"] }],
];

exports.HOSTILE_ID = "a/b?c=d&e #\"'<script>harm('id')</script> \u202egnp.exe\u0007 \u{1f9e8}";
exports.HOSTILE_TYPE = "<img src=x onerror=harm('type')>";
exports.BIG = 5_000_000;
const MARKUP = [
  "<script>harm('payload')</script>",
  "<img src=x onerror=\"harm('image')\">",
  "<svg onload=harm('svg')>",
  "javascript:harm('link')",
  "</script><script src=//elsewhere.example/x.js></script>",
  "<link rel=stylesheet href=https://elsewhere.example/x.css>",
  "<a href=\"javascript:harm('a')\">click</a>",
  "<style>*{background:url(https://elsewhere.example/y)}</style>",
  "{{constructor.constructor('harm(1)')()}}",
  "${harm('template')}",
];

/// All of it, event by event. `aggregates` and `events`: how many of both are very many.
exports.events = function* ({ aggregates = 100_000, events = 10_000 } = {}) {
  for (const [index, [type, payload]] of STORY.entries()) {
    yield {
      store: "POKEMONS",
      aggregateId: "pikachu",
      version: index + 1,
      type,
      timestamp: at(index * 977),
      payload,
      metadata: { by: "ash", ...context("walk-1", index > 0 ? `POKEMONS#pikachu#${index}` : undefined) },
    };
  }
  yield {
    store: "POKEMONS",
    aggregateId: "eevee",
    version: 1,
    type: "POKEMON_APPEARED",
    timestamp: at(400),
    payload: { name: "Eevee", level: 3 },
  };
  yield {
    store: "POKEMONS",
    aggregateId: "ivysaur",
    version: 1,
    type: "POKEMON_APPEARED",
    timestamp: at(500),
    payload: { name: "Ivysaur", level: 16 },
  };
  yield {
    store: "POKEMONS",
    aggregateId: "ivysaur",
    version: 2,
    type: "POKEMON_CAUGHT_BY_TRAINER",
    timestamp: at(501),
    payload: { trainer_id: "ash" },
  };
  yield { store: "POKEMONS", aggregateId: "ivysaur", version: 3, type: "POKEMON_LEVELED_UP", timestamp: at(502) };
  yield {
    store: "TRAINERS",
    aggregateId: "ash",
    version: 1,
    type: "GAME_STARTED",
    timestamp: at(1),
    payload: { trainer_name: "Ash" },
  };
  yield {
    store: "TRAINERS",
    aggregateId: "ash",
    version: 2,
    type: "POKEMON_CAUGHT",
    timestamp: at(3 * 977),
    payload: { pokemon_id: "pikachu" },
    metadata: context("walk-1", "POKEMONS#pikachu#4"),
  };

  const hostile = (version, type, payload, metadata) => ({
    store: "HOSTILE",
    aggregateId: exports.HOSTILE_ID,
    version,
    type,
    timestamp: at(version),
    ...(payload !== undefined && { payload }),
    ...(metadata && { metadata }),
  });
  yield hostile(
    1,
    "MARKUP",
    { texts: MARKUP, "<b onclick=harm('key')>": MARKUP[0], "</textarea>": "</title>" },
    { note: MARKUP[1] },
  );
  yield hostile(2, exports.HOSTILE_TYPE, { html: MARKUP.join("\n") });
  yield hostile(3, "CONTROL_CHARACTERS", {
    bell: "\u0007",
    escape: "\u001b[31mred\u001b]8;;http://elsewhere.example\u0007",
    nul: "a\u0000b",
    c1: "\u009b31m",
    lines: "one\r\ntwo\u2028three",
    tab: "a\tb",
    del: "\u007f",
  });
  yield hostile(4, "BIDI_\u202eDESREVER", {
    file: "photo_\u202egnp.exe",
    isolate: "\u2066a\u2069",
    zero: "pay\u200bpal",
    "\u202eyek": 1,
    mark: "\ufeffx",
  });
  yield hostile(
    5,
    "NAMES",
    JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":"text","length":-1,"":"no name","a/b":{"c~d":1}}',
    ),
  );
  yield hostile(6, "EMPTY", { object: {}, array: [], text: "" });
  yield hostile(
    7,
    "MANY_MEMBERS",
    Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`member${index}`, index])),
  );
  yield hostile(8, "DEEP", JSON.parse("[".repeat(200) + "1" + "]".repeat(200)));
  yield hostile(9, "NUMBERS", {
    integer: 9007199254740993n,
    least: -9223372036854775808n,
    most: 18446744073709551615n,
    one: 1.0,
    tiny: 1e-300,
  });
  yield hostile(10, "ZALGO", {
    text: "Z\u0351\u036b\u0343\u036a\u0302".repeat(60),
    family: "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
    arabic: "\u0645\u0631\u062d\u0628\u0627",
  });
  yield hostile(11, "NOT_AN_OBJECT", "only a text");
  yield hostile(12, "NOTHING");
  const big = {
    text: "0123456789<i>".repeat(Math.ceil(exports.BIG / 13)).slice(0, exports.BIG),
    after: "still here",
  };
  yield { store: "HOSTILE", aggregateId: "big", version: 1, type: "BIG_TEXT", timestamp: at(90), payload: big };
  for (const [index, id] of [
    " ",
    "../../etc/passwd",
    "%2e%2e%2f",
    "a b\"c'd",
    "?store=X&id=Y#token=Z",
    "\u0001\u001b[2J",
    "x".repeat(900),
  ].entries()) {
    yield {
      store: "HOSTILE",
      aggregateId: id,
      version: 1,
      type: "ODD_ID",
      timestamp: at(100 + index),
      payload: { id },
    };
  }

  for (let version = 1; version <= events; ++version) {
    const type =
      version % 10 === 0 ? "COUNTER_RENAMED" : version % 3 === 0 ? "COUNTER_DECREASED" : "COUNTER_INCREASED";
    yield {
      store: "COUNTERS",
      aggregateId: "long",
      version,
      type,
      timestamp: at(version),
      payload:
        type === "COUNTER_RENAMED"
          ? { name: `counter ${version / 10}` }
          : { value: version, by: { user: `user${version % 17}` } },
    };
  }
  for (let index = 0; index < aggregates; ++index) {
    yield {
      store: "MANY",
      aggregateId: `order-${String(index).padStart(6, "0")}`,
      version: 1,
      type: "ORDER_PLACED",
      timestamp: at(index),
      payload: { customer: `c${index % 997}`, total: index },
    };
  }
};

/// JSON with integers as they are.
exports.json = (value) =>
  JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `\u0001${one}\u0001` : one))
    .replaceAll(/"\\u0001(-?\d+)\\u0001"/g, "$1")
    .replaceAll('"one":1,', '"one":1.0,');

if (require.main === module) {
  const file = fs.openSync(process.argv[2], "w");
  let text = "";
  for (const { store, ...event } of exports.events({
    aggregates: Number(process.argv[3] ?? 100_000),
    events: Number(process.argv[4] ?? 10_000),
  })) {
    text += exports.json({ eventStoreId: store, event }) + "\n";
    if (text.length > 1_000_000) {
      fs.writeSync(file, text);
      text = "";
    }
  }
  fs.writeSync(file, text);
  fs.closeSync(file);
}
