// SPDX-License-Identifier: MIT
// Castore itself, on the same tables.
'use strict'

const { DynamoDBClient } = require('@aws-sdk/client-dynamodb')
const { unmarshall } = require('@aws-sdk/util-dynamodb')
const { EventStore, EventType } = require('@castore/core')
const {
  DynamoDBSingleTableEventStorageAdapter, LegacyDynamoDBEventStorageAdapter,
} = require('@castore/event-storage-adapter-dynamodb')

const big = (key, value) => (typeof value === 'bigint' ? { $bigint: String(value) } : value)
const revive = (key, value) => (value && value.$bigint !== undefined ? BigInt(value.$bigint) : value)

// Does { operation, ... } and returns what came of it as JSON text; big integers are { $bigint: text } both ways.
module.exports = async function castore(text) {
  const request = JSON.parse(text, revive)
  const dynamoDBClient = new DynamoDBClient({
    endpoint: request.endpoint, region: request.region, credentials: request.credentials, maxAttempts: 1,
  })
  const Adapter = request.legacy ? LegacyDynamoDBEventStorageAdapter : DynamoDBSingleTableEventStorageAdapter
  const eventStorageAdapter = new Adapter({ tableName: request.table, dynamoDBClient })
  const storeOf = (eventStoreId) => new EventStore({
    eventStoreId, eventStorageAdapter, eventTypes: [new EventType({ type: 'ANY' })],
    reducer: (aggregate, { aggregateId, version }) => ({ aggregateId, version }),
  })
  const operations = {
    push: () => storeOf(request.eventStoreId).pushEvent(request.event, request.options || {}),
    group: () => EventStore.pushEventGroup(
      ...request.events.map(({ eventStoreId, ...event }) => storeOf(eventStoreId).groupEvent(event))),
    get: () => storeOf(request.eventStoreId).getEvents(request.aggregateId, request.options),
    unmarshall: () => unmarshall(request.item),  // as Castore reads an item, from a server that keeps the text of numbers
    list: () => storeOf(request.eventStoreId).listAggregateIds(request.options),
  }
  try {
    return JSON.stringify(await operations[request.operation](), big)
  } catch (error) {
    return JSON.stringify({ error: error.code || error.name, message: error.message })
  } finally {
    dynamoDBClient.destroy()
  }
}
