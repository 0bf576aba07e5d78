import { logEvents } from '@recordkit/record-manager'
import type { EventLogger, RecordManager } from '@recordkit/record-manager'
import { openTelemetryMetrics } from '@recordkit/record-manager/opentelemetry'
import type { Meter } from '@recordkit/record-manager/opentelemetry'
import { createRecordManager } from '@recordkit/record-manager/quick'

/** Writes what happens to records to the logger of a node, `libp2p.logger`. */
export function logRecords(manager: RecordManager, logger: { forComponent(name: string): EventLogger }): void {
  logEvents(manager.events, logger.forComponent('records'))
}

/** Calls `alarm` when a record of ours may disappear from the network. */
export function watchPublications(manager: RecordManager, alarm: (text: string) => void): void {
  manager.events.addEventListener('record:lapsed', () => alarm('a published record has expired'))
  manager.events.addEventListener('record:displaced', () => alarm('another author has replaced a record'))
  manager.events.addEventListener('record:equivocation', () =>
    alarm('two contents have one sequence: is a key copied?')
  )
}

/** @param meter - of an OpenTelemetry SDK: `metrics.getMeter('records')` */
export async function createMeasuredManager(meter: Meter): Promise<RecordManager> {
  return createRecordManager({ metrics: openTelemetryMetrics(meter) })
}
