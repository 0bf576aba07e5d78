/** Labels of a measurement. Each has few distinct values. */
export type MetricAttributes = Readonly<Record<string, string>>

/**
 * Receives measurements. Names follow the conventions of OpenTelemetry: `record.put` counts `{ status, namespace, code }`,
 * `record.get` counts `{ status }`, `record.receive.duration` and `record.get.duration` are in seconds, and
 * `record.store.entries`, `record.store.bytes` and `record.store.marks` are measured at each sweep.
 */
export interface RecordMetrics {
  /** Adds one to a counter. */
  count(name: string, attributes: MetricAttributes): void
  /** Adds one value to a histogram or gauge. */
  observe(name: string, value: number, attributes: MetricAttributes): void
}
