// SPDX-License-Identifier: MIT
// node castore.mjs in_memory | postgres CONNECTION: the workload of the benchmarks with Castore for Node.js. Prints a
// line "operation<TAB>nanoseconds per operation" each, the median of several runs, named like the benchmarks' own.
import { EventStore, EventType } from '@castore/core';
import { InMemoryEventStorageAdapter } from '@castore/event-storage-adapter-in-memory';
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres';

const [storage, connectionString] = process.argv.slice(2);
const rounds = 7;

const eventTypes = ['ACCOUNT_OPENED', 'MONEY_DEPOSITED', 'ACCOUNT_CLOSED'].map(type => new EventType({ type }));
const reducer = (account, event) => {
  const { aggregateId, version } = event;
  switch (event.type) {
    case 'ACCOUNT_OPENED':
      return { aggregateId, version, owner: event.payload.owner, cents: 0, isOpen: true };
    case 'MONEY_DEPOSITED':
      return { ...account, version, cents: account.cents + event.payload.cents };
    default:
      return { ...account, version, isOpen: false };
  }
};
const makeStore = eventStorageAdapter =>
  new EventStore({ eventStoreId: 'ACCOUNTS', eventTypes, reducer, eventStorageAdapter });

const opened = { type: 'ACCOUNT_OPENED', payload: { owner: 'Ada Lovelace' } };
const deposited = { type: 'MONEY_DEPOSITED', payload: { cents: 4200, reference: 'salary' } };
const makeIds = (count, prefix = 'account') => Array.from({ length: count }, (_, i) => `${prefix}-${100000 + i}`);

const fill = async (store, ids, events) => {
  for (const aggregateId of ids) {
    for (let version = 1; version <= events; version += 1) {
      await store.pushEvent({ aggregateId, version, ...(version === 1 ? opened : deposited) });
    }
  }
};

const report = async (name, operations, prepare, work) => {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const prepared = await prepare(round);
    const start = process.hrtime.bigint();
    const done = (await work(prepared)) ?? operations;
    times.push(Number(process.hrtime.bigint() - start) / done);
  }
  times.sort((a, b) => a - b);
  console.log(`${name}\t${Math.round(times[Math.floor(rounds / 2)])}`);
};

if (storage === 'in_memory') {
  const newStore = () => makeStore(new InMemoryEventStorageAdapter());
  await report('push', 100_000, newStore, store => fill(store, makeIds(1000), 100));
  const loaded = newStore();
  await fill(loaded, makeIds(1), 100);
  const load = async () => {
    for (let time = 0; time < 1000; time += 1) await loaded.getAggregate(makeIds(1)[0]);
  };
  await report('load by value 100 events', 1000, () => {}, load);
  const listed = newStore();
  await fill(listed, makeIds(10_000), 1);
  const { nextPageToken } = await listed.listAggregateIds({ limit: 5000 });
  await report('page of 100 out of 10000', 20, () => {}, async () => {
    for (let time = 0; time < 20; time += 1) await listed.listAggregateIds({ limit: 100, pageToken: nextPageToken });
  });
} else {
  const tableName = 'benchmark_castore_for_node';
  const adapter = new PostgresEventStorageAdapter({ connectionString, tableName });
  await PostgresEventStorageAdapter.createEventTable({ connectionString, tableName, aggregateId: { type: 'TEXT' } });
  const store = makeStore(adapter);
  await fill(store, makeIds(1, 'warm'), 10);
  await report('push', 500, round => round, round => fill(store, makeIds(50, `push-${round}`), 10));
  await fill(store, makeIds(1), 100);
  await report('load 100 events', 100, () => {}, async () => {
    for (let time = 0; time < 100; time += 1) await store.getAggregate(makeIds(1)[0]);
  });
  const listed = new EventStore({ eventStoreId: 'LISTED', eventTypes, reducer, eventStorageAdapter: adapter });
  await fill(listed, makeIds(10_000), 1);
  await report('page of 100', 100, () => {}, async () => {
    let pageToken;
    let pages = 0;
    do {
      ({ nextPageToken: pageToken } = await listed.listAggregateIds(pageToken ? { pageToken } : { limit: 100 }));
      pages += 1;
    } while (pageToken);
    return pages;
  });
  await PostgresEventStorageAdapter.dropEventTable({ connectionString, tableName });
}
process.exit(0);
