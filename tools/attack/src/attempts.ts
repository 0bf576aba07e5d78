import type { ReceiveResult } from '@recordkit/record-manager'
import type { PeerId } from '@recordkit/record-types'
import type { Result } from './attack.ts'
import type { TestManager } from './test-manager.ts'

/** A value that an attacker sends for a key. */
export interface Message {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly sender?: PeerId
}

/** Sends an attacker's messages to a manager and counts the results, with honest traffic in between. */
export class Attempts {
  tried = 0
  accepted = 0
  readonly codes: Map<string, number> = new Map()
  readonly #target: () => TestManager
  readonly #every: number

  /** @param every - number of attempts between two honest operations */
  constructor(target: TestManager | (() => TestManager), every = 20) {
    this.#target = typeof target === 'function' ? target : () => target
    this.#every = every
  }

  /**
   * Sends a message and counts it as `accepted` when it is stored or refreshed.
   *
   * @param allowed - returns true for a result that is not counted; by default every message must be refused
   */
  async send(
    { key, value, sender }: Message,
    allowed: (result: ReceiveResult) => boolean = () => false
  ): Promise<ReceiveResult['status']> {
    if (this.tried++ % this.#every === 0) await this.#target().honest.once()
    const result = await this.#target().manager.receive(key, value, { sender })
    const accepted = result.status === 'stored' || result.status === 'refreshed'
    if (accepted && !allowed(result)) this.accepted++
    const code = result.code ?? result.status
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1)
    return result.status
  }

  /** Returns the result so far, after honest traffic has read everything it stored. */
  async result(rest: Partial<Result> = {}): Promise<Result> {
    const target = this.#target()
    await target.honest.readAll()
    return { tried: this.tried, accepted: this.accepted, honest: target.honest, attacked: target, ...rest }
  }
}
