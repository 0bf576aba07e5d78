import { BoundedMap } from '@recordkit/record-types/internal'

/** Over this time a group may add as many keys as are free: the interval at which DHT nodes republish. In hours. */
const hours = 22
/** ns */
const hour = 3_600_000_000_000
/** How many groups are remembered. One that is forgotten has its burst again. */
const maxGroups = 65_536

/**
 * Limits how fast a group of senders fills a store that is more than half full: to a twenty-second of the free entries an
 * hour, and an hour's worth at once. The rate is kept in memory.
 */
export class AdmissionRate {
  readonly #groups = new BoundedMap<string, { readonly left: number; readonly time: bigint }>(maxGroups)

  /**
   * Takes one new key from what a group may add.
   *
   * @param free - entries that are free
   * @param now - ns
   * @returns whether it may add one
   */
  take(group: string, free: number, now: bigint): boolean {
    const burst = free / hours
    const known = this.#groups.get(group)
    const passed = known === undefined ? hour : Math.max(0, Number(now - known.time))
    const left = Math.min(burst, (known?.left ?? 0) + (burst * passed) / hour)
    const isAdmitted = left >= 1
    this.#groups.set(group, { left: isAdmitted ? left - 1 : left, time: now })
    return isAdmitted
  }
}
