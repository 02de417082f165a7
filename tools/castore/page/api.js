// SPDX-License-Identifier: MIT
// The HTTP API. Stores and ids go as query parameters, whatever is in them.
import { parse } from "./json.js";

/// What the server says when it does not do what it was asked.
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `the server answered ${status}`);
    this.status = status;
    this.body = body;
  }
}

const TOKEN = "castore.token";
export const token = {
  get: () => sessionStorage.getItem(TOKEN) ?? "",
  set: (text) => sessionStorage.setItem(TOKEN, text),
};

/// A token comes in the fragment, which is never sent; it is kept for this tab and taken out of the address.
export function takeToken() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  if (!fragment.has("token")) return;
  token.set(fragment.get("token"));
  history.replaceState(history.state, "", location.pathname + location.search);
}

function address(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters ?? {})) {
    for (const one of [].concat(value ?? [])) if (one !== false) query.append(name, String(one));
  }
  return new URL(`v1/${path}${query.size > 0 ? "?" + query : ""}`, document.baseURI.replace(/[?#].*$/, "")).href;
}

/// The answer as JSON; of another type, {text, nextVersion}.
export async function ask(path, parameters, { method = "GET", body, accept = "application/json", signal } = {}) {
  const headers = { Accept: accept };
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(address(path, parameters), {
      method,
      headers,
      body,
      signal,
      cache: "no-store",
      redirect: "error",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { title: "The server does not answer." });
  }
  const text = await response.text();
  if (!response.ok) {
    let problem = {};
    try {
      problem = JSON.parse(text) ?? {};
    } catch {
      problem = { title: `${response.status} ${response.statusText}` };
    }
    throw new Problem(response.status, problem);
  }
  return accept === "application/json"
    ? parse(text)
    : { text, nextVersion: Number(response.headers.get("Castore-Next-Version")) || undefined };
}

/// The stores whose types the program knows, by their names: {aggregate, types}, all of which are schemas. They do not
/// change while it runs.
export function knownStores(info) {
  if (!info?.explorer) return Promise.resolve(new Map());
  known ??= ask("known-stores").then(
    ({ stores }) => new Map(stores.map((one) => [one.store, one])),
    (problem) => {
      known = undefined;
      throw problem;
    },
  );
  return known;
}
let known;

/// Calls `onEvent` with each event after a position, and `onState` with "live", "polling" or "broken". Where the server
/// does not stream, it asks again and again. Returns a function that ends it.
export function follow({ after, store, onEvent, onState }) {
  let source;
  let timer;
  let position = after;
  let ended = false;
  const deliver = (event) => {
    if (event.position > position) {
      position = event.position;
      onEvent(event);
    }
  };
  const poll = async () => {
    try {
      for (;;) {
        const page = await ask("all", { after: position, limit: 500, store });
        if (ended) return;
        page.events.forEach(deliver);
        const isStill = page.position <= position && page.events.length === 0;
        position = Math.max(position, page.position);
        if (isStill || page.events.length < 500) break;
      }
      onState("polling");
    } catch {
      onState("broken");
    }
    if (!ended) timer = setTimeout(poll, 2000);
  };
  const stream = () => {
    source = new EventSource(address("subscribe", { after: position, store }));
    source.onopen = () => onState("live");
    source.addEventListener("event", (message) => deliver(parse(message.data)));
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) {
        source.close();
        if (!ended) poll();
      } else {
        onState("broken"); // it tries again by itself
      }
    };
  };
  stream();
  return () => {
    ended = true;
    clearTimeout(timer);
    source.close();
  };
}

/// All events of an aggregate, page by page: [{...}]. Ends early when `stop()` says so.
export async function* pagesOfEvents(store, id, { minVersion = 1, maxVersion, limit = 500, signal } = {}) {
  for (let from = minVersion; maxVersion === undefined || from <= maxVersion;) {
    const page = await ask("events", { store, id, minVersion: from, maxVersion, limit }, { signal });
    if (page.events.length === 0) return;
    yield page.events;
    from = page.nextVersion ?? page.events.at(-1).version + 1;
    if (page.nextVersion === undefined && page.events.length < limit) return;
  }
}
