import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, SetTimer } from '@recordkit/record-types'

/** What a DHT says of the peers that it knows. */
export interface Acquaintance {
  readonly routingTable?: { readonly size: number }
  /** ms that an empty table may take to know its first peer */
  readonly patience: number
  readonly setTimer: SetTimer
}

/**
 * What a DHT is asked for, or `NO_PEERS`: Kademlia waits for its first peer for as long as it is let, a node that is
 * offline for ever.
 *
 * @throws RecordError `NO_PEERS` when nobody is known after the time for it
 */
export async function* amongPeers<T>(
  { routingTable, patience, setTimer }: Acquaintance,
  ask: (options: AbortOptions) => AsyncIterable<T>,
  options: AbortOptions = {}
): AsyncGenerator<T> {
  options.signal?.throwIfAborted()
  if (routingTable === undefined || routingTable.size > 0) {
    yield* ask(options)
    return
  }
  const alone = new AbortController()
  const cancel = setTimer(() => {
    if (routingTable.size === 0) alone.abort(new RecordError('NO_PEERS', `the DHT knew nobody for ${patience} ms`))
  }, patience)
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
