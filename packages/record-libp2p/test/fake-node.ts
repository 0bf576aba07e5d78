import { StreamAbortEvent, StreamMessageEvent } from '@libp2p/interface'
import type { Connection, Stream, StreamHandler } from '@libp2p/interface'
import type { Libp2pComponents } from '@recordkit/record-libp2p'

type Options = { readonly signal?: AbortSignal }

/** The calls that a fake kad-dht received, and what the test can change of it. */
export interface FakeKadDht {
  readonly calls: string[]
  readonly validators: Record<string, (key: Uint8Array, value: Uint8Array) => Promise<void>>
  readonly selectors: Record<string, unknown>
  readonly routingTable: { readonly size: number }
  /** error with which kad-dht aborts every stream that it handles */
  failure: Error | undefined
  /** the handler of its protocol */
  handler: StreamHandler | undefined
}

/** A factory of a kad-dht that answers a get only when it is aborted, and that acknowledges every put by one peer. */
export function fakeKadDht(): { readonly dht: FakeKadDht; readonly factory: (components: never) => unknown } {
  const from = { toMultihash: () => ({ bytes: Uint8Array.of(0, 1, 7) }) }
  const dht = {
    calls: [] as string[],
    validators: {},
    selectors: {},
    routingTable: { size: 1 },
    failure: undefined as Error | undefined,
    handler: undefined as StreamHandler | undefined,
    async *get(_key: Uint8Array, { signal }: Options = {}) {
      dht.calls.push('get')
      yield* []
      await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    },
    async *put(_key: Uint8Array, value: Uint8Array) {
      dht.calls.push('put')
      yield { name: 'SEND_QUERY', to: from, messageName: 'PUT_VALUE' }
      yield { name: 'PEER_RESPONSE', from, messageName: 'PUT_VALUE', record: { value } }
    }
  }
  const factory = (components: never): unknown => {
    const { registrar } = components as {
      readonly registrar?: { handle(protocol: string, handler: StreamHandler): Promise<void> }
    }
    void registrar?.handle('/kad', (stream) => {
      if (dht.failure !== undefined) stream.abort(dht.failure)
    })
    return dht
  }
  return { dht, factory }
}

/** The components of a node whose kad-dht is `dht`. */
export function fakeComponents(dht: FakeKadDht): Libp2pComponents {
  return {
    peerId: { toMultihash: () => ({ bytes: Uint8Array.of(0, 1, 1) }) },
    addressManager: { getAddresses: () => [] },
    connectionManager: { openStream: async () => Promise.reject(new Error('no connection')) },
    contentRouting: {},
    registrar: {
      async handle(_protocol: string, handler: StreamHandler) {
        dht.handler = handler
      }
    },
    dht
  } as unknown as Libp2pComponents
}

/** A peer of libp2p with a short ID that ends with `number`. */
export function fakePeer(number: number): Connection['remotePeer'] {
  return { toMultihash: () => ({ bytes: Uint8Array.of(0, 1, number) }) } as Connection['remotePeer']
}

/** The part of a stream that the limits use. */
export class FakeStream extends EventTarget {
  status = 'open'
  reason: Error | undefined

  abort(reason: Error): void {
    if (this.status !== 'open') return
    this.status = 'aborted'
    this.reason = reason
    this.dispatchEvent(new StreamAbortEvent(reason))
  }

  /** Delivers bytes as if the peer had sent them. */
  send(...bytes: number[]): void {
    if (this.status === 'open') this.dispatchEvent(new StreamMessageEvent(Uint8Array.from(bytes)))
  }
}

/** Opens a stream of a peer to the fake kad-dht. */
export function openStream({ handler }: FakeKadDht, peer: number): FakeStream {
  const stream = new FakeStream()
  const connection = { status: 'open', remotePeer: fakePeer(peer), abort: () => undefined }
  void handler?.(stream as unknown as Stream, connection as unknown as Connection)
  return stream
}
