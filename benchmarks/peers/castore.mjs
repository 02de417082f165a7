// SPDX-License-Identifier: MIT
// node castore.mjs in_memory | postgres CONNECTION: the workload of the benchmarks with Castore for Node.js. Prints a
// line "operation<TAB>nanoseconds per operation" each, the median of several runs, named like the benchmarks' own.
import { Command, EventStore, EventType } from '@castore/core';
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
const makeStore = (eventStorageAdapter, eventStoreId = 'ACCOUNTS') =>
  new EventStore({ eventStoreId, eventTypes, reducer, eventStorageAdapter });

const opened = { type: 'ACCOUNT_OPENED', payload: { owner: 'Ada Lovelace' } };
const reference = storage === 'in_memory' ? 'salary' : 'invoice 2024-0117, second part';
const deposited = { type: 'MONEY_DEPOSITED', payload: { cents: 4200, reference } };
const makeIds = (count, prefix = 'account') => Array.from({ length: count }, (_, i) => `${prefix}-${100000 + i}`);

const eventOf = (aggregateId, version) => ({ aggregateId, version, ...(version === 1 ? opened : deposited) });

const fill = async (store, ids, events) => {
  for (const aggregateId of ids) {
    for (let version = 1; version <= events; version += 1) {
      await store.pushEvent(eventOf(aggregateId, version));
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

const reportLoads = async (store, names, events, times) => {
  const ids = makeIds(1, `load-${events}`);
  await fill(store, ids, events);
  const load = async () => {
    for (let time = 0; time < times; time += 1) await store.getAggregate(ids[0]);
  };
  for (const name of names) await report(`${name} ${events} events`, times, () => {}, load);
};

if (storage === 'in_memory') {
  const newStore = eventStoreId => makeStore(new InMemoryEventStorageAdapter(), eventStoreId);
  await report('push', 100_000, () => newStore(), store => fill(store, makeIds(1000), 100));

  const loaded = newStore();
  await reportLoads(loaded, ['load in place', 'load by value'], 100, 1000);
  await reportLoads(loaded, ['load in place'], 1000, 100);
  await reportLoads(loaded, ['load in place'], 10_000, 10);

  const newFilledStore = async () => {
    const store = newStore();
    await fill(store, makeIds(1000), 50);
    return store;
  };
  await report('command on 50 events', 1000, newFilledStore, async store => {
    const command = new Command({
      commandId: 'DEPOSIT',
      requiredEventStores: [store],
      handler: async ({ aggregateId, cents }, [accounts]) => {
        const { aggregate } = await accounts.getAggregate(aggregateId);
        if (aggregate.cents > 1_000_000_000 - cents) throw new Error('the account is full');
        await accounts.pushEvent({
          aggregateId,
          version: aggregate.version + 1,
          type: 'MONEY_DEPOSITED',
          payload: { cents, reference },
        });
      },
    });
    for (const aggregateId of makeIds(1000)) await command.handler({ aggregateId, cents: 4200 }, [store]);
  });

  const newStores = () => [newStore('LEFT'), newStore('RIGHT')];
  await report('group of two over two stores', 50_000, newStores, async ([left, right]) => {
    for (const aggregateId of makeIds(1000)) {
      for (let version = 1; version <= 50; version += 1) {
        const event = eventOf(aggregateId, version);
        await EventStore.pushEventGroup(left.groupEvent(event), right.groupEvent(event));
      }
    }
  });

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
  await report('group of 2', 10, round => round, async round => {
    for (const aggregateId of makeIds(10, `group-${round}`)) {
      const group = [1, 2].map(version => store.groupEvent(eventOf(aggregateId, version)));
      await EventStore.pushEventGroup(...group);
    }
  });
  for (const events of [10, 100, 1000]) await reportLoads(store, ['load'], events, 100);
  const listed = makeStore(adapter, 'LISTED');
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
