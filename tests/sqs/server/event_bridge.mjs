// SPDX-License-Identifier: MIT
// An Amazon EventBridge for tests. It takes what AWS documents, and refuses all else.
// Source: Amazon EventBridge API Reference, PutEvents, PutEventsRequestEntry, PutEventsResultEntry; User Guide, "Calculating
// PutEvents event entry size" and "Events".
import { randomUUID } from 'node:crypto'
import { json, refusal } from './answers.mjs'

const MAX_ENTRIES = 10
const MAX_SIZE = 256 * 1024
const MAX_DEPTH = 1100
const REQUEST = ['Entries']  // EndpointId needs another signature
const ENTRY = ['Time', 'Source', 'Resources', 'DetailType', 'Detail', 'EventBusName', 'TraceHeader']

const bytes = (text) => Buffer.byteLength(text || '', 'utf8')
const sizeOf = (entry) => (entry.Time === undefined ? 0 : 14) + bytes(entry.Source) + bytes(entry.DetailType) +
  bytes(entry.Detail) + (entry.Resources || []).reduce((sum, resource) => sum + bytes(resource), 0)
const isText = (value) => value === undefined || typeof value === 'string'

// What is wrong with a request as a whole, or undefined.
function fault(body) {
  if (Object.keys(body).some((name) => !REQUEST.includes(name))) return 'an unknown member of the request'
  if (!Array.isArray(body.Entries)) return "1 validation error detected: Value null at 'entries' failed to satisfy constraint: Member must not be null"
  if (body.Entries.length < 1) return "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: Member must have length greater than or equal to 1"
  if (body.Entries.length > MAX_ENTRIES) return `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to ${MAX_ENTRIES}`
  for (const entry of body.Entries) {
    if (Object.keys(entry).some((name) => !ENTRY.includes(name))) return 'an unknown member of an entry'
    if (![entry.Source, entry.DetailType, entry.Detail, entry.EventBusName].every(isText)) return 'a member must be a string'
    if (entry.Resources !== undefined && !(Array.isArray(entry.Resources) && entry.Resources.every((one) => typeof one === 'string'))) return 'resources must be strings'
    if (entry.EventBusName !== undefined && !/^(arn:aws[\w-]*:events:[a-z]+-[a-z]+-\d+:\d{12}:event-bus\/)?[/.\-_A-Za-z0-9]{1,256}$/.test(entry.EventBusName)) return "Value at 'eventBusName' failed to satisfy constraint: Member must satisfy regular expression pattern"
  }
  if (body.Entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MAX_SIZE) return 'Total size of the entries in the request is over the limit.'
  return undefined
}

function isDeeper(value, depth) {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((one) => isDeeper(one, depth - 1))
}

function resultOf(entry) {
  const wrong = (ErrorCode, ErrorMessage) => ({ ErrorCode, ErrorMessage })
  for (const name of ['Source', 'DetailType', 'Detail']) {
    if (!entry[name]) return wrong('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`)
  }
  if (entry.Source.startsWith('aws.')) return wrong('NotAuthorizedForSourceException', 'Not authorized for the source.')
  if (entry.DetailType.length > 128) return wrong('InvalidArgument', 'Parameter DetailType is not valid.')
  let detail
  try { detail = JSON.parse(entry.Detail) } catch { /* it stays undefined */ }
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail) || isDeeper(detail, MAX_DEPTH)) {
    return wrong('MalformedDetail', 'Detail is malformed.')
  }
  for (const [number] of entry.Detail.replace(/"(\\.|[^"\\])*"/g, '""').matchAll(/-?\d+(?![\d.eE])/g)) {
    const value = BigInt(number)
    if (value < -(2n ** 63n) || value >= 2n ** 63n) return wrong('MalformedDetail', 'Detail is malformed.')
  }
  return { EventId: randomUUID() }
}

// deliver(target, text) hands an event to a bus's target.
export class EventBridge {
  constructor(deliver) {
    this.deliver = deliver
    this.buses = new Map()
  }

  createBus(name, target) { this.buses.set(name, { target, events: [] }) }
  eventsOf(name) { return this.buses.get(name).events }

  async answer({ method, url, headers, body }) {
    if (method !== 'POST' || url !== '/') return refusal(404, 'UnknownOperationException')
    if (headers['x-amz-target'] !== 'AWSEvents.PutEvents') return refusal(400, 'UnknownOperationException')
    if (headers['content-type'] !== 'application/x-amz-json-1.1') return refusal(400, 'SerializationException')
    let request
    try { request = JSON.parse(body) } catch { return refusal(400, 'SerializationException') }
    const wrong = fault(request)
    if (wrong) return refusal(400, 'ValidationException', wrong)
    const Entries = request.Entries.map(resultOf)
    for (const [index, entry] of request.Entries.entries()) {
      // A bus that does not exist is not told of.
      const bus = this.buses.get((entry.EventBusName || 'default').replace(/^.*event-bus\//, ''))
      if (!bus || !Entries[index].EventId) continue
      const event = JSON.stringify({
        version: '0', id: Entries[index].EventId, 'detail-type': entry.DetailType, source: entry.Source, account: '123456789012',
        time: new Date((entry.Time || Math.floor(Date.now() / 1000)) * 1000).toISOString().replace('.000', ''),
        region: 'eu-west-1', resources: entry.Resources || [],
      }).slice(0, -1) + `,"detail":${entry.Detail}}`
      bus.events.push(event)
      if (bus.target) await this.deliver(bus.target, event)
    }
    return json(200, { FailedEntryCount: Entries.filter((entry) => entry.ErrorCode).length, Entries })
  }
}
