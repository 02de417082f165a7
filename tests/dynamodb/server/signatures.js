// SPDX-License-Identifier: MIT
// Computes the signature of a received request again, with AWS's own signer.
'use strict'

const { createHash, createHmac } = require('node:crypto')
const { SignatureV4 } = require('@smithy/signature-v4')

class Sha256 {
  constructor(key) { this.hash = key ? createHmac('sha256', key) : createHash('sha256') }
  update(data) { this.hash.update(data) }
  async digest() { return new Uint8Array(this.hash.digest()) }
}

const parse = (date) => new Date(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
const refusal = (type, message) => ({ __type: `com.amazon.coral.service#${type}`, message })

// secrets: from access key id to { secretAccessKey, sessionToken }. Returns what is wrong, or undefined.
module.exports = async function checkSignature({ method, url, headers, body }, secrets, now = new Date()) {
  const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
    .exec(headers.authorization || '')
  if (!match) return refusal('IncompleteSignatureException', 'Authorization header is malformed')
  const [, id, day, region, service, names, signature] = match
  const known = secrets[id]
  if (!known || (known.sessionToken || '') !== (headers['x-amz-security-token'] || '')) {
    return refusal('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  const signed = names.split(';')
  const required = ['host', 'x-amz-date', 'x-amz-target', 'content-type']
  if (known.sessionToken) required.push('x-amz-security-token')
  for (const name of required) {
    if (!signed.includes(name)) return refusal('InvalidSignatureException', `'${name}' must be a 'SignedHeader'`)
  }
  const date = parse(headers['x-amz-date'])
  if (!headers['x-amz-date'].startsWith(day)) return refusal('InvalidSignatureException', 'Date in Credential scope does not match')
  const path = url.split('?')[0]
  const signer = new SignatureV4({
    service, region, sha256: Sha256, applyChecksum: false, credentials: { accessKeyId: id, secretAccessKey: known.secretAccessKey },
  })
  const again = await signer.sign(
    { method, protocol: 'http:', hostname: headers.host, path, query: {}, body,
      headers: Object.fromEntries(signed.map((name) => [name, headers[name]])) },
    { signingDate: date })
  if (!again.headers.authorization.endsWith(`Signature=${signature}`)) {
    return refusal('InvalidSignatureException', 'The request signature we calculated does not match the signature you provided.')
  }
  const minutes = (date - now) / 60000
  if (minutes < -5) return refusal('InvalidSignatureException', `Signature expired: ${headers['x-amz-date']} is now earlier than`)
  if (minutes > 5) return refusal('InvalidSignatureException', `Signature not yet current: ${headers['x-amz-date']} is still later than`)
  return undefined
}
