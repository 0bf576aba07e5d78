/** The labels of each counter. Each label has few distinct values, whatever remote peers send. */
export interface CounterLabels {
  'record.puts': 'status' | 'namespace' | 'code'
  'record.publication.events': 'status' | 'namespace'
  'record.equivocations': 'namespace'
  'record.eclipses': 'namespace'
  'record.lookups': 'source'
  'record.inbound.bans': 'reason'
  'record.inbound.resets': 'reason'
  'http.requests': 'route' | 'method' | 'status'
}

/** The labels of each histogram. */
export interface HistogramLabels {
  'record.get.duration': 'status'
  'record.put.duration': 'namespace'
  'record.lookup.duration': 'status'
  'http.request.duration': 'route'
}

/** Labels of a measurement, and their values. */
export type MetricAttributes<Label extends string = string> = Readonly<Record<Label, string>>

/**
 * Receives measurements. `counterDefinitions`, `histogramDefinitions` and `gaugeDefinitions` contain the unit, the labels and the
 * meaning of each name; docs/metrics.md explains them.
 *
 * @example
 * ```ts
 * const metrics: RecordMetrics = { count: (name, labels) => console.log(name, labels), observe: () => {} }
 * ```
 */
export interface RecordMetrics {
  /** Adds one to a counter. */
  count<Name extends keyof CounterLabels>(name: Name, attributes: MetricAttributes<CounterLabels[Name]>): void
  /** Adds one value to a histogram. */
  observe<Name extends keyof HistogramLabels>(
    name: Name,
    value: number,
    attributes: MetricAttributes<HistogramLabels[Name]>
  ): void
  /**
   * Receives, once, the function that returns the numbers of the present moment. Call it whenever metrics are collected:
   * `gaugeDefinitions` says which gauge is which number.
   */
  readStats?(stats: () => Promise<ManagerStats>): void
}

/** Numbers that describe the present state of a manager. */
export interface ManagerStats {
  readonly store: {
    readonly entries: number
    readonly bytes: number
    readonly marks: number
    readonly publications: number
  }
  /** cached verdicts on signatures */
  readonly verdicts: { readonly entries: number; readonly hits: number; readonly misses: number }
  readonly lookups: { readonly running: number; readonly cached: number }
  readonly watchers: number
  /** the records that this process republishes: their number, those whose last publication failed, and ns by which the first is late */
  readonly queue: { readonly size: number; readonly failing: number; readonly lag: bigint }
}
