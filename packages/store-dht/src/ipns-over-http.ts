import { ipnsNameFromKey, ipnsNameToString } from '@recordkit/record-codec'
import { isRecordError, limits, RecordError } from '@recordkit/record-types'
import { printable } from '@recordkit/record-types/internal'
import type { RoutingAnswer, RoutingGetOptions } from '@recordkit/record-types'
import type { HttpEndpoint } from './http-endpoint.ts'
import { sendHttpRequest } from './http-request.ts'
import type { Fetch } from './http-request.ts'
import { limitedBytes, maxAge, mediaType } from './response-body.ts'

export const ipnsRecordType = 'application/vnd.ipfs.ipns-record'

/** A get of an IPNS record. */
export interface IpnsRequest {
  /** with its query, after the URL of the server */
  readonly path: string
  /** whether a response is a miss */
  readonly isMiss: (response: Response) => boolean
}

/** The answer of a server to a get. It is not verified; failures are answers too. */
export async function getIpnsRecord(
  send: Fetch,
  server: HttpEndpoint,
  { path, isMiss }: IpnsRequest,
  { signal, noCache }: RoutingGetOptions
): Promise<RoutingAnswer> {
  const { from } = server
  try {
    // the HTTP cache of a browser is below verification: it may answer only when the server confirms what it contains
    const cache = noCache === true ? 'no-store' : 'no-cache'
    const init = withSignal({ headers: { accept: ipnsRecordType }, cache } as const, signal)
    const response = await sendHttpRequest(send, server, path, init)
    if (isMiss(response)) {
      await cancelBody(response)
      return { from }
    }
    await assertMediaType(response, ipnsRecordType)
    return { from, value: await limitedBytes(response, limits.ipnsRecord), maxAge: maxAge(response) }
  } catch (error) {
    return { from, error }
  }
}

/** Ends the transfer of a body that is not read. */
export async function cancelBody(response: Response): Promise<void> {
  await response.body?.cancel()
}

/** The IPNS name in a key; `undefined` for a key of another namespace. */
export function ipnsNameOf(key: Uint8Array): string | undefined {
  try {
    return ipnsNameToString(ipnsNameFromKey(key))
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}

/** The options of `fetch`, in which an absent signal is not `undefined`. */
export function withSignal<Init extends RequestInit>(init: Init, signal: AbortSignal | undefined): Init {
  return signal === undefined ? init : { ...init, signal }
}

/** @throws RecordError `ROUTING_FAILED` */
export async function assertMediaType(response: Response, type: string): Promise<void> {
  if (response.status === 200 && mediaType(response) === type) return
  await cancelBody(response)
  throw unexpected(response, type)
}

export function unexpected(response: Response, type?: string): RecordError {
  const expected = type === undefined ? '' : `; 200 with ${type} is expected`
  return new RecordError(
    'ROUTING_FAILED',
    `the server answered ${response.status} with ${printable(mediaType(response)) || 'no media type'}${expected}`
  )
}
