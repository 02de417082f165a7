// SPDX-License-Identifier: MIT
// Castore's own adapters, which publish what they are given.
import { createRequire } from 'node:module'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SQSClient } from '@aws-sdk/client-sqs'

const require = createRequire(import.meta.url)
const { EventBridgeMessageBusAdapter } = require('@castore/message-bus-adapter-event-bridge')
const { SQSMessageQueueAdapter } = require('@castore/message-queue-adapter-sqs')

const makers = {
  sqs: (options, { queueUrl, fifo }) => {
    const sqsClient = new SQSClient({ ...options, useQueueUrlAsEndpoint: false })
    return new SQSMessageQueueAdapter({ queueUrl, sqsClient, fifo })
  },
  event_bridge: (options, { eventBusName }) => {
    const eventBridgeClient = new EventBridgeClient(options)
    return new EventBridgeMessageBusAdapter({ eventBusName, eventBridgeClient })
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
