import { ipnsNameToString, ipnsRoutingKey, parseIpnsName } from '@recordkit/record-codec'
import { sha256 } from '@recordkit/record-crypto'
import type { RecordView } from '@recordkit/record-manager'
import { isRecordError, limits } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'
import type { RouteContext } from './record-handler.ts'
import { requestBody } from './request-body.ts'
import { accepts, httpDate, ipnsRecordType, mediaTypes, missCacheControl, textResponse } from './responses.ts'

/** s: the time to cache a record that does not say one */
const defaultAge = 60n
const second = 1_000_000_000n

/**
 * Answers `GET /routing/v1/ipns/{name}` with the best record, stored here or found among peers. A miss is 200 with a text, and a
 * record that was put with `offline: true` is a miss.
 *
 * @see Delegated Routing V1, "GET /routing/v1/ipns/{name}"; IPIP-513
 */
export async function getIpns(text: string, context: RouteContext): Promise<Response> {
  const { request, clock } = context
  if (!accepts(request, ipnsRecordType))
    return textResponse(406, `the answer is an IPNS record; retry with Accept: ${ipnsRecordType}`)
  const name = nameIn(text)
  if (name === undefined) return nameInvalid()
  const record = await findRecord(ipnsRoutingKey(name), context)
  if (record === undefined)
    return textResponse(200, 'no record was found for this IPNS name', {
      'cache-control': missCacheControl,
      vary: 'Accept'
    })
  const etag = `"${toHex(sha256(record.value).subarray(0, 16))}"`
  const now = clock()
  const headers = {
    etag,
    'cache-control': recordCacheControl(record, now),
    ...(record.expires === undefined ? {} : { expires: httpDate(record.expires) }),
    'last-modified': httpDate(now),
    vary: 'Accept'
  }
  if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  return new Response(new Uint8Array(record.value), {
    headers: {
      ...headers,
      'content-type': ipnsRecordType,
      'content-length': String(record.value.length),
      'content-disposition': `attachment; filename="${ipnsNameToString(name)}.ipns-record"`
    }
  })
}

/**
 * Answers `PUT /routing/v1/ipns/{name}`: the record is verified and stored like one of a peer, in the share of the client's group,
 * and copied to peers when there is a network.
 *
 * @see Delegated Routing V1, "PUT /routing/v1/ipns/{name}"
 */
export async function putIpns(text: string, context: RouteContext): Promise<Response> {
  const { request, manager, network, group, signal, timeout } = context
  if (!mediaTypes(request, 'content-type').includes(ipnsRecordType))
    return textResponse(406, `the body must be an IPNS record; retry with Content-Type: ${ipnsRecordType}`)
  const name = nameIn(text)
  if (name === undefined) return nameInvalid()
  const value = await requestBody(request, limits.ipnsRecord, signal)
  if (value === undefined) return textResponse(400, `the record is larger than ${limits.ipnsRecord} bytes`)
  const key = ipnsRoutingKey(name)
  const { status, code, message, record } = await manager.receive(key, value, {
    group: new TextEncoder().encode(group ?? 'http'),
    signal
  })
  if (status === 'quota') return textResponse(503, 'QUOTA: this server is full', { 'retry-after': '600' })
  if (status === 'conflict' || code === 'RATE_LIMITED')
    return textResponse(503, `${code}: try again later`, { 'retry-after': '1' })
  if (status === 'stale') return textResponse(409, 'STALE: this server has a later record')
  if (record === undefined || (status !== 'stored' && status !== 'refreshed'))
    return textResponse(400, `the record is not valid: ${code}: ${message}`)
  // the stored form: anyone can change the bytes around what the author signed
  if (network !== undefined) await network.put(key, record.value, { verified: record, timeout, signal })
  return textResponse(200, 'the record was published')
}

/** @returns `undefined` for a miss */
async function findRecord(
  key: Uint8Array,
  { request, manager, signal, timeout }: RouteContext
): Promise<RecordView | undefined> {
  const noCache = /\bno-(?:cache|store)\b/i.test(request.headers.get('cache-control') ?? '')
  return manager.getRecord(key, { signal, timeout, noCache, forPeers: true })
}

/** No cache may answer with a record that has expired. @see Delegated Routing V1, "Response Headers" */
function recordCacheControl({ ttl = 0n, expires = 0n }: RecordView, now: bigint): string {
  const valid = (expires - now) / second
  if (valid <= 0n) return 'no-store'
  const wanted = ttl < second ? defaultAge : ttl / second
  const maxAge = wanted < valid ? wanted : valid
  return `public, max-age=${maxAge}, stale-while-revalidate=${valid - maxAge}, stale-if-error=${valid - maxAge}`
}

function matches(header: string | null, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.some((tag) => tag === etag || tag === '*')
}

function nameIn(text: string): PeerId | undefined {
  try {
    return parseIpnsName(text)
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}

function nameInvalid(): Response {
  return textResponse(400, 'the IPNS name is not valid; a name such as k51… is expected')
}
