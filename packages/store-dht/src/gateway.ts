import { RecordError } from '@recordkit/record-types'
import { checkOptions } from '@recordkit/record-types/internal'
import type { AbortOptions, RecordRouting } from '@recordkit/record-types'
import { asCompleted } from './as-completed.ts'
import { parseEndpoints } from './http-endpoint.ts'
import type { Fetch } from './http-request.ts'
import { getIpnsRecord, ipnsNameOf } from './ipns-over-http.ts'
import { untilStopped } from './until-stopped.ts'

export interface GatewayRoutingOptions {
  /** @default the `fetch` of the platform */
  readonly fetch?: Fetch | undefined
}

/**
 * Trustless gateways as a routing, for IPNS records: also in a browser page. It only reads; `put` fails. Each gateway counts as one
 * peer, whose ID is the bytes of its URL, without credentials. Values are not verified here, and so not cached: the engine of the
 * reader verifies every record, and the cache of a manager keeps the time that `Cache-Control` allows. Redirects are followed within
 * the origin of a gateway only: a gateway that redirects names to origins of their own cannot be used.
 *
 * @param gateways - URLs of gateways, such as `https://example.org`, without `/ipns`. All of them are asked concurrently. User and
 * password of a URL are sent as basic authentication
 * @throws RecordError `INVALID_ARGUMENT` for a gateway that is not an http or https URL, or that has a query, a fragment or `/ipns`
 * in its path
 * @see IPFS "Trustless Gateway Specification", IPNS records
 * @example
 * ```ts
 * const routing = gatewayRouting(['https://trustless-gateway.link', 'http://127.0.0.1:8080'])
 * const network = new DhtRecordStore({ routing, engine })
 * ```
 */
export function gatewayRouting(gateways: readonly string[], options: GatewayRoutingOptions = {}): RecordRouting {
  const servers = parseEndpoints(gateways, 'gateways', '/ipns')
  checkOptions(options, { fetch: 0 })
  const send: Fetch = options.fetch ?? (async (url, init) => fetch(url, init))

  /** @throws RecordError `NO_PEERS` without gateways; the reason of the signal */
  const assertCanAsk = ({ signal }: AbortOptions): void => {
    signal?.throwIfAborted()
    if (servers.length === 0) throw new RecordError('NO_PEERS', 'there is no gateway to ask: `gateways` is empty')
  }

  return {
    readOnly: true,
    async *get(key, getOptions = {}) {
      assertCanAsk(getOptions)
      const name = ipnsNameOf(key)
      if (name === undefined) for (const { from } of servers) yield { from, error: notAnIpnsKey(key) }
      else {
        const request = {
          path: `/ipns/${name}?format=ipns-record`,
          isMiss: ({ status }: Response): boolean => status === 404
        }
        yield* untilStopped(getOptions, (signal) =>
          asCompleted(servers.map(async (server) => getIpnsRecord(send, server, request, { ...getOptions, signal })))
        )
      }
      getOptions.signal?.throwIfAborted()
    },
    // oxlint-disable-next-line require-yield -- there is nothing to acknowledge
    async *put(key, _value, putOptions = {}) {
      assertCanAsk(putOptions)
      throw new RecordError('ROUTING_FAILED', 'gateways are read only', { key })
    }
  }
}

function notAnIpnsKey(key: Uint8Array): RecordError {
  return new RecordError('NAMESPACE_UNKNOWN', 'gateways support only the keys of IPNS names', { key })
}
