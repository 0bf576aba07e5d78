import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, RecordRouting, RoutingAck } from '@recordkit/record-types'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'

interface SignalOptions {
  signal?: AbortSignal
}

/** The part of js-libp2p's `ContentRouting` that is used; Helia's routing fits too. */
export interface Libp2pContentRouting {
  get(key: Uint8Array, options?: SignalOptions & { useCache?: boolean }): Promise<Uint8Array>
  put(key: Uint8Array, value: Uint8Array, options?: SignalOptions): Promise<void>
  provide(cid: CID, options?: SignalOptions): Promise<void>
  cancelReprovide(key: CID, options?: SignalOptions): Promise<void>
  findProviders(
    cid: CID,
    options?: SignalOptions
  ): AsyncIterable<{
    readonly id: { toMultihash(): { readonly bytes: Uint8Array } }
    readonly multiaddrs: readonly { readonly bytes: Uint8Array }[]
  }>
}

const rawCodec = 0x55
/** the CID of empty content, which contains its content itself: no peer needs to provide it */
const emptyContent = 'bafkqaaa'

/**
 * The content routers of a js-libp2p node as a routing, for nodes with other routers than kad-dht. Content routers do not
 * report which peer an answer is from, nor where copies are. All of them together therefore count as one peer, named
 * `content-routing`, with one answer, the first of any router, and one copy. `stored` means only that no router refused: some
 * routers skip keys that they do not support.
 *
 * @example
 * ```ts
 * const network = new DhtRecordStore({ routing: libp2pContentRouting(libp2p.contentRouting), engine })
 * ```
 */
export function libp2pContentRouting(contentRouting: Libp2pContentRouting): RecordRouting {
  const from = new TextEncoder().encode('content-routing')

  async function* acknowledged(work: () => Promise<void>, options: AbortOptions): AsyncGenerator<RoutingAck> {
    options.signal?.throwIfAborted()
    await assertHasRouters(contentRouting, options)
    try {
      await work()
      yield { from, status: 'stored' }
    } catch (error) {
      options.signal?.throwIfAborted()
      yield { from, status: 'refused', error }
    }
  }

  return {
    async *get(key, options = {}) {
      options.signal?.throwIfAborted()
      try {
        const useCache = options.noCache === true ? { useCache: false } : {}
        yield { from, value: await contentRouting.get(key, { ...signalOptions(options), ...useCache }) }
      } catch (error) {
        options.signal?.throwIfAborted()
        const reasons = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
        if (reasons.length === 0 || isNamed(error, 'NoContentRoutersError')) throw noRouters(error)
        yield reasons.some((reason) => isNamed(reason, 'NotFoundError')) ? { from } : { from, error }
      }
    },
    put: (key, value, options = {}) =>
      acknowledged(() => contentRouting.put(key, value.slice(), signalOptions(options)), options),
    provide: (multihash, options = {}) =>
      acknowledged(() => contentRouting.provide(cidOf(multihash), signalOptions(options)), options),
    async cancelProvide(multihash, options = {}) {
      try {
        await contentRouting.cancelReprovide(cidOf(multihash), signalOptions(options))
      } catch (error) {
        options.signal?.throwIfAborted()
        if (isNamed(error, 'NoContentRoutersError')) return
        throw new RecordError('ROUTING_FAILED', 'the content routers could not end an announcement', { cause: error })
      }
    },
    async *findProviders(multihash, options = {}) {
      options.signal?.throwIfAborted()
      try {
        const providers = contentRouting.findProviders(cidOf(multihash), signalOptions(options))
        for await (const { id, multiaddrs } of providers) {
          yield { id: id.toMultihash().bytes, addresses: multiaddrs.map(({ bytes }) => bytes) }
        }
      } catch (error) {
        options.signal?.throwIfAborted()
        if (isNamed(error, 'NoContentRoutersError')) throw noRouters(error)
        throw new RecordError('ROUTING_FAILED', 'the content routers could not be asked', { cause: error })
      }
    }
  }
}

/** Throws on a node without routers, where a put would succeed without effect. `cancelReprovide` of this CID has no effect. */
async function assertHasRouters(contentRouting: Libp2pContentRouting, options: AbortOptions): Promise<void> {
  try {
    await contentRouting.cancelReprovide(CID.parse(emptyContent), signalOptions(options))
  } catch (error) {
    options.signal?.throwIfAborted()
    if (isNamed(error, 'NoContentRoutersError')) throw noRouters(error)
  }
}

/** Our options as libp2p's, in which an absent signal is not `undefined`. */
function signalOptions({ signal }: AbortOptions): SignalOptions {
  return signal === undefined ? {} : { signal }
}

function cidOf(multihash: Uint8Array): CID {
  return CID.createV1(rawCodec, decodeMultihash(new Uint8Array(multihash)))
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

function noRouters(cause: unknown): RecordError {
  return new RecordError('NO_PEERS', 'the node has no content routers', { cause })
}
