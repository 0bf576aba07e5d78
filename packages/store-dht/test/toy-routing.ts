import type { AbortOptions, RecordRouting, RoutingAck, RoutingAnswer } from '@recordkit/record-types'

/** Never resolves, as a peer that does not answer. */
export const silence: Promise<never> = /* @__PURE__ */ new Promise<never>(() => undefined)

/** A routing with scripted answers and acknowledgements, which throws `fails` after them. It records how it is used. */
export function routingOf(parts: {
  readonly answers?: readonly (RoutingAnswer | Promise<never>)[]
  readonly acks?: readonly (RoutingAck | Promise<never>)[]
  readonly fails?: unknown
  readonly putToPeer?: NonNullable<RecordRouting['putToPeer']>
  readonly getFromPeer?: NonNullable<RecordRouting['getFromPeer']>
}): RecordRouting & { pulled: number; puts: number; returned: boolean; signal: AbortSignal | undefined } {
  const routing = {
    pulled: 0,
    puts: 0,
    returned: false,
    signal: undefined as AbortSignal | undefined,
    async *get(_key: Uint8Array, { signal }: AbortOptions = {}) {
      routing.signal = signal
      try {
        for (const answer of parts.answers ?? []) {
          routing.pulled++
          yield await answer
        }
        if (parts.fails !== undefined) throw parts.fails
      } finally {
        routing.returned = true
      }
    },
    async *put(_key: Uint8Array, _value: Uint8Array, { signal }: AbortOptions = {}) {
      routing.puts++
      routing.signal = signal
      for (const ack of parts.acks ?? []) yield await ack
      if (parts.fails !== undefined) throw parts.fails
    },
    ...(parts.putToPeer === undefined ? {} : { putToPeer: parts.putToPeer }),
    ...(parts.getFromPeer === undefined ? {} : { getFromPeer: parts.getFromPeer })
  }
  return routing
}
