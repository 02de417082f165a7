// SPDX-License-Identifier: MIT
// What goes wrong with a request: a text is a fault's name, an object has it as its only key, with an argument.
import { json, refusal } from './answers.mjs'
import * as s3 from './s3.mjs'

const never = () => new Promise(() => {})

// Lets a service do all but some entries of a batch, which fail.
async function partly(request, answer, failed, codes, senderFault) {
  const body = JSON.parse(request.body)
  const isSqs = request.headers['x-amz-target'].startsWith('AmazonSQS.')
  const code = codes[isSqs ? 'sqs' : 'eventBridge']
  const isGone = (entry, index) => failed.includes(index)
  const kept = body.Entries.filter((entry, index) => !isGone(entry, index))
  const done = kept.length ? JSON.parse((await answer({ ...request, body: Buffer.from(JSON.stringify({ ...body, Entries: kept })) })).body) : {}
  if (isSqs) {
    const Failed = body.Entries.filter(isGone).map(({ Id }) => ({ Id, Code: code, Message: 'it was asked for', SenderFault: senderFault }))
    return json(200, { ...done, Failed })
  }
  const taken = done.Entries || []
  const Entries = body.Entries.map((entry, index) => isGone(entry, index) ? { ErrorCode: code, ErrorMessage: 'it was asked for' } : taken.shift())
  return json(200, { FailedEntryCount: failed.length, Entries })
}

// answer(request): what the service answers, without a look at the signature.
const kinds = {
  pass: ({ answer }) => answer(),
  throttle: ({ refuse }) => refuse(400, 'ThrottlingException'),
  error500: ({ refuse }) => refuse(500, 'InternalError'),
  error503: () => ({ status: 503, headers: {}, body: Buffer.from('<html>busy</html>') }),
  denied: ({ refuse }) => refuse(400, 'AccessDeniedException'),
  drop_before: ({ socket }) => { socket.destroy(); return never() },
  drop_after: async ({ answer, socket }) => { await answer(); socket.destroy(); return never() },
  cut_json: async ({ answer }) => {
    const { status, headers, body } = await answer()
    return { status, headers, body: body.subarray(0, body.length - 1) }
  },
  silent: () => json(200, {}),
  some_fail: ({ answer, request }, failed) => partly(request, answer, failed, { sqs: 'InternalError', eventBridge: 'InternalFailure' }, false),
  some_throttled: ({ answer, request }, failed) => partly(request, answer, failed, { sqs: 'RequestThrottled', eventBridge: 'ThrottlingException' }, true),
  some_refused: ({ answer, request }, failed) => partly(request, answer, failed, { sqs: 'InvalidMessageContents', eventBridge: 'InvalidArgument' }, true),
}

export function meet(fault, request, answer, socket) {
  const [kind, argument] = typeof fault === 'string' ? [fault] : Object.entries(fault)[0]
  const refuse = s3.isS3(request) ? s3.refuse : refusal
  return kinds[kind]({ request, refuse, answer: (other = request) => answer(other), socket }, argument)
}
