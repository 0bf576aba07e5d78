import type { RecordMetrics } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { ReceiveResult } from './receive-result.ts'

/** What can happen to a publication, as metrics name it. */
export type PublicationOutcome = 'published' | 'failed' | 'renewed' | 'lapsed' | 'displaced' | 'dropped'

/** Runs the operations of a manager and reports their results and durations to its metrics, when there are any. */
export class ManagerMetrics {
  readonly #metrics: RecordMetrics | undefined
  readonly #engine: ValidationEngine

  constructor(metrics: RecordMetrics | undefined, engine: ValidationEngine) {
    this.#metrics = metrics
    this.#engine = engine
  }

  async get<Found>(work: () => Promise<Found | undefined>): Promise<Found | undefined> {
    return measureRead(this.#metrics, 'record.get.duration', work)
  }

  async receive(key: Uint8Array, work: () => Promise<ReceiveResult>): Promise<ReceiveResult> {
    if (this.#metrics === undefined) return work()
    const started = performance.now()
    const result = await work()
    const { status, code = 'none', equivocation } = result
    const namespace = this.#namespaceOf(key)
    this.#metrics.count('record.puts', { status, namespace, code })
    if (equivocation !== undefined) this.#metrics.count('record.equivocations', { namespace })
    this.#metrics.observe('record.put.duration', (performance.now() - started) / 1000, { namespace })
    return result
  }

  /** Counts what happened to a publication. */
  publication(key: Uint8Array, status: PublicationOutcome): void {
    this.#metrics?.count('record.publication.events', { status, namespace: this.#namespaceOf(key) })
  }

  /** Counts a read or a put of a key near which peer IDs were generated. */
  eclipse(key: Uint8Array): void {
    this.#metrics?.count('record.eclipses', { namespace: this.#namespaceOf(key) })
  }

  #namespaceOf(key: Uint8Array): string {
    const found = this.#engine.namespaceOf(key)
    // remote peers choose the unknown names: as attributes their number would be unlimited
    return 'status' in found ? 'unknown' : found.name
  }
}

/** Reports the duration of a read as that of a hit, a miss or an error. */
export async function measureRead<Found>(
  metrics: RecordMetrics | undefined,
  name: 'record.get.duration' | 'record.lookup.duration',
  work: () => Promise<Found | undefined>
): Promise<Found | undefined> {
  const started = performance.now()
  let status = 'error'
  try {
    const found = await work()
    status = found === undefined ? 'miss' : 'hit'
    return found
  } finally {
    metrics?.observe(name, (performance.now() - started) / 1000, { status })
  }
}
