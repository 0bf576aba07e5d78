import type { Clock, MaybePromise } from '@recordkit/record-types'
import { nanosecondsOf } from '@recordkit/record-types/internal'
import type { Lease } from './store.ts'

type TakeLease = (name: string, holder: string, milliseconds: number) => MaybePromise<boolean>

/** Leases that are valid in this process, for backends that have none. */
export function localLeases(clock: Clock): TakeLease {
  const leases = new Map<string, { readonly holder: string; readonly until: bigint }>()
  return (name, holder, milliseconds) => {
    const held = leases.get(name)
    if (held !== undefined && held.holder !== holder && held.until > clock()) return false
    if (milliseconds > 0) leases.set(name, { holder, until: clock() + nanosecondsOf(milliseconds) })
    else if (held?.holder === holder) leases.delete(name)
    return true
  }
}

/** Takes a lease for a new holder. */
export async function takeLease(
  take: (name: string, holder: string, milliseconds: number) => Promise<boolean>,
  name: string,
  milliseconds: number
): Promise<Lease | undefined> {
  const holder = crypto.randomUUID()
  if (!(await take(name, holder, milliseconds))) return undefined
  return {
    name,
    renew: (time) => take(name, holder, time),
    release: async () => {
      await take(name, holder, 0)
    }
  }
}
