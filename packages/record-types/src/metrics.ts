/** What a measured thing is broken down by; few values each. */
export type MetricAttributes = Readonly<Record<string, string>>

/**
 * Where figures go. Names follow OpenTelemetry's habit: `record.put` counts `{ outcome, namespace, code }`, `record.get`
 * counts `{ status }`, `record.take.duration` and `record.get.duration` are in seconds, `record.store.entries`,
 * `record.store.bytes` and `record.store.marks` are as they are at each sweep.
 */
export interface RecordMetrics {
  /** one more of these */
  count(name: string, attributes: MetricAttributes): void
  /** one value measured */
  observe(name: string, value: number, attributes: MetricAttributes): void
}
