// SPDX-License-Identifier: MIT
// Answers of services that take JSON.
export const json = (status, value) => ({
  status, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Buffer.from(JSON.stringify(value)),
})
export const refusal = (status, type, message = type) => json(status, { __type: `com.amazonaws#${type}`, message })
