import { copyBytes } from '@recordkit/record-types'
import { isBytes, isLocalDecision, ownCopy, ownRecord } from '@recordkit/record-types/internal'
import type { ValidationEngine } from '@recordkit/record-validators'
import { checkReceiveOptions } from './check-options.ts'
import type { ClockCheck } from './clock-check.ts'
import type { ManagerEvents } from './events.ts'
import type { ReceiveOptions } from './manager-options.ts'
import type { ManagerMetrics } from './metrics.ts'
import type { PublicationQueue } from './publication-queue.ts'
import type { ReceiveResult } from './receive-result.ts'
import type { Origin, RecordPipeline } from './record-pipeline.ts'
import type { Replicator } from './replication.ts'
import type { SharedWatchers } from './shared-watchers.ts'

interface ReceiverOptions {
  readonly engine: ValidationEngine
  readonly pipeline: RecordPipeline
  readonly network: Replicator | undefined
  readonly events: ManagerEvents
  readonly metrics: ManagerMetrics
  readonly watchers: SharedWatchers
  readonly clockCheck: ClockCheck
  /** the queue passes records to this receiver, so it is made later */
  readonly publications: () => PublicationQueue
}

/** Passes records from every source through the pipeline, and notifies everything that observes the result. */
export class RecordReceiver {
  readonly #options: ReceiverOptions

  constructor(options: ReceiverOptions) {
    this.#options = options
  }

  /** Receives a record from a peer or another source; see `RecordManager.receive`. */
  async receive(receivedKey: Uint8Array, value: Uint8Array, options: ReceiveOptions): Promise<ReceiveResult> {
    checkReceiveOptions(options)
    const { engine, events, network } = this.#options
    const key = isBytes(receivedKey) ? copyBytes(receivedKey) : receivedKey
    const sender = options.sender && copyBytes(options.sender)
    const group = options.group && copyBytes(options.group)
    const result = await this.process(key, value, { sender, group, signal: options.signal })
    if (result.status !== 'stored' && result.status !== 'refreshed')
      events.dispatch('record:refused', { key, result }, ({ key: refused, result: { record, ...rest } }) => ({
        key: copyBytes(refused),
        result: { ...ownCopy(rest), ...(record === undefined ? {} : { record: ownRecord(record) }) }
      }))
    // not after other results: a peer that sends anything would make every get ask the network
    if (result.status === 'stored') network?.lookups.forget(key)
    if (sender !== undefined && !isLocalDecision(result.code)) engine.access?.report?.(sender, reportedStatus(result))
    return result
  }

  /** Passes a record through the pipeline, and notifies watchers and listeners. */
  async process(key: Uint8Array, value: Uint8Array, origin: Origin): Promise<ReceiveResult> {
    const { engine, pipeline, metrics, events, network, watchers, clockCheck } = this.#options
    const result = await metrics.receive(key, () => pipeline.process(key, value, origin))
    const { status, record, equivocation } = result
    if (equivocation !== undefined) events.dispatch('record:equivocation', equivocation)
    if (record !== undefined && (status === 'stored' || status === 'refreshed')) {
      clockCheck.stored()
      const view = pipeline.view(record)
      if (status === 'stored') {
        // peers of other implementations keep what they receive last
        network?.endBackground(key)
        watchers.notify(view, engine.rank(record))
      }
      events.dispatch('record:stored', view)
      // the queue finds it too, when the store fails now
      if (result.replacedAuthor !== undefined)
        await this.#options
          .publications()
          .authorChanged(view, result.replaced)
          .catch(() => {})
    }
    return result
  }
}

/** The status that is reported to access control, which scores the sender by it. */
function reportedStatus({ status }: ReceiveResult): 'accept' | 'ignore' | 'reject' {
  if (status === 'rejected') return 'reject'
  return status === 'stored' || status === 'refreshed' ? 'accept' : 'ignore'
}
