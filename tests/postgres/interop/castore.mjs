// SPDX-License-Identifier: MIT
// node castore.mjs CONNECTION TABLE STEPS: does the steps, a JSON array of [name, argument...], with Castore for Node.js
// and prints a JSON array of what each returned: its result, or {"error": code or message}.
import { EventStore } from '@castore/core';
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres';

const [connectionString, tableName, steps] = process.argv.slice(2);
const adapter = new PostgresEventStorageAdapter({ connectionString, tableName });
const store = eventStoreId =>
  new EventStore({ eventStoreId, eventTypes: [], reducer: aggregate => aggregate, eventStorageAdapter: adapter });

const actions = {
  create: options => PostgresEventStorageAdapter.createEventTable({ connectionString, tableName, ...options }),
  push: (id, event, options) => store(id).pushEvent(event, options),
  pushGroup: (...events) =>
    EventStore.pushEventGroup(...events.map(([id, event]) => store(id).groupEvent(event))),
  get: (id, aggregateId, options) => store(id).getEvents(aggregateId, options),
  isNegativeZero: async (id, aggregateId) =>
    Object.is((await store(id).getEvents(aggregateId)).events[0].payload.zero, -0),
  list: (id, options) => store(id).listAggregateIds(options),
};

const results = [];
for (const [name, ...args] of JSON.parse(steps)) {
  try {
    results.push((await actions[name](...args)) ?? null);
  } catch (error) {
    results.push({ error: error.code ?? error.message });
  }
}
console.log(JSON.stringify(results));
process.exit(0);
