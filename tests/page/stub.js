// SPDX-License-Identifier: MIT
// A server with the API of `castore serve` and of an Explorer, on the events of data.js: for what the tests cannot bring
// the real one to, and for work on the page. stub.js [PORT].
"use strict";
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const data = require("./data.js");

const PAGE = path.join(__dirname, "../../tools/castore/page");
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const KINDS = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const COMMANDS = [
  {
    name: "LEVEL_UP_POKEMON",
    stores: ["POKEMONS"],
    takesId: true,
    simulates: true,
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
  },
  {
    name: "WILD_POKEMON_APPEAR",
    stores: ["POKEMONS"],
    takesId: true,
    simulates: true,
    inputSchema: {
      $defs: {
        Place: {
          type: "object",
          properties: { city: { type: "string" }, zone: { type: "integer", minimum: 1, maximum: 99 } },
          required: ["city"],
        },
      },
      type: "object",
      required: ["name", "level", "shiny"],
      properties: {
        name: { type: "string", description: "as it is called in the Pok\u00e9dex" },
        level: { type: "integer", minimum: 1, maximum: 100, default: 5 },
        nature: { enum: ["calm", "bold", "timid"] },
        shiny: { type: "boolean" },
        moves: { type: "array", items: { type: "string" } },
        place: { $ref: "#/$defs/Place" },
        nickname: { anyOf: [{ type: "string" }, { type: "null" }] },
      },
    },
  },
];

function merge(target, payload, path, version, setBy) {
  for (const [name, value] of Object.entries(payload)) {
    const at = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const inner =
        Object.hasOwn(target, name) &&
        typeof target[name] === "object" &&
        target[name] !== null &&
        !Array.isArray(target[name])
          ? target[name]
          : {};
      if (Object.keys(value).length === 0 && Object.hasOwn(target, name)) continue;
      Object.defineProperty(target, name, { value: inner, enumerable: true, writable: true, configurable: true });
      if (Object.keys(value).length === 0) setBy[at] = version;
      merge(inner, value, at, version, setBy);
    } else {
      Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
      for (const key of Object.keys(setBy)) if (key.startsWith(at + "/")) delete setBy[key];
      setBy[at] = version;
    }
  }
}

