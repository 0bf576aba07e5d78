import type { RecordRouting } from '@recordkit/record-types'
import type { OptionNames } from '@recordkit/record-types/internal'
import { checkRoutings, combineRoutings } from './combined-routing.ts'
import type { Arrange, CombinedRoutingOptions, RoutingEntry } from './combined-routing.ts'

const entryNames: OptionNames<RoutingEntry> = { routing: 0, name: 0, timeout: 0, ignoreErrors: 0 }
/** ms that each routing may take when another one follows */
const defaultTimeout = 5000

/**
 * Several routings as one, of which a read asks the next one only when the earlier ones found nothing: no valid record, or no
 * provider. A routing that throws, fails late or does not answer is passed over, the latter after its `timeout`: 5000 ms by
 * default, `Infinity` for the last one. A put and an announcement go to all routings concurrently. Each answer and acknowledgement
 * contains the name of its routing in `router`. A routing that fails is reported under its own name; unless its `ignoreErrors` is
 * set, it turns a miss of the others into an error.
 *
 * The result is the record of the first routing that has a valid one. Another may have a newer one: use `parallelRouting` for that.
 *
 * @param routings - the first one first; each alone, or with its options
 * @throws RecordError `INVALID_ARGUMENT` naming the routing
 * @example
 * ```ts
 * const routing = fallbackRouting([
 *   delegatedRouting(['https://delegated-ipfs.dev']),
 *   kadDhtRouting(libp2p.services.dht, { dialer: libp2p })
 * ])
 * const network = new DhtRecordStore({ routing, engine })
 * ```
 */
export function fallbackRouting(
  routings: readonly (RecordRouting | RoutingEntry)[],
  options: CombinedRoutingOptions = {}
): RecordRouting {
  const isLast = (index: number): boolean => index === routings.length - 1
  const routers = checkRoutings(routings, entryNames, (index) =>
    isLast(index) ? Number.POSITIVE_INFINITY : defaultTimeout
  )
  return combineRoutings(routers, oneAfterAnother, options)
}

const oneAfterAnother: Arrange = async function* (streams, hasEnough) {
  for (const start of streams) {
    yield* start()
    if (await hasEnough()) return
  }
}
