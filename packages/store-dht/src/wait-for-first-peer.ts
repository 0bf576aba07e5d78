import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, SetTimer } from '@recordkit/record-types'

export interface FirstPeerWait {
  /** how many peers the DHT knows; a DHT that does not tell is always asked */
  readonly routingTable?: { readonly size: number } | undefined
  /** ms for which a DHT with an empty routing table may wait for its first peer */
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
 * Asks a DHT. Kademlia waits for its first peer until it is aborted, in a node that is offline indefinitely; this ends the
 * wait after `timeout`.
 *
 * @throws RecordError `NO_PEERS` when the routing table is still empty after `timeout`
 */
export async function* waitForFirstPeer<T>(
  { routingTable, timeout, setTimer }: FirstPeerWait,
  ask: (options: SignalOptions) => AsyncIterable<T>,
  options: AbortOptions = {}
): AsyncGenerator<T> {
  options.signal?.throwIfAborted()
  if (routingTable === undefined || routingTable.size > 0) {
    yield* ask(signalOptions(options))
    return
  }
  const alone = new AbortController()
  const cancel = setTimer(() => {
    if (routingTable.size > 0) return
    alone.abort(new RecordError('NO_PEERS', `the routing table of the DHT was empty for ${timeout} ms`))
  }, timeout)
  const signal = options.signal === undefined ? alone.signal : AbortSignal.any([options.signal, alone.signal])
  try {
    yield* ask({ signal })
  } catch (error) {
    throw alone.signal.aborted ? alone.signal.reason : error
  } finally {
    cancel()
  }
  alone.signal.throwIfAborted()
}
