import { systemClock } from '@recordkit/record-types'
import type { Clock, PeerId } from '@recordkit/record-types'
import {
  BoundedMap,
  checkClock,
  checkCount,
  checkDuration,
  checkNumber,
  checkOptions,
  mapKey
} from '@recordkit/record-types/internal'

/** Options of {@link PeerScores}. */
export interface PeerScoresOptions {
  /** ms in which a score halves. @default 3_600_000 (one hour) */
  readonly halfLife?: number | undefined
  /** what each result adds to the score of its sender. @default { accept: 1, ignore: 0, reject: -10 } */
  readonly weights?:
    | {
        readonly accept?: number | undefined
        readonly ignore?: number | undefined
        readonly reject?: number | undefined
      }
    | undefined
  /** maximum number of scores; the peer that was reported longest ago is removed first. @default 10_000 */
  readonly maxPeers?: number | undefined
  readonly clock?: Clock | undefined
}

interface Score {
  value: number
  /** ns */
  at: bigint
}

/** The maximum score, so that good behaviour cannot compensate for much bad behaviour later. */
const maxScore = 100

/**
 * A score per peer. The results of a peer's records change it, and it decays to 0 with time.
 *
 * @example
 * ```ts
 * const scores = new PeerScores({ halfLife: 600_000 })
 * scores.report(peerId, 'reject')
 * scores.score(peerId) // -10, and -5 after ten minutes
 * ```
 */
export class PeerScores {
  readonly #scores: BoundedMap<string, Score>
  readonly #halfLife: number
  readonly #weights: { readonly accept: number; readonly ignore: number; readonly reject: number }
  readonly #clock: Clock

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(options: PeerScoresOptions = {}) {
    checkOptions(options, { halfLife: 0, weights: 0, maxPeers: 0, clock: 0 })
    if (options.weights !== undefined) checkOptions(options.weights, { accept: 0, ignore: 0, reject: 0 }, 'weights')
    checkClock(options.clock)
    const weight = (name: 'accept' | 'ignore' | 'reject', standard: number): number =>
      checkNumber(options.weights?.[name], `weights.${name}`, standard)
    this.#halfLife = checkDuration(options.halfLife, 'halfLife', 3_600_000)
    this.#weights = { accept: weight('accept', 1), ignore: weight('ignore', 0), reject: weight('reject', -10) }
    this.#scores = new BoundedMap(checkCount(options.maxPeers, 'maxPeers', 10_000))
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

  /** Adds the weight of a result to the score of its sender. */
  report(sender: PeerId, status: 'accept' | 'ignore' | 'reject'): void {
    const value = Math.min(maxScore, this.score(sender) + this.#weights[status])
    this.#scores.set(mapKey(sender), { value, at: this.#clock() })
  }

  #decayed({ value, at }: Score): number {
    const elapsed = Number(this.#clock() - at) / 1e6
    return elapsed <= 0 ? value : value * 2 ** (-elapsed / this.#halfLife)
  }
}
