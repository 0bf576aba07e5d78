import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, SetTimer } from '@recordkit/record-types'
import { anySignal } from '@recordkit/record-types/internal'

export interface FirstPeerWait {
  /** number of peers that the DHT knows; without it the DHT is always asked */
  readonly routingTable?: { readonly size: number } | undefined
  /** ms for which a DHT with an empty routing table may wait for its first peer; `Infinity` means no timeout */
  readonly timeout: number
  readonly setTimer: SetTimer
}

/** The options of libp2p, in which an absent signal is not `undefined`. */
export interface SignalOptions {
  signal?: AbortSignal
}

/** Our options as libp2p's. */
export function signalOptions({ signal }: AbortOptions): SignalOptions {
  return signal === undefined ? {} : { signal }
}

/**
 * Asks a DHT, and ends a wait for its first peer after `timeout`. Kad-dht itself waits until it is aborted: indefinitely on a
 * node that is offline.
 *
 * @throws RecordError `NO_PEERS` when the routing table is still empty after `timeout`
 */
export async function* waitForFirstPeer<T>(
  { routingTable, timeout, setTimer }: FirstPeerWait,
  ask: (options: SignalOptions) => AsyncIterable<T>,
  options: AbortOptions = {}
): AsyncGenerator<T> {
  options.signal?.throwIfAborted()
  if (routingTable === undefined || routingTable.size > 0 || timeout === Number.POSITIVE_INFINITY) {
    yield* ask(signalOptions(options))
    return
  }
  const expired = new AbortController()
  const cancel = setTimer(() => {
    if (routingTable.size > 0) return
    expired.abort(
      new RecordError(
        'NO_PEERS',
        `the routing table of the DHT was empty for ${timeout / 1000} s: connect to a peer that serves the same DHT, and on a local network pass \`peerInfoMapper: passthroughMapper\` to kadDHT, which drops private addresses otherwise`
      )
    )
  }, timeout)
  const signal = options.signal === undefined ? expired.signal : anySignal([options.signal, expired.signal])
  try {
    yield* ask({ signal })
  } catch (error) {
    throw expired.signal.aborted ? expired.signal.reason : error
  } finally {
    cancel()
  }
  expired.signal.throwIfAborted()
}
