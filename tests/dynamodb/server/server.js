// SPDX-License-Identifier: MIT
// A DynamoDB for tests: dynalite with TransactWriteItems and checked signatures, which fails on request.
//
//   POST /                     DynamoDB
//   PUT  /plans/NAME           sets what goes wrong at /faults/NAME: {"faults": [...], "skewSeconds": 0}
//   POST /faults/NAME/         DynamoDB; each request meets the next fault of the plan
//   GET  /plans/NAME           what came in at /faults/NAME: [{"operation", "body", "connection", "accessKeyId"}]
//   PUT  /tls                  {"key", "certificate"}: listens to https as well, and says at which {"port"}
//   POST /castore              runs Castore, see castore.js
//   /container /sts /imds      give credentials
//
// node server.js ADDRESS_FILE listens on a free port of this host and writes its address there.
'use strict'

const http = require('node:http')
const https = require('node:https')
const fs = require('node:fs')
const { Readable } = require('node:stream')

const db = require('dynalite/db')
const create = db.create
let store
db.create = (options) => (store = create(options))
const dynalite = require('dynalite')({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
const Transactions = require('./transactions.js')
const checkSignature = require('./signatures.js')
const castore = require('./castore.js')
const transactions = new Transactions(store)

const secrets = {
  CASTORE: { secretAccessKey: 'castore/secret+key' },
  TEMPORARY: { secretAccessKey: 'temporary-secret', sessionToken: 'session/token+of==the test' },
  OLD: { secretAccessKey: 'old-secret', sessionToken: 'old-token' },
}
const temporary = {
  AccessKeyId: 'TEMPORARY',
  SecretAccessKey: secrets.TEMPORARY.secretAccessKey,
  Token: secrets.TEMPORARY.sessionToken,
  Expiration: '2999-01-01T00:00:00Z',
}

const json = (status, value) => ({
  status, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Buffer.from(JSON.stringify(value)),
})
const refusal = (status, type, more = {}) => json(status, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type, ...more })

// Gives a request to dynalite and collects its answer.
function askDynalite({ method, headers, body }) {
  return new Promise((resolve) => {
    const request = Readable.from([body])
    Object.assign(request, { method, headers, url: '/' })
    const answer = { statusCode: 200, headers: {} }
    answer.setHeader = (name, value) => { answer.headers[name.toLowerCase()] = value }
    answer.end = (text) => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.from(text || '') })
    dynalite.emit('request', request, answer)
  })
}

async function dynamodb(request, now, holdMs) {
  const wrong = await checkSignature(request, secrets, now)
  if (wrong) return json(400, wrong)
  const operation = (request.headers['x-amz-target'] || '').split('.')[1]
  try {
    if (operation === 'TransactWriteItems') return json(200, await transactions.write(JSON.parse(request.body), holdMs))
    if (['PutItem', 'UpdateItem', 'DeleteItem'].includes(operation)) {
      return await transactions.single(JSON.parse(request.body), () => askDynalite(request))
    }
    return await askDynalite(request)
  } catch (error) {
    if (error.statusCode) return json(error.statusCode, error.body)
    if (error instanceof SyntaxError) return json(400, { __type: 'com.amazon.coral.service#SerializationException' })
    throw error
  }
}

const plans = new Map()
const never = () => new Promise(() => {})

// Writes a text again and again until the other side goes away.
function endless(socket, text) {
  const write = () => {
    while (!socket.destroyed && socket.write(text));
    if (!socket.destroyed) socket.once('drain', write)
  }
  write()
  return never()
}

