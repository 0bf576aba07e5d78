import type { NetworkGetOptions, RecordEngine, VerifiedRecord } from '@recordkit/record-types'

type ImprovementOptions = Pick<NetworkGetOptions, 'signal' | 'onImproved'>

/** Reports to one caller each record that is better than its stored record and those before. */
export class Improvements {
  readonly #engine: Pick<RecordEngine, 'compare'>
  readonly #options: ImprovementOptions
  #best: VerifiedRecord | undefined
  /** what the caller threw: others share the look-up */
  #thrown: { readonly error: unknown } | undefined

  constructor(engine: Pick<RecordEngine, 'compare'>, stored: VerifiedRecord | undefined, options: ImprovementOptions) {
    this.#engine = engine
    this.#best = stored
    this.#options = options
  }

  report(record: VerifiedRecord): void {
    const { onImproved, signal } = this.#options
    if (onImproved === undefined || this.#thrown !== undefined || signal?.aborted === true) return
    if (this.#best !== undefined && this.#engine.compare(this.#best, record) >= 0) return
    this.#best = record
    try {
      onImproved(record)
    } catch (error) {
      this.#thrown = { error }
    }
  }

  /** Reports the result, and returns it. @throws what the caller threw */
  end<Result extends { readonly record: VerifiedRecord }>(found: Result | undefined): Result | undefined {
    if (found !== undefined) this.report(found.record)
    if (this.#thrown !== undefined) throw this.#thrown.error
    return found
  }
}
