import { ipnsRoutingKey } from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { delegatedRouting } from '@recordkit/store-dht/delegated'

/** ms */
const timeout = 20_000

/**
 * The record that an HTTP router has for a name, by Delegated Routing V1. It is not verified.
 *
 * @returns its bytes; a sentence when the router has none or cannot be asked
 */
export async function fetchRecord(router: string, name: PeerId): Promise<Uint8Array | string> {
  try {
    const signal = AbortSignal.timeout(timeout)
    const send = (url: string, init: RequestInit): Promise<Response> =>
      fetch(url, { ...init, credentials: 'omit', referrerPolicy: 'no-referrer' })
    for await (const answer of delegatedRouting([router], { fetch: send }).get(ipnsRoutingKey(name), {
      noCache: true,
      signal
    })) {
      if ('error' in answer) return problemOf(answer.error)
      if (answer.value !== undefined) return answer.value
    }
    return 'the router has no record of this name'
  } catch (error) {
    return problemOf(error)
  }
}

function problemOf(error: unknown): string {
  if (isRecordError(error))
    return error.message.replace(/^endpoints\[0\] is "([^"]*)"/, 'the router "$1" is not usable')
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `the router did not answer within ${timeout / 1000} s`
  return 'the router cannot be reached, or does not allow requests of web pages (CORS)'
}
