import type { ContentRouting } from '@libp2p/interface'
import { RecordError } from '@recordkit/record-types'
import type { RecordRouting } from '@recordkit/record-types'

/** What is used of a node's content routing. */
export type ValueRouting = Pick<ContentRouting, 'get' | 'put'>

/**
 * The content routers of a js-libp2p node as a routing, for nodes that have others than Kademlia. They do not say which
 * peer an answer is from, nor where copies are: all of them together are one peer, of an empty ID, with one answer and
 * one copy.
 */
export function fromContentRouting(contentRouting: ValueRouting): RecordRouting {
  const from = new Uint8Array(0)
  return {
    async *get(key, options) {
      try {
        yield { from, value: await contentRouting.get(key, options) }
      } catch (error) {
        options?.signal?.throwIfAborted()
        if (nameOf(error) === 'NotFoundError') yield { from }
        else throw failed(key, error)
      }
    },
    async *put(key, value, options) {
      try {
        await contentRouting.put(key, value, options)
        yield { from, outcome: 'stored' }
      } catch (error) {
        options?.signal?.throwIfAborted()
        if (nameOf(error) === 'NoContentRoutersError') throw failed(key, error)
        yield { from, outcome: 'refused', error }
      }
    }
  }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined
}

function failed(key: Uint8Array, cause: unknown): RecordError {
  return new RecordError('ROUTING_FAILED', 'the content routers could not be asked', { key, cause })
}
