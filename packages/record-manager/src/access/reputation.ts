import { hour, mapKey, systemClock } from '@recordkit/record-types'
import type { Clock, PeerId } from '@recordkit/record-types'

export interface ReputationOptions {
  /** ns in which a score loses half of its weight; 1 hour when absent */
  readonly halfLife?: bigint
  /** what a verdict adds to its sender's score */
  readonly weights?: { readonly accept?: number; readonly ignore?: number; readonly reject?: number }
  /** peers remembered at the most; the one not heard of longest is forgotten first */
  readonly maxPeers?: number
  readonly clock?: Clock
}

interface Score {
  value: number
  /** ns */
  at: bigint
}

/** A score for every sender, fed by verdicts and decaying with time: what was long ago counts less. */
export class Reputation {
  readonly #scores = new Map<string, Score>()
  readonly #halfLife: number
  readonly #weights: { readonly accept: number; readonly ignore: number; readonly reject: number }
  readonly #maxPeers: number
  readonly #clock: Clock

  constructor(options: ReputationOptions = {}) {
    this.#halfLife = Number(options.halfLife ?? hour)
    this.#weights = { accept: 1, ignore: -0.1, reject: -10, ...options.weights }
    this.#maxPeers = options.maxPeers ?? 10_000
    this.#clock = options.clock ?? systemClock
  }

  /** 0 for a stranger; at most 100, so that no store of good deeds buys many bad ones. */
  score(sender: PeerId): number {
    const score = this.#scores.get(mapKey(sender))
    return score === undefined ? 0 : this.#now(score)
  }

  report(sender: PeerId, verdict: 'accept' | 'ignore' | 'reject'): void {
    const name = mapKey(sender)
    const known = this.#scores.get(name)
    const value = Math.min(100, (known === undefined ? 0 : this.#now(known)) + this.#weights[verdict])
    this.#scores.delete(name)
    this.#scores.set(name, { value, at: this.#clock() })
    if (this.#scores.size > this.#maxPeers)
      for (const oldest of this.#scores.keys()) if (this.#scores.delete(oldest)) break
  }

  /** Peers remembered. */
  get size(): number {
    return this.#scores.size
  }

  #now({ value, at }: Score): number {
    const elapsed = Number(this.#clock() - at)
    return elapsed <= 0 ? value : value * 2 ** (-elapsed / this.#halfLife)
  }
}
