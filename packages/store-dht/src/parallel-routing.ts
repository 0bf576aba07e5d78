import type { RecordRouting } from '@recordkit/record-types'
import type { OptionNames } from '@recordkit/record-types/internal'
import { checkRoutings, combineRoutings } from './combined-routing.ts'
import type { CombinedRoutingOptions, RoutingEntry } from './combined-routing.ts'
import { mergeStreams } from './merge-streams.ts'

/** A routing of {@link parallelRouting}. Its `timeout` is `Infinity` by default, and begins when it is asked. */
export interface ParallelRoutingEntry extends RoutingEntry {
  /** ms after which it is asked, if the call still runs then; `Infinity`: never. @default 0 */
  readonly startAfter?: number | undefined
}

const entryNames: OptionNames<ParallelRoutingEntry> = {
  routing: 0,
  name: 0,
  timeout: 0,
  ignoreErrors: 0,
  startAfter: 0
}

/**
 * Several routings as one, which are asked concurrently. A read returns the answers of all of them as they arrive, and its reader
 * takes the best record; a put and an announcement go to all of them. A routing that throws, fails late or does not answer delays
 * no other. Each answer and acknowledgement contains the name of its routing in `router`. A routing that fails is reported under
 * its own name; unless its `ignoreErrors` is set, it turns a miss of the others into an error.
 *
 * @param routings - in any order; each alone, or with its options
 * @throws RecordError `INVALID_ARGUMENT` naming the routing
 * @example
 * ```ts
 * const routing = parallelRouting([
 *   { routing: delegatedRouting(['https://delegated-ipfs.dev']), timeout: 5000, ignoreErrors: true },
 *   { routing: kadDhtRouting(libp2p.services.dht, { dialer: libp2p }), startAfter: 200 }
 * ])
 * const network = new DhtRecordStore({ routing, engine })
 * ```
 */
export function parallelRouting(
  routings: readonly (RecordRouting | ParallelRoutingEntry)[],
  options: CombinedRoutingOptions = {}
): RecordRouting {
  const routers = checkRoutings(routings, entryNames, () => Number.POSITIVE_INFINITY)
  return combineRoutings(routers, (streams) => mergeStreams(streams.map((start) => start())), options)
}
