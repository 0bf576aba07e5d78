import type { RecordMetrics, RecordStore } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { Outcome } from './outcome.ts'

/** Runs what a manager does and tells its metrics, where it has any, how it went and how long it took. */
export class Measures {
  readonly #metrics: RecordMetrics | undefined
  readonly #engine: ValidationEngine

  constructor(metrics: RecordMetrics | undefined, engine: ValidationEngine) {
    this.#metrics = metrics
    this.#engine = engine
  }

  async get<Found>(work: () => Promise<Found | undefined>): Promise<Found | undefined> {
    const started = performance.now()
    let outcome = 'error'
    try {
      const found = await work()
      outcome = found === undefined ? 'miss' : 'hit'
      return found
    } finally {
      this.#metrics?.count('record.get', { outcome })
      this.#metrics?.observe('record.get.duration', (performance.now() - started) / 1000, { outcome })
    }
  }

  async take(key: Uint8Array, work: () => Promise<Outcome>): Promise<Outcome> {
    if (this.#metrics === undefined) return work()
    const started = performance.now()
    const result = await work()
    const { outcome, code } = result
    const found = this.#engine.namespaceOf(key)
    // names that strangers make up are no attribute: there is no end of them
    const namespace = 'verdict' in found ? 'unknown' : found.name
    this.#metrics.count('record.put', { outcome, namespace, ...(code === undefined ? {} : { code }) })
    this.#metrics.observe('record.take.duration', (performance.now() - started) / 1000, { namespace })
    return result
  }

  async sweep(store: RecordStore): Promise<void> {
    await store.sweep()
    const { entries, bytes, marks } = await store.stats()
    this.#metrics?.observe('record.store.entries', entries, {})
    this.#metrics?.observe('record.store.bytes', bytes, {})
    this.#metrics?.observe('record.store.marks', marks, {})
  }
}
