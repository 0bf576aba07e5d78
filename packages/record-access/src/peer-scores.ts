import { systemClock } from '@recordkit/record-types'
import type { Clock, PeerId } from '@recordkit/record-types'
import { BoundedMap, mapKey } from '@recordkit/record-types/internal'

export interface PeerScoresOptions {
  /** ms in which a score halves. @default 3_600_000 (one hour) */
  readonly halfLife?: number | undefined
  /** what each result adds to its sender's score. @default { accept: 1, ignore: -0.1, reject: -10 } */
  readonly weights?:
    | {
        readonly accept?: number | undefined
        readonly ignore?: number | undefined
        readonly reject?: number | undefined
      }
    | undefined
  /** The peer that was reported longest ago is removed first. @default 10_000 */
  readonly maxPeers?: number | undefined
  readonly clock?: Clock | undefined
}

interface Score {
  value: number
  /** ns */
  at: bigint
}

/** No score rises above this: good behaviour cannot pay for much bad behaviour later. */
const maxScore = 100

/** A score per sender that the results of its records change and that decays with time. */
export class PeerScores {
  readonly #scores: BoundedMap<string, Score>
  readonly #halfLife: number
  readonly #weights: { readonly accept: number; readonly ignore: number; readonly reject: number }
  readonly #clock: Clock

  constructor(options: PeerScoresOptions = {}) {
    const { halfLife = 3_600_000, weights: { accept = 1, ignore = -0.1, reject = -10 } = {} } = options
    this.#halfLife = halfLife
    this.#weights = { accept, ignore, reject }
    this.#scores = new BoundedMap(options.maxPeers ?? 10_000)
    this.#clock = options.clock ?? systemClock
  }

  /** Number of peers with a score. */
  get size(): number {
    return this.#scores.size
  }

  /** The score of a peer: 0 for an unknown one, at most 100. */
  score(sender: PeerId): number {
    const score = this.#scores.get(mapKey(sender))
    return score === undefined ? 0 : this.#decayed(score)
  }

  report(sender: PeerId, status: 'accept' | 'ignore' | 'reject'): void {
    const value = Math.min(maxScore, this.score(sender) + this.#weights[status])
    this.#scores.set(mapKey(sender), { value, at: this.#clock() })
  }

  #decayed({ value, at }: Score): number {
    const elapsed = Number(this.#clock() - at) / 1e6
    return elapsed <= 0 ? value : value * 2 ** (-elapsed / this.#halfLife)
  }
}
