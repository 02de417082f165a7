// SPDX-License-Identifier: MIT
// An Amazon SQS for tests: fauxqs with checked signatures, which fails on request.
//
//   POST /                     SQS
//   PUT  /plans/NAME           sets what goes wrong at /faults/NAME: {"faults": [...]}
//   POST /faults/NAME/         SQS; each request meets the next fault of the plan
//   GET  /plans/NAME           what came in at /faults/NAME: [{"operation", "body"}]
//   POST /castore              {"queueUrl", "endpoint", "fifo", "replay", "single", "messages"}: Castore publishes them
//
// node server.mjs ADDRESS_FILE listens on a free port of this host and writes its address there.
import fs from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import { SQSClient } from '@aws-sdk/client-sqs'
import { buildApp } from 'fauxqs'

const require = createRequire(import.meta.url)
const { SQSMessageQueueAdapter } = require('@castore/message-queue-adapter-sqs')
const checkSignature = require('./signatures.js')

const credentials = { accessKeyId: 'CASTORE', secretAccessKey: 'castore/secret+key' }
const app = buildApp({ logger: false })
const plans = new Map()
const never = () => new Promise(() => {})
const json = (status, value) => ({
  status, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Buffer.from(JSON.stringify(value)),
})
const refusal = (status, type) => json(status, { __type: `com.amazonaws.sqs#${type}`, message: type })

async function sqs(request) {
  const wrong = await checkSignature(request, { CASTORE: credentials })
  if (wrong) return json(400, wrong)
  if (!/\/eu-west-1\/sqs\/aws4_request/.test(request.headers.authorization)) return refusal(400, 'InvalidSignatureException')
  const { 'x-amz-target': target, 'content-type': type, host } = request.headers
  const answer = await app.inject({
    method: 'POST', url: '/', payload: request.body, headers: { 'x-amz-target': target, 'content-type': type, host },
  })
  return { status: answer.statusCode, headers: { 'content-type': type }, body: answer.rawPayload }
}

// Lets SQS do all but some entries of a batch, which fail.
async function partly(request, failed, code, senderFault) {
  const body = JSON.parse(request.body)
  const gone = body.Entries.filter((entry, index) => failed.includes(index))
  const kept = body.Entries.filter((entry, index) => !failed.includes(index))
  const done = kept.length ? await plain({ ...request, body: Buffer.from(JSON.stringify({ ...body, Entries: kept })) }) : json(200, {})
  const Failed = gone.map(({ Id }) => ({ Id, Code: code, Message: 'it was asked for', SenderFault: senderFault }))
  return json(200, { ...JSON.parse(done.body), Failed })
}
async function plain({ headers, body }) {
  const { 'x-amz-target': target, 'content-type': type, host } = headers
  const answer = await app.inject({
    method: 'POST', url: '/', payload: body, headers: { 'x-amz-target': target, 'content-type': type, host },
  })
  return { status: answer.statusCode, headers: { 'content-type': type }, body: answer.rawPayload }
}

// A text is a fault's name, an object has it as its only key.
const faults = {
  pass: (answer) => answer(),
  throttle: () => refusal(400, 'RequestThrottled'),
  error500: () => refusal(500, 'InternalError'),
  error503: () => ({ status: 503, headers: {}, body: Buffer.from('<html>busy</html>') }),
  denied: () => refusal(400, 'AccessDeniedException'),
  drop_before: (answer, socket) => { socket.destroy(); return never() },
  drop_after: async (answer, socket) => { await answer(); socket.destroy(); return never() },
  cut_json: async (answer) => {
    const { status, headers, body } = await answer()
    return { status, headers, body: body.subarray(0, body.length - 1) }
  },
  silent: () => json(200, {}),
  some_fail: (answer, socket, failed, request) => partly(request, failed, 'InternalError', false),
  some_refused: (answer, socket, failed, request) => partly(request, failed, 'InvalidMessageContents', true),
}

async function faulty(name, request, socket) {
  const plan = plans.get(name)
  if (!plan) return json(404, {})
  plan.log.push({ operation: (request.headers['x-amz-target'] || '').split('.')[1], body: JSON.parse(request.body) })
  const fault = plan.faults.shift() || 'pass'
  const [kind, argument] = typeof fault === 'string' ? [fault] : Object.entries(fault)[0]
  return faults[kind](() => sqs(request), socket, argument, request)
}

async function castore({ queueUrl, endpoint, fifo, replay, single, messages }) {
  const sqsClient = new SQSClient({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1, useQueueUrlAsEndpoint: false })
  const adapter = new SQSMessageQueueAdapter({ queueUrl, sqsClient, fifo })
  try {
    if (single) for (const message of messages) await adapter.publishMessage(message, { replay })
    else await adapter.publishMessages(messages, { replay })
    return json(200, {})
  } catch (error) {
    return json(200, { error: error.name, message: error.message })
  } finally {
    sqsClient.destroy()
  }
}

async function handle(request, socket) {
  const [, first, name] = request.url.split('/')
  if (first === 'plans' && request.method === 'PUT') {
    plans.set(name, { faults: [], ...JSON.parse(request.body), log: [] })
    return json(200, {})
  }
  if (first === 'plans') return json(200, plans.get(name).log)
  if (first === 'faults') return faulty(name, request, socket)
  if (first === 'castore') return castore(JSON.parse(request.body))
  return sqs(request)
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