exports.createStub = function ({ explorer = true, ordered = true, streams = true, token, ...amounts } = {}) {
  const stores = new Map();
  const log = [];
  const streamsOpen = new Set();
  const push = (event) => {
    const all = stores.get(event.store) ?? stores.set(event.store, new Map()).get(event.store);
    const events = all.get(event.aggregateId) ?? all.set(event.aggregateId, []).get(event.aggregateId);
    const stored = { ...event, position: log.length + 1 };
    events.push(stored);
    log.push(stored);
    for (const send of streamsOpen) send(stored);
    return stored;
  };
  for (const event of data.events(amounts)) push(event);

  const eventsOf = (query) => stores.get(query.get("store"))?.get(query.get("id")) ?? [];
  const mergedAt = (events, version) => {
    const merged = {};
    const setBy = {};
    let last = 0;
    for (const event of events) {
      if (event.version > version) break;
      last = event.version;
      if (event.payload === undefined) continue;
      const isObject = typeof event.payload === "object" && event.payload !== null && !Array.isArray(event.payload);
      merge(merged, isObject ? event.payload : { [event.type]: event.payload }, "", event.version, setBy);
    }
    return { version: last, data: merged, setBy };
  };
  const number = (query, name, otherwise) => (query.has(name) ? Number(query.get(name)) : otherwise);
  const problem = (status, title, detail) => ({ status, body: { type: "about:blank", title, status, detail } });

  const routes = {
    "GET info": () => ({
      name: "castore",
      version: "0.2.0",
      database: "pokemons.db",
      writable: explorer,
      ordered,
      stores: true,
      explorer,
    }),
    "GET stores": (query) => ({
      stores: [...stores].map(([store, all]) => {
        if (!query.has("counts")) return { store };
        const events = [...all.values()].flat();
        const times = events.reduce(
          ([first, last], { timestamp }) => [
            timestamp < first ? timestamp : first,
            timestamp > last ? timestamp : last,
          ],
          ["9", ""],
        );
        return {
          store,
          aggregates: all.size,
          events: events.length,
          firstTimestamp: times[0],
          lastTimestamp: times[1],
        };
      }),
    }),
    "GET aggregates": (query) => {
      let all = [...(stores.get(query.get("store")) ?? new Map())].map(([aggregateId, [first]]) => ({
        aggregateId,
        initialTimestamp: first.timestamp,
      }));
      all.sort((left, right) => (left.initialTimestamp < right.initialTimestamp ? -1 : 1));
      if (query.get("reverse") === "true") all.reverse();
      all = all.filter(
        (one) =>
          one.aggregateId.startsWith(query.get("prefix") ?? "") &&
          !(one.initialTimestamp <= query.get("after")) &&
          !(query.has("before") && one.initialTimestamp >= query.get("before")),
      );
      const from = number(query, "page", 0);
      const limit = number(query, "limit", 50);
      return {
        aggregates: all.slice(from, from + limit),
        ...(from + limit < all.length && { nextPage: String(from + limit) }),
      };
    },
    "GET events": (query) => {
      let events = eventsOf(query).filter(
        ({ version }) =>
          version >= number(query, "minVersion", 1) && version <= number(query, "maxVersion", Infinity),
      );
      if (query.get("reverse") === "true") events.reverse();
      const limit = number(query, "limit", 100);
      const next = events[limit]?.version;
      events = events.slice(0, limit);
      return { events, ...(next !== undefined && { nextVersion: next }) };
    },
    "GET all": (query) => {
      if (!ordered) return problem(501, "Not implemented", "this storage has no order of all its events");
      const after = number(query, "after", 0);
      const limit = number(query, "limit", 100);
      const types = query.getAll("type");
      const wanted = query.getAll("store");
      const events = [];
      let position = after;
      for (let index = after; index < log.length && events.length < limit; ++index) {
        position = index + 1;
        const event = log[index];
        if (
          (types.length === 0 || types.includes(event.type)) &&
          (wanted.length === 0 || wanted.includes(event.store))
        )
          events.push(event);
      }
      return { events, position, lag: log.length - position };
    },
    "GET types": (query) => {
      const types = new Map();
      for (const { type, timestamp, payload } of [...(stores.get(query.get("store")) ?? new Map()).values()].flat()) {
        const one =
          types.get(type) ??
          types.set(type, { type, count: 0, first: timestamp, last: timestamp, fields: new Set() }).get(type);
        ++one.count;
        if (timestamp < one.first) one.first = timestamp;
        if (timestamp > one.last) one.last = timestamp;
        if (typeof payload === "object" && payload)
          for (const name of Object.keys(payload).slice(0, 20)) one.fields.add(name);
      }
      return { types: [...types.values()].map((one) => ({ ...one, fields: [...one.fields] })) };
    },
    "GET data": (query) => {
      const events = eventsOf(query);
      return events.length === 0
        ? problem(404, "Not found", "there is no such aggregate")
        : mergedAt(events, number(query, "version", Infinity));
    },
    "GET projections": () => ({
      projections: [
        {
          name: "pokemon_list",
          version: 2,
          position: log.length,
          lag: 0,
          state: "at the end",
          active: true,
          deadLetters: 0,
          updated: "2024-05-04T09:00:00.000Z",
        },
        {
          name: "mails",
          version: 1,
          position: Math.floor(log.length * 0.8),
          lag: log.length - Math.floor(log.length * 0.8),
          state: "behind",
          active: false,
          deadLetters: 1,
          updated: "2024-05-04T08:30:00.000Z",
        },
      ],
    }),
    "GET dead-letters": () => ({
      deadLetters: [
        {
          name: "mails",
          version: 1,
          position: 14,
          attempts: 3,
          at: "2024-05-04T08:31:00.000Z",
          error: "the mail server refused the address <b>ash</b>\u001b[31m",
          event: log[13],
        },
      ],
    }),
    "GET state": (query) => {
      if (!explorer) return problem(404, "Not found", "no explorer");
      const { version, data: merged } = mergedAt(eventsOf(query), number(query, "version", Infinity));
      if (version === 0) return { version, state: null };
      const { last_fight: fight, ...state } = merged;
      if (version < 9 && fight) state.fought = fight.against; // a field that goes away
      return { version, state: { aggregate_id: query.get("id"), version, ...state } };
    },
    "GET known-stores": () =>
      explorer
        ? { stores: [{ store: "POKEMONS", aggregate: {}, types: [] }] }
        : problem(404, "Not found", "no explorer"),
    "GET commands": () => (explorer ? { commands: COMMANDS } : problem(404, "Not found", "no explorer")),
    "POST commands/run": (query, input, request) => {
      if (!explorer) return problem(404, "Not found", "no explorer");
      if (token && request.headers.authorization !== `Bearer ${token}`)
        return problem(401, "Unauthorized", "a token is needed");
      const id = query.get("id");
      const events = stores.get("POKEMONS").get(id) ?? [];
      const before = mergedAt(events, Infinity).data;
      const isAppearing = query.get("name") === "WILD_POKEMON_APPEAR";
      if (isAppearing && events.length > 0)
        return problem(422, "The command refused", `${before.name} has appeared before`);
      if (!isAppearing && events.length === 0) return problem(422, "The command refused", "there is no such pokemon");
      const event = {
        store: "POKEMONS",
        aggregateId: id,
        version: events.length + 1,
        type: isAppearing ? "POKEMON_APPEARED" : "POKEMON_LEVELED_UP",
        timestamp: new Date().toISOString(),
        payload: isAppearing ? input : { level: before.level + 1 },
      };
      const after = mergedAt([...events, event], Infinity).data;
      const isSimulated = query.get("simulate") === "true";
      return {
        events: [isSimulated ? event : push(event)],
        states: [{ store: "POKEMONS", aggregateId: id, before: events.length > 0 ? before : null, after }],
      };
    },
  };

  const server = http.createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    const safe = {
      "Content-Security-Policy": CSP,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cache-Control": "no-cache",
    };
    const answer = (status, type, body) => {
      response.writeHead(status, { ...safe, "Content-Type": type });
      response.end(body);
    };
    if (!url.pathname.startsWith("/v1/")) {
      const file = url.pathname === "/" ? "index.html" : url.pathname.replace(/^\/page\//, "");
      if (/[/\\]|\.\./.test(file) || !fs.existsSync(path.join(PAGE, file)))
        return answer(404, "text/plain", "not found");
      return answer(200, KINDS[path.extname(file)] ?? "text/plain", fs.readFileSync(path.join(PAGE, file)));
    }
    const name = url.pathname.slice(4);
    if (name === "subscribe") {
      if (!streams || !ordered) return answer(503, "application/problem+json", "{}");
      response.writeHead(200, { ...safe, "Content-Type": "text/event-stream" });
      const wanted = url.searchParams.getAll("store");
      const send = (event) => {
        if (wanted.length === 0 || wanted.includes(event.store))
          response.write(`id: ${event.position}\nevent: event\ndata: ${data.json(event)}\n\n`);
      };
      response.write(": hello\n\n");
      log.slice(Number(request.headers["last-event-id"] ?? url.searchParams.get("after"))).forEach(send);
      streamsOpen.add(send);
      return response.on("close", () => streamsOpen.delete(send));
    }
    const route = routes[`${request.method} ${name}`];
    if (!route)
      return answer(
        404,
        "application/problem+json",
        JSON.stringify({ title: "Not found", status: 404, detail: `there is no ${name}` }),
      );
    let body = "";
    request
      .on("data", (chunk) => (body += chunk))
      .on("end", () => {
        const result = route(url.searchParams, body ? JSON.parse(body) : undefined, request);
        if (typeof result.status === "number")
          return answer(result.status, "application/problem+json", JSON.stringify(result.body));
        if (/ndjson/.test(request.headers.accept ?? ""))
          return answer(200, "application/x-ndjson", result.events.map((event) => data.json(event) + "\n").join(""));
        answer(200, "application/json", data.json(result));
      });
  });
  return { server, push, log };
};

if (require.main === module) {
  const { server } = exports.createStub();
  server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () =>
    console.log(`http://127.0.0.1:${server.address().port}/`),
  );
}
