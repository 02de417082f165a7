// SPDX-License-Identifier: MIT
// What is known of an aggregate: its events in blocks, and its states at versions, each got once.
import { ask, pagesOfEvents } from "./api.js";
import { changes } from "./json.js";

export const BLOCK = 100;
const KEPT_BLOCKS = 40;
const KEPT_STATES = 32;
const BLAMED_UP_TO = 2000; // for which the server looks at the state after every event

class Recent {
  constructor(most) {
    this.most = most;
    this.map = new Map();
  }
  get(key, make) {
    const known = this.map.get(key);
    this.map.delete(key);
    const value = known ?? make();
    this.map.set(key, value);
    if (!known) value.catch(() => this.map.delete(key));
    if (this.map.size > this.most) this.map.delete(this.map.keys().next().value);
    return value;
  }
}

export class AggregateData {
  constructor(store, id, signal) {
    Object.assign(this, { store, id, signal, newest: 0, types: new Set(), hasStates: false });
    this.blocks = new Recent(KEPT_BLOCKS);
    this.states = new Recent(KEPT_STATES);
  }

  /// Looks how many events there are now. False when that did not change.
  async refresh() {
    let events = [];
    try {
      ({ events } = await ask(
        "events",
        { store: this.store, id: this.id, limit: 1, reverse: true },
        { signal: this.signal },
      ));
    } catch (problem) {
      if (problem.status !== 404) throw problem;
    }
    const newest = events[0]?.version ?? 0;
    const isNew = newest !== this.newest;
    if (isNew) this.blocks.map.delete(Math.floor(Math.max(0, this.newest - 1) / BLOCK));
    this.newest = newest;
    this.last = events[0];
    return isNew;
  }

  /// The events of versions [100n + 1, 100n + 100].
  block(number) {
    return this.blocks.get(number, async () => {
      const events = [];
      const from = number * BLOCK + 1;
      const range = { minVersion: from, maxVersion: from + BLOCK - 1, limit: BLOCK, signal: this.signal };
      for await (const page of pagesOfEvents(this.store, this.id, range)) events.push(...page);
      for (const event of events) if (this.types.size < 200) this.types.add(event.type);
      return events;
    });
  }

  /// Those of blocks [from, to), which are looked through once.
  async through(from, to) {
    const events = [];
    const range = { minVersion: from * BLOCK + 1, maxVersion: to * BLOCK, limit: 1000, signal: this.signal };
    for await (const page of pagesOfEvents(this.store, this.id, range)) events.push(...page);
    return events;
  }

  async event(version) {
    return (await this.block(Math.floor((version - 1) / BLOCK))).find((event) => event.version === version);
  }

  /// {value, setBy} at a version; `source` is "data" for merged payloads, "state" for what the reducer makes of them. Of a
  /// late state it is not known which event set what, unless that is asked for. Where the server would have to compare too
  /// much for it, `why` is what it says.
  at(source, version, { isBlamed = version <= BLAMED_UP_TO } = {}) {
    if (version < 1) return Promise.resolve({ value: source === "data" ? {} : undefined, setBy: {} });
    const blame = source === "state" && isBlamed;
    return this.states.get(`${source} ${version} ${blame}`, async () => {
      const of = (isAsked) =>
        ask(source, { store: this.store, id: this.id, version, blame: isAsked }, { signal: this.signal });
      try {
        const answer = await of(blame);
        return { value: answer[source], setBy: answer.setBy };
      } catch (problem) {
        if (problem.body?.code !== "too_much_to_compare") throw problem;
        return { value: (await of(false))[source], why: problem.body.detail };
      }
    });
  }

  /// The same with what changed since another version, by default the one before.
  async changed(source, version, since = version - 1) {
    const [before, after] = await Promise.all([this.at(source, since), this.at(source, version)]);
    const all = changes(before.value ?? undefined, after.value ?? undefined);
    // That the version which the library keeps is the next one says nothing.
    const isKept = (change) => source === "state" && change.path === "/version" && change.after === version;
    return { ...after, changes: all.filter((change) => !isKept(change)) };
  }
}
