import type { Fleet } from './fleet.ts'
import { contentOf } from './ledger.ts'
import type { Ledger } from './ledger.ts'

/** ms */
export const lifetimes = { live: 120_000, short: 20_000, long: 900_000, republish: 20_000 }
/** ms after which an expired record must be gone from every disk; nodes sweep every 5 s */
const grace = 15_000
/** Number of nodes that are never killed: their memory is measured. */
export const steadyNodes = 2

export interface Faults {
  kills: number
  partitions: number
  attacks: number
  answered: number
}

/** Injects faults into the fleet during a soak, among traffic. Calls to a node that is killed may fail. */
export class FaultInjector {
  readonly faults: Faults = { kills: 0, partitions: 0, attacks: 0, answered: 0 }
  readonly #fleet: Fleet
  readonly #ledger: Ledger
  readonly #going: () => boolean
  #expiring = 0

  constructor(fleet: Fleet, ledger: Ledger, going: () => boolean) {
    this.#fleet = fleet
    this.#ledger = ledger
    this.#going = going
  }

  /** Runs traffic and all faults concurrently until the time is up. */
  async run(): Promise<void> {
    await Promise.all([this.#traffic(), this.#traffic(), this.#churn(), this.#partitions(), this.#attacks()])
  }

  async #traffic(): Promise<void> {
    while (this.#going()) {
      const choice = Math.random()
      const work = choice < 0.5 ? this.#rewrite() : choice < 0.9 ? this.#read() : this.#expire()
      await work.catch(() => undefined)
      await wait(100)
    }
  }

  async #rewrite(): Promise<void> {
    const entry = randomOf(this.#ledger.live)
    const node = this.#fleet.node(entry.owner)
    if (node === undefined) return
    const number = ++entry.tried
    try {
      const put = await node.put(entry.name, contentOf(entry, number), lifetimes.live)
      this.#ledger.acknowledge(entry, number, put)
      if (Math.random() < 0.2) await this.#fleet.attackers?.replay(put.key, put.value)
    } catch (error) {
      this.#ledger.refusedPuts++
      throw error
    }
  }

  async #read(): Promise<void> {
    const entry = randomOf(this.#ledger.live)
    const reader = this.#fleet.node(randomOf(this.#fleet.running))
    if (entry.key === '' || reader === undefined) return
    const before = entry.acknowledged
    this.#ledger.read(entry, before, await reader.get(entry.key))
  }

  /** Puts a long-lived record and a newer short-lived one under a key, which is then deleted. Attackers know the first. */
  async #expire(): Promise<void> {
    const owner = randomOf(this.#fleet.running)
    const node = this.#fleet.node(owner)
    if (node === undefined) return
    const name = `expired${this.#expiring++}`
    const first = await node.put(name, 'first', lifetimes.long)
    const second = await node.put(name, 'second', lifetimes.short)
    await node.delete(name)
    const holders = second.holders.map((id) => this.#fleet.indexOf(id)).filter((index) => index >= 0)
    this.#ledger.expired.push({
      owner,
      key: second.key,
      sequence: BigInt(second.sequence),
      gone: Date.now() + lifetimes.short + grace,
      holders: [...new Set([owner, ...holders])]
    })
    await this.#fleet.attackers?.replay(first.key, first.value)
  }

  async #churn(): Promise<void> {
    while (this.#going()) {
      await wait(4_000 + Math.random() * 6_000)
      if (!this.#going()) return
      const victims = this.#fleet.running.filter((index) => index >= steadyNodes)
      const victim = randomOf(victims)
      await this.#fleet.kill(victim)
      this.faults.kills++
      await wait(500 + Math.random() * 5_000)
      await this.#fleet.restart(victim)
    }
  }

  async #partitions(): Promise<void> {
    while (this.#going()) {
      await wait(25_000)
      if (!this.#going()) return
      const half = Array.from({ length: this.#fleet.size }, (_, index) => index).filter((index) => index % 2 === 0)
      await this.#fleet.partition(half)
      this.faults.partitions++
      await wait(8_000)
      await this.#fleet.heal()
    }
  }

  async #attacks(): Promise<void> {
    while (this.#going()) {
      const result = await this.#fleet.attackers?.attack(20).catch(() => undefined)
      this.faults.attacks += result?.tried ?? 0
      this.faults.answered += result?.answered ?? 0
      await wait(250)
    }
  }
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}

function randomOf<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)] as Item
}
