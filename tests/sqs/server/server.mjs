// SPDX-License-Identifier: MIT
// An Amazon SQS, an EventBridge and an S3 for tests: fauxqs and event_bridge.mjs, with checked signatures, which fail on
// request.
//
//   POST /                     SQS, EventBridge
//   PUT, GET /BUCKET/KEY       S3
//   PUT  /plans/NAME           sets what goes wrong at /faults/NAME: {"faults": [...]}, as faults.mjs knows them
//   ... /faults/NAME/...       SQS, EventBridge, S3; each request meets the next fault of the plan
//   GET  /plans/NAME           what came in at /faults/NAME: [{"operation", "body"}], of S3 also "url" and "type"
//   PUT  /buckets/NAME         creates a bucket
//   PUT  /buses/NAME           creates a bus: {"queueUrl"} of the queue that gets all of its events, if any
//   GET  /buses/NAME           the events that it has delivered, as texts
//   POST /castore              Castore publishes messages, or reads what stands for one: see castore.mjs
//
// node server.mjs ADDRESS_FILE listens on a free port of this host and writes its address there.
import fs from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import { buildApp } from 'fauxqs'
import { json, refusal } from './answers.mjs'
import { publish, read } from './castore.mjs'
import { EventBridge } from './event_bridge.mjs'
import { meet } from './faults.mjs'
import * as s3 from './s3.mjs'

const checkSignature = createRequire(import.meta.url)('./signatures.js')

const credentials = { accessKeyId: 'CASTORE', secretAccessKey: 'castore/secret+key' }
const app = buildApp({ logger: false })
const plans = new Map()

async function sqs({ headers, body }) {
  const { 'x-amz-target': target, 'content-type': type, host } = headers
  const answer = await app.inject({
    method: 'POST', url: '/', payload: body, headers: { 'x-amz-target': target, 'content-type': type, host },
  })
  return { status: answer.statusCode, headers: { 'content-type': type }, body: answer.rawPayload }
}

const eventBridge = new EventBridge(async (queueUrl, MessageBody) => {
  const headers = { 'x-amz-target': 'AmazonSQS.SendMessage', 'content-type': 'application/x-amz-json-1.0', host: 'localhost' }
  const { status, body } = await sqs({ headers, body: JSON.stringify({ QueueUrl: queueUrl, MessageBody }) })
  if (status !== 200) throw new Error(`${body}`)
})

const isSqs = ({ headers }) => (headers['x-amz-target'] || '').startsWith('AmazonSQS.')
const answer = (request) => {
  if (s3.isS3(request)) return s3.answerOf(app, request)
  return isSqs(request) ? sqs(request) : eventBridge.answer(request)
}

// What is wrong with a request's signature, as an answer, or undefined.
async function refused(request) {
  if (s3.isS3(request)) return s3.refused(request, credentials)
  const wrong = await checkSignature(request, { CASTORE: credentials })
  if (wrong) return json(400, wrong)
  const scope = `/eu-west-1/${isSqs(request) ? 'sqs' : 'events'}/aws4_request`
  return request.headers.authorization.includes(scope) ? undefined : refusal(400, 'InvalidSignatureException')
}

async function faulty(name, request, socket) {
  const plan = plans.get(name)
  if (!plan) return json(404, {})
  const { method, url, headers, body } = request
  const own = url.slice(`/faults/${name}`.length)
  plan.log.push(s3.isS3(request)
    ? { operation: `S3 ${method}`, url: own, type: headers['content-type'], body: `${body}` }
    : { operation: (headers['x-amz-target'] || '').split('.')[1], body: JSON.parse(body) })
  return await refused(request) || meet(plan.faults.shift() || 'pass', { ...request, url: own }, answer, socket)
}

async function handle(request, socket) {
  const [, first, name] = request.url.split('/')
  if (first === 'plans' && request.method === 'PUT') {
    plans.set(name, { faults: [], ...JSON.parse(request.body), log: [] })
    return json(200, {})
  }
  if (first === 'plans') return json(200, plans.get(name).log)
  if (first === 'buckets') {
    const { statusCode } = await app.inject({ method: 'PUT', url: `/${name}`, headers: { host: 'localhost' } })
    return json(statusCode, {})
  }
  if (first === 'buses' && request.method === 'PUT') {
    eventBridge.createBus(name, JSON.parse(request.body).queueUrl)
    return json(200, {})
  }
  if (first === 'buses') return json(200, eventBridge.eventsOf(name))
  if (first === 'faults') return faulty(name, request, socket)
  if (first === 'castore') {
    const asked = JSON.parse(request.body)
    return json(200, await (asked.read ? read(asked.read) : publish(asked, credentials)))
  }
  return await refused(request) || answer(request)
}

const server = http.createServer((incoming, outgoing) => {
  const chunks = []
  incoming.on('data', (chunk) => chunks.push(chunk))
  incoming.on('end', async () => {
    const { method, url, headers, socket } = incoming
    try {
      const response = await handle({ method, url, headers, body: Buffer.concat(chunks) }, socket)
      outgoing.writeHead(response.status, { ...response.headers, 'content-length': response.body.length })
      outgoing.end(response.body)
    } catch (error) {
      outgoing.writeHead(500)
      outgoing.end(error.stack)
    }
  })
})
server.keepAliveTimeout = 60000
server.listen(0, '127.0.0.1', () => {
  const file = process.argv[2]
  fs.writeFileSync(`${file}.new`, `http://127.0.0.1:${server.address().port}`)
  fs.renameSync(`${file}.new`, file)
})
