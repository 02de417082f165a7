// SPDX-License-Identifier: MIT
// node emmett.mjs CONNECTION: catching up by a consumer of Emmett, with a table of events of its own. Prints a line as
// castore.mjs does.
import { getPostgreSQLEventStore, postgreSQLEventStoreConsumer } from '@event-driven-io/emmett-postgresql';

const connectionString = process.argv[2];
const events = 5_000; // it takes a millisecond for each
const aggregates = 100;
const rounds = 3;

const data = { cents: 4200, reference: 'invoice 2024-0117, second part' };
const store = getPostgreSQLEventStore(connectionString);
await store.schema.migrate();
for (let number = 0; number < aggregates; number += 1) {
  const stream = Array.from({ length: events / aggregates }, () => ({ type: 'MONEY_DEPOSITED', data }));
  await store.appendToStream(`account-${number}`, stream);
}

const times = [];
for (let round = 0; round < rounds; round += 1) {
  const sums = new Map();
  let handled = 0;
  let end;
  const consumer = postgreSQLEventStoreConsumer({
    connectionString,
    pulling: { batchSize: 1000, pullingFrequencyInMs: 1 },
  });
  consumer.reactor({
    processorId: `benchmark-${round}-${Date.now()}`,
    startFrom: 'BEGINNING',
    stopAfter: () => handled >= events,
    eachMessage: message => {
      const { streamName } = message.metadata;
      sums.set(streamName, (sums.get(streamName) ?? 0) + message.data.cents);
      handled += 1;
      if (handled === events) end = process.hrtime.bigint();
    },
  });
  const start = process.hrtime.bigint();
  await consumer.start();
  await consumer.close();
  times.push(Number(end - start) / events);
}
times.sort((a, b) => a - b);
console.log(`catch-up, PostgreSQL, into a map\t${Math.round(times[Math.floor(rounds / 2)])}`);
process.exit(0);
