import type { ReceiveResult } from '@recordkit/record-manager'
import type { PeerId } from '@recordkit/record-types'
import type { Result } from './attack.ts'
import type { House } from './house.ts'

export interface Shot {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly sender?: PeerId
}

/** What an attacker hands to a house, counted, with honest traffic in between. */
export class Assault {
  tried = 0
  gotIn = 0
  readonly codes: Map<string, number> = new Map()
  readonly #house: () => House
  readonly #every: number

  /** @param every - so many attempts between two honest operations */
  constructor(house: House | (() => House), every = 20) {
    this.#house = typeof house === 'function' ? house : () => house
    this.#every = every
  }

  /** Hands over what must not be taken. */
  async fire(shot: Shot): Promise<ReceiveResult['status']> {
    return this.attempt(shot, () => false)
  }

  /** Hands over what may be taken where `allowed` says so of the outcome. */
  async attempt({ key, value, sender }: Shot, allowed: (outcome: ReceiveResult) => boolean): Promise<ReceiveResult['status']> {
    if (this.tried++ % this.#every === 0) await this.#house().honest.once()
    const outcome = await this.#house().manager.receive(key, value, sender === undefined ? {} : { sender })
    const taken = outcome.status === 'stored' || outcome.status === 'refreshed'
    if (taken && !allowed(outcome)) this.gotIn++
    const code = outcome.code ?? outcome.status
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1)
    return outcome.status
  }

  /** The result so far, after a last look at all that honest traffic left. */
  async result(rest: Partial<Result> = {}): Promise<Result> {
    const house = this.#house()
    await house.honest.readAll()
    return { tried: this.tried, gotIn: this.gotIn, honest: house.honest, attacked: house, ...rest }
  }
}
