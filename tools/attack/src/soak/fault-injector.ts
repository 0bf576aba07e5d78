import type { Fleet } from './fleet.ts'
import { contentOf } from './ledger.ts'
import type { Ledger } from './ledger.ts'

/** ms */
export const lifetimes = { live: 120_000, short: 20_000, old: 900_000, republish: 20_000 }
/** ms after which an expired record must have gone from every disk: a sweep is every 5 s */
const grace = 15_000
/** Nodes that are never killed: their memory is what is looked at. */
export const steady = 2

export interface Happenings {
  kills: number
  cuts: number
  strikes: number
  answered: number
}

/** What happens to the fleet for as long as a soak lasts. Failures of what was asked of a node that is killed are no concern. */
export class FaultInjector {
  readonly happenings: Happenings = { kills: 0, cuts: 0, strikes: 0, answered: 0 }
  readonly #fleet: Fleet
  readonly #ledger: Ledger
  readonly #going: () => boolean
  #deaths = 0

  constructor(fleet: Fleet, ledger: Ledger, going: () => boolean) {
    this.#fleet = fleet
    this.#ledger = ledger
    this.#going = going
  }

  /** All of it at once, until the time is up. */
  async run(): Promise<void> {
    await Promise.all([this.#traffic(), this.#traffic(), this.#churn(), this.#cuts(), this.#attacks()])
  }

  async #traffic(): Promise<void> {
    while (this.#going()) {
      const choice = Math.random()
      const work = choice < 0.5 ? this.#rewrite() : choice < 0.9 ? this.#read() : this.#letDie()
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

  /** Two records under one key, the first for long, the second for a short while; the owner lets go, attackers have the first. */
  async #letDie(): Promise<void> {
    const owner = randomOf(this.#fleet.running)
    const node = this.#fleet.node(owner)
    if (node === undefined) return
    const name = `dead${this.#deaths++}`
    const first = await node.put(name, 'first', lifetimes.old)
    const second = await node.put(name, 'second', lifetimes.short)
    await node.forget(name)
    const holders = second.holders.map((id) => this.#fleet.indexOf(id)).filter((index) => index >= 0)
    this.#ledger.dead.push({
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
      const victims = this.#fleet.running.filter((index) => index >= steady)
      const victim = randomOf(victims)
      await this.#fleet.kill(victim)
      this.happenings.kills++
      await wait(500 + Math.random() * 5_000)
      await this.#fleet.restart(victim)
    }
  }

  async #cuts(): Promise<void> {
    while (this.#going()) {
      await wait(25_000)
      if (!this.#going()) return
      const half = Array.from({ length: this.#fleet.size }, (_, index) => index).filter((index) => index % 2 === 0)
      await this.#fleet.cut(half)
      this.happenings.cuts++
      await wait(8_000)
      await this.#fleet.heal()
    }
  }

  async #attacks(): Promise<void> {
    while (this.#going()) {
      const struck = await this.#fleet.attackers?.strike(20).catch(() => undefined)
      this.happenings.strikes += struck?.tried ?? 0
      this.happenings.answered += struck?.answered ?? 0
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