// Each fault gets what makes the answer and the socket; a text is its name, an object has it as its only key.
const faults = {
  pass: (answer) => answer(),
  throttle: () => refusal(400, 'ProvisionedThroughputExceededException'),
  throttling: () => refusal(400, 'ThrottlingException'),
  error500: () => refusal(500, 'InternalServerError'),
  error503: () => ({ status: 503, headers: {}, body: Buffer.from('<html>busy</html>') }),
  write_then_500: async (answer) => { await answer(); return refusal(500, 'InternalServerError') },
  drop_before: (answer, socket) => { socket.destroy(); return never() },
  drop_after: async (answer, socket) => { await answer(); socket.destroy(); return never() },
  hang_before: never,
  hang_after: async (answer) => { await answer(); return never() },
  cut_json: async (answer) => {
    const { status, headers, body } = await answer()
    return { status, headers, body: body.subarray(0, body.length - 1) }
  },
  cut_body: async (answer, socket) => {
    const { status, body } = await answer()
    socket.end(`HTTP/1.1 ${status} OK\r\nContent-Length: ${body.length + 10}\r\n\r\n${body}`)
    return never()
  },
  html: async (answer) => { await answer(); return { status: 200, headers: {}, body: Buffer.from('<html>no JSON</html>') } },
  expired: () => refusal(400, 'ExpiredTokenException'),
  denied: () => refusal(400, 'AccessDeniedException'),
  invalid: () => refusal(400, 'ValidationException'),
  transaction_conflict: () => refusal(400, 'TransactionConflictException'),
  cancelled: (answer, socket, codes) =>
    refusal(400, 'TransactionCanceledException', { CancellationReasons: codes.map((Code) => ({ Code })) }),
  hold: (answer, socket, ms) => answer(ms),
  text: (answer, socket, [status, text]) => ({ status, headers: {}, body: Buffer.from(text) }),
  large: (answer, socket, [status, size]) => ({ status, headers: {}, body: Buffer.alloc(size, ' ') }),
  endless_body: (answer, socket, status) => {
    socket.write(`HTTP/1.1 ${status} X\r\nTransfer-Encoding: chunked\r\n\r\n`)
    return endless(socket, `10000\r\n${' '.repeat(0x10000)}\r\n`)
  },
  endless_headers: (answer, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    return endless(socket, `X-More: ${'x'.repeat(1000)}\r\n`)
  },
  endless_continues: (answer, socket) => endless(socket, 'HTTP/1.1 100 Continue\r\n\r\n'),
  trickle: (answer, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{')
    const timer = setInterval(() => socket.destroyed ? clearInterval(timer) : socket.write(' '), 10)
    return never()
  },
  skewed: (answer, socket, seconds) => ({
    ...refusal(400, 'RequestTimeTooSkewed'), headers: { date: new Date(Date.now() + 1000 * seconds).toUTCString() },
  }),
  // Repeats the request where an error has its text.
  echo: (answer, socket, [status, member], request) => {
    const said = JSON.stringify({ headers: request.headers, body: request.body.toString() })
    const { authorization } = request.headers
    const token = request.headers['x-amz-security-token'] || ''
    return {
      message: () => json(status, { __type: 'x#ValidationException', message: said }),
      Message: () => json(status, { __type: 'x#ValidationException', Message: said }),
      type: () => json(status, { __type: `x#${token || authorization}`, message: 'no' }),
      whole_type: () => json(status, { __type: token || authorization, message: 'no' }),
      reasons: () => json(status, { __type: 'x#TransactionCanceledException', CancellationReasons: [{ Code: token }, { Code: authorization }] }),
      body: () => ({ status, headers: {}, body: Buffer.from(said) }),
      html: () => ({ status, headers: {}, body: Buffer.from(`<html>${said}</html>`) }),
      header: () => ({ ...json(status, { __type: 'x#ValidationException' }), headers: { 'x-echo': authorization, date: token } }),
      token: () => json(status, { __type: 'x#ValidationException', message: `your token ${token} is not good` }),
      cut_token: () => json(status, { __type: 'x#ValidationException', message: token.slice(3, 15) }),
      signature: () => json(status, { __type: 'x#ValidationException', message: authorization.slice(-64) }),
    }[member]()
  },
  // What DynamoDB Streams is to answer to a request that is signed and addressed to it.
  streams: async (answer, socket, [status, value], request) => {
    const wrong = await checkSignature(request, secrets)
    if (wrong) return json(400, wrong)
    const target = request.headers['x-amz-target'] || ''
    return target.startsWith('DynamoDBStreams_20120810.') ? json(status, value) : refusal(400, 'UnknownOperationException')
  },
  wait: async (answer, socket, ms) => { await new Promise((resolve) => setTimeout(resolve, ms)); return answer() },
}

async function faulty(name, request, socket) {
  const plan = plans.get(name)
  if (!plan) return json(404, {})
  plan.log.push({
    operation: (request.headers['x-amz-target'] || '').split('.')[1],
    body: request.body.toString(),
    connection: socket.remotePort,
    accessKeyId: (/Credential=([^/]+)/.exec(request.headers.authorization) || [])[1],
  })
  const now = new Date(Date.now() + 1000 * (plan.skewSeconds || 0))
  const answer = (holdMs) => dynamodb(request, now, holdMs)
  const fault = (plan.faults || []).shift() || 'pass'
  const [kind, argument] = typeof fault === 'string' ? [fault] : Object.entries(fault)[0]
  const response = await faults[kind](answer, socket, argument, request)
  if (!response.headers.date) response.headers.date = now.toUTCString()
  return response
}

function credentials(request) {
  const { method, url, headers, body } = request
  const text = (value) => ({ status: 200, headers: {}, body: Buffer.from(value) })
  const denied = { status: 403, headers: {}, body: Buffer.from('denied') }
  if (url === '/container') return headers.authorization === 'container token' ? json(200, temporary) : denied
  if (url === '/sts/' && method === 'POST') {
    const form = new URLSearchParams(body.toString())
    if (form.get('Action') !== 'AssumeRoleWithWebIdentity' || form.get('WebIdentityToken') !== 'web identity+token' ||
        form.get('RoleArn') !== 'arn:aws:iam::1:role/r') return denied
    return text(`<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><SessionToken>${temporary.Token}</SessionToken><SecretAccessKey>${temporary.SecretAccessKey}</SecretAccessKey><Expiration>${temporary.Expiration}</Expiration><AccessKeyId>${temporary.AccessKeyId}</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`)
  }
  if (url === '/imds/latest/api/token') {
    return method === 'PUT' && headers['x-aws-ec2-metadata-token-ttl-seconds'] ? text('imds token') : denied
  }
  if (headers['x-aws-ec2-metadata-token'] !== 'imds token') return denied
  return url.endsWith('/security-credentials/') ? text('the role') : url.endsWith('/the%20role') ? json(200, temporary) : denied
}

async function handle(request, socket) {
  const [, first, name] = request.url.split('/')
  if (first === 'plans' && request.method === 'PUT') {
    plans.set(name, { ...JSON.parse(request.body), log: [] })
    return json(200, {})
  }
  if (first === 'plans') return json(200, plans.get(name).log)
  if (first === 'faults') return faulty(name, request, socket)
  if (first === 'tls') {
    const { key, certificate } = JSON.parse(request.body)
    const secure = https.createServer({ key, cert: certificate }, answer)
    await new Promise((resolve) => secure.listen(0, '127.0.0.1', resolve))
    return json(200, { port: secure.address().port })
  }
  if (first === 'castore') return { status: 200, headers: {}, body: Buffer.from(await castore(request.body.toString())) }
  if (['container', 'sts', 'imds'].includes(first)) return credentials(request)
  return dynamodb(request)
}

function answer(incoming, outgoing) {
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
}
const server = http.createServer(answer)
server.keepAliveTimeout = 60000
server.listen(0, '127.0.0.1', () => {
  const file = process.argv[2]
  fs.writeFileSync(`${file}.new`, `http://127.0.0.1:${server.address().port}`)
  fs.renameSync(`${file}.new`, file)
})
