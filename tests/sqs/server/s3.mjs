// SPDX-License-Identifier: MIT
// Amazon S3 for tests: fauxqs with checked signatures, in headers and in addresses.
// Source: Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
import { createHash, createHmac } from 'node:crypto'

const sha256 = (data) => createHash('sha256').update(data).digest('hex')
const hmac = (key, data) => createHmac('sha256', key).update(data).digest()
const encoded = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
const timeOf = (date) => Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))

const codes = { ThrottlingException: [503, 'SlowDown'], AccessDeniedException: [403, 'AccessDenied'] }
export function refuse(status, type, message = type) {
  const [own, code] = codes[type] || [status, type]
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status: own, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) }
}

const queryOf = (url) => new URLSearchParams(url.split('?')[1] || '')
export const isS3 = ({ url, headers }) => (headers.authorization || '').includes('/s3/aws4_request') || queryOf(url).has('X-Amz-Signature')

// What is wrong with a request, as an answer, or undefined.
export function refused({ method, url, headers, body }, { accessKeyId, secretAccessKey }, now = Date.now()) {
  const query = [...queryOf(url)]
  const asked = Object.fromEntries(query)
  const isInAddress = 'X-Amz-Signature' in asked
  const [, credential, names, signature] = isInAddress
    ? [0, asked['X-Amz-Credential'], asked['X-Amz-SignedHeaders'], asked['X-Amz-Signature']]
    : /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=(.+)$/.exec(headers.authorization) || []
  const date = isInAddress ? asked['X-Amz-Date'] : headers['x-amz-date']
  const payload = isInAddress ? 'UNSIGNED-PAYLOAD' : headers['x-amz-content-sha256']
  const [id, ...scope] = (credential || '').split('/')
  if (id !== accessKeyId || scope.join('/') !== `${date.slice(0, 8)}/eu-west-1/s3/aws4_request`) return refuse(403, 'InvalidAccessKeyId')
  if (!names.split(';').includes('host') || (!isInAddress && !names.includes('x-amz-content-sha256'))) return refuse(403, 'AccessDenied', 'a header is not signed')
  if (!isInAddress && payload !== sha256(body)) return refuse(400, 'XAmzContentSHA256Mismatch')
  const canonical = [
    method, url.split('?')[0],
    query.filter(([name]) => name !== 'X-Amz-Signature').map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort().join('&'),
    ...names.split(';').map((name) => `${name}:${headers[name].trim()}`), '', names, payload,
  ].join('\n')
  const key = scope.reduce(hmac, `AWS4${secretAccessKey}`)
  const again = hmac(key, ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(canonical)].join('\n')).toString('hex')
  if (again !== signature) return refuse(403, 'SignatureDoesNotMatch')
  if (!isInAddress) return Math.abs(timeOf(date) - now) > 15 * 60000 ? refuse(403, 'RequestTimeTooSkewed') : undefined
  const lifetime = Number(asked['X-Amz-Expires'])
  if (!(lifetime >= 1 && lifetime <= 604800)) return refuse(400, 'AuthorizationQueryParametersError')
  return timeOf(date) + 1000 * lifetime < now ? refuse(403, 'AccessDenied', 'Request has expired') : undefined
}

// Lets fauxqs answer.
export async function answerOf(app, { method, url, headers, body }) {
  const answer = await app.inject({
    method, url: url.split('?')[0], payload: method === 'PUT' ? body : undefined,
    headers: { host: 'localhost', 'content-type': headers['content-type'] || 'application/octet-stream' },
  })
  return { status: answer.statusCode, headers: { 'content-type': answer.headers['content-type'] || 'application/xml' }, body: answer.rawPayload }
}
