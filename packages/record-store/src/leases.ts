import { RecordError } from '@recordkit/record-types'
import type { Clock, MaybePromise } from '@recordkit/record-types'
import { checkDuration, fillRandom, nanosecondsOf } from '@recordkit/record-types/internal'
import type { Lease } from './store.ts'

type TakeLease = (name: string, holder: string, milliseconds: number) => MaybePromise<boolean>

/** Leases that are valid in this process, for backends that have none. */
export function localLeases(clock: Clock): TakeLease {
  const leases = new Map<string, { readonly holder: string; readonly since: bigint; readonly until: bigint }>()
  return (name, holder, milliseconds) => {
    const held = leases.get(name)
    const now = clock()
    // a clock that was set back does not extend a lease
    if (held !== undefined && held.holder !== holder && held.until > now && held.since <= now) return false
    if (milliseconds > 0) leases.set(name, { holder, since: now, until: now + nanosecondsOf(milliseconds) })
    else if (held?.holder === holder) leases.delete(name)
    return true
  }
}

/**
 * Takes a lease for a new holder.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the argument; `ALGORITHM_MISSING` without `crypto.getRandomValues`
 */
export async function takeLease(
  take: (name: string, holder: string, milliseconds: number) => Promise<boolean>,
  name: string,
  milliseconds: number
): Promise<Lease | undefined> {
  if (typeof name !== 'string' || name === '')
    throw new RecordError('INVALID_ARGUMENT', `name is ${JSON.stringify(name)}; a text that is not empty is expected`)
  if (milliseconds === undefined)
    throw new RecordError('INVALID_ARGUMENT', 'milliseconds is undefined; a number of milliseconds above 0 is expected')
  // pages that are not served by https have no randomUUID
  const holder = fillRandom(new Uint32Array(4), '').join('-')
  if (!(await take(name, holder, checkDuration(milliseconds, 'milliseconds', 0)))) return undefined
  return {
    name,
    renew: async (time) => take(name, holder, checkDuration(time, 'milliseconds', 0)),
    release: async () => {
      await take(name, holder, 0)
    }
  }
}
