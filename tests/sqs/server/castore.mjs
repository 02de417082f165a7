// SPDX-License-Identifier: MIT
// Castore's own adapters, which publish what they are given.
import { createRequire } from 'node:module'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'

const require = createRequire(import.meta.url)
const { EventBridgeMessageBusAdapter } = require('@castore/message-bus-adapter-event-bridge')
const { EventBridgeS3MessageBusAdapter, parseMessage } = require('@castore/message-bus-adapter-event-bridge-s3')
const { SQSMessageQueueAdapter } = require('@castore/message-queue-adapter-sqs')
const { SQSS3MessageQueueAdapter, parseBody } = require('@castore/message-queue-adapter-sqs-s3')

const s3 = (options, { s3Endpoint, s3BucketName, s3Prefix }) => ({
  s3BucketName, s3Prefix,
  s3Client: new S3Client({
    ...options, endpoint: s3Endpoint, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  }),
})

const makers = {
  sqs: (options, { queueUrl, fifo }) => {
    const sqsClient = new SQSClient({ ...options, useQueueUrlAsEndpoint: false })
    return new SQSMessageQueueAdapter({ queueUrl, sqsClient, fifo })
  },
  event_bridge: (options, { eventBusName }) => {
    const eventBridgeClient = new EventBridgeClient(options)
    return new EventBridgeMessageBusAdapter({ eventBusName, eventBridgeClient })
  },
  sqs_s3: (options, request) => {
    const sqsClient = new SQSClient({ ...options, useQueueUrlAsEndpoint: false })
    return new SQSS3MessageQueueAdapter({ queueUrl: request.queueUrl, sqsClient, ...s3(options, request) })
  },
  event_bridge_s3: (options, request) => {
    const eventBridgeClient = new EventBridgeClient(options)
    return new EventBridgeS3MessageBusAdapter({ eventBusName: request.eventBusName, eventBridgeClient, ...s3(options, request) })
  },
}

// {"adapter", "endpoint", "replay", "single", "messages"} and what the adapter needs. Returns what went wrong, or {}.
export async function publish(request, credentials) {
  const { adapter: name, endpoint, replay, single, messages } = request
  const adapter = makers[name]({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 }, request)
  try {
    if (single) for (const message of messages) await adapter.publishMessage(message, { replay })
    else await adapter.publishMessages(messages, { replay })
    return {}
  } catch (error) {
    return { error: error.name, message: error.message }
  }
}

// What Castore makes of a body of SQS, or of an event of EventBridge, that stands for a message.
export const read = async ({ body, event }) => body ? parseBody(body, { fetch }) : (await parseMessage(event, { fetch })).detail
