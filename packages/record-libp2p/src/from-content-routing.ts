import type { ContentRouting } from '@libp2p/interface'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, RecordRouting, RoutingAck } from '@recordkit/record-types'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'

const rawCodec = 0x55
/** the content of no bytes, which nobody needs to provide: it stands in its own name */
const nothing = 'bafkqaaa'

/**
 * The content routers of a js-libp2p node as a routing, for nodes that have others than Kademlia. They do not say which
 * peer an answer is from, nor where copies are: all of them together are one peer, named `content-routing`, with one
 * answer, the first that any of them gives, and one copy. `stored` says that no router refused, and no more: some pass
 * over keys that they do not know.
 */
export function fromContentRouting(contentRouting: ContentRouting): RecordRouting {
  const from = new TextEncoder().encode('content-routing')

  async function* handed(work: () => Promise<void>, signal: AbortOptions): AsyncGenerator<RoutingAck> {
    signal.signal?.throwIfAborted()
    await mustBeSomebody(contentRouting, signal)
    try {
      await work()
      yield { from, outcome: 'stored' }
    } catch (error) {
      signal.signal?.throwIfAborted()
      yield { from, outcome: 'refused', error }
    }
  }

  return {
    async *get(key, signal = {}) {
      signal.signal?.throwIfAborted()
      try {
        yield { from, value: await contentRouting.get(key, signal) }
      } catch (error) {
        signal.signal?.throwIfAborted()
        const reasons = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
        if (reasons.length === 0 || isNamed(error, 'NoContentRoutersError')) throw nobody(error)
        yield reasons.some((reason) => isNamed(reason, 'NotFoundError')) ? { from } : { from, error }
      }
    },
    put: (key, value, signal = {}) => handed(() => contentRouting.put(key, value.slice(), signal), signal),
    provide: (multihash, signal = {}) => handed(() => contentRouting.provide(contentOf(multihash), signal), signal),
    async *findProviders(multihash, signal = {}) {
      signal.signal?.throwIfAborted()
      try {
        for await (const { id, multiaddrs } of contentRouting.findProviders(contentOf(multihash), signal)) {
          yield { id: id.toMultihash().bytes, addresses: multiaddrs.map(({ bytes }) => bytes) }
        }
      } catch (error) {
        signal.signal?.throwIfAborted()
        if (isNamed(error, 'NoContentRoutersError')) throw nobody(error)
        throw new RecordError('ROUTING_FAILED', 'the content routers could not be asked', { cause: error })
      }
    }
  }
}

/** A put on a node without routers ends well and puts nothing. This call asks nobody, and says whether there is somebody. */
async function mustBeSomebody(contentRouting: ContentRouting, signal: AbortOptions): Promise<void> {
  try {
    await contentRouting.cancelReprovide(CID.parse(nothing), signal)
  } catch (error) {
    signal.signal?.throwIfAborted()
    if (isNamed(error, 'NoContentRoutersError')) throw nobody(error)
  }
}

function contentOf(multihash: Uint8Array): CID {
  return CID.createV1(rawCodec, decodeMultihash(multihash))
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

function nobody(cause: unknown): RecordError {
  return new RecordError('NO_PEERS', 'the node has no content routers', { cause })
}
