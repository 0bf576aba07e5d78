import type { CounterLabels, HistogramLabels, ManagerStats } from './metrics.ts'

/** What a metric measures. */
export interface MetricDefinition<Label extends string = string> {
  /** as in UCUM: `s`, `By`, or `{what is counted}` */
  readonly unit: string
  readonly labels: readonly Label[]
  /** one sentence */
  readonly description: string
}

/** A number that can rise and fall, without labels. */
export interface GaugeDefinition extends Omit<MetricDefinition, 'labels'> {
  readonly read: (stats: ManagerStats) => number
}

/** The counters, by their names. */
export const counterDefinitions: {
  readonly [Name in keyof CounterLabels]: MetricDefinition<CounterLabels[Name]>
} = {
  'record.puts': {
    unit: '{record}',
    labels: ['status', 'namespace', 'code'],
    description: 'Records that were put here or received, by result.'
  },
  'record.publication.events': {
    unit: '{event}',
    labels: ['status', 'namespace'],
    description: 'What happened to the publications of this process.'
  },
  'record.equivocations': {
    unit: '{equivocation}',
    labels: ['namespace'],
    description: 'Pairs of different contents that one author signed under one sequence.'
  },
  'record.eclipses': {
    unit: '{lookup}',
    labels: ['namespace'],
    description: 'Reads and puts of keys near which peer IDs were generated.'
  },
  'record.lookups': {
    unit: '{lookup}',
    labels: ['source'],
    description: 'Look-ups among peers, by where the answer came from.'
  },
  'record.inbound.bans': {
    unit: '{ban}',
    labels: ['reason'],
    description: 'Peers that were banned.'
  },
  'record.inbound.resets': {
    unit: '{stream}',
    labels: ['reason'],
    description: 'Streams of peers that were reset because they exceeded a limit.'
  },
  'http.requests': {
    unit: '{request}',
    labels: ['route', 'method', 'status'],
    description: 'HTTP requests that were answered.'
  }
}

/** The histograms, by their names. */
export const histogramDefinitions: {
  readonly [Name in keyof HistogramLabels]: MetricDefinition<HistogramLabels[Name]>
} = {
  'record.get.duration': {
    unit: 's',
    labels: ['status'],
    description: 'Time of a read, from the store and from peers.'
  },
  'record.put.duration': {
    unit: 's',
    labels: ['namespace'],
    description: 'Time to verify and store a record, without copies to peers.'
  },
  'record.lookup.duration': {
    unit: 's',
    labels: ['status'],
    description: 'Time in which peers answered a look-up.'
  },
  'http.request.duration': {
    unit: 's',
    labels: ['route'],
    description: 'Time from an HTTP request to the headers of its answer.'
  }
}

/** Upper bounds of the buckets of each histogram, in seconds: reads from memory take less than a millisecond, look-ups seconds. */
export const durationBuckets: readonly number[] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** The gauges, by their names. */
export const gaugeDefinitions: Readonly<Record<string, GaugeDefinition>> = {
  'record.store.entries': {
    unit: '{record}',
    description: 'Records in the store, with expired ones that were not swept yet.',
    read: ({ store }) => store.entries
  },
  'record.store.size': {
    unit: 'By',
    description: 'Bytes of keys, values and ranks in the store.',
    read: ({ store }) => store.bytes
  },
  'record.store.marks': {
    unit: '{mark}',
    description: 'High-water marks in the store.',
    read: ({ store }) => store.marks
  },
  'record.store.publications': {
    unit: '{publication}',
    description: 'Publications in the store, of all processes that share it.',
    read: ({ store }) => store.publications
  },
  'record.publication.queue': {
    unit: '{publication}',
    description: 'Publications that wait for their next time in this process.',
    read: ({ queue }) => queue.size
  },
  'record.publication.failing': {
    unit: '{publication}',
    description: 'Publications whose last attempt failed.',
    read: ({ queue }) => queue.failing
  },
  'record.publication.lag': {
    unit: 's',
    description: 'Time by which the publication that is due first is late.',
    read: ({ queue }) => Number(queue.lag) / 1e9
  },
  'record.lookups.running': {
    unit: '{lookup}',
    description: 'Look-ups that are asking peers now.',
    read: ({ lookups }) => lookups.running
  },
  'record.lookups.cached': {
    unit: '{answer}',
    description: 'Answers of peers in the cache of look-ups.',
    read: ({ lookups }) => lookups.cached
  },
  'record.verdicts.cached': {
    unit: '{verdict}',
    description: 'Signatures whose verdict is remembered.',
    read: ({ verdicts }) => verdicts.entries
  },
  'record.watchers': { unit: '{watcher}', description: 'Callers that watch keys.', read: ({ watchers }) => watchers }
}

/**
 * The name of a metric by the conventions of Prometheus: with the unit, and `_total` for a counter.
 *
 * @example
 * ```ts
 * prometheusName('record.put.duration', 's', 'histogram') // recordkit_record_put_duration_seconds
 * ```
 * @see Prometheus "Metric and label naming"
 */
export function prometheusName(name: string, unit: string, type: 'counter' | 'gauge' | 'histogram'): string {
  const suffix = unit === 's' ? '_seconds' : unit === 'By' ? '_bytes' : ''
  return `recordkit_${name.replaceAll('.', '_')}${suffix}${type === 'counter' ? '_total' : ''}`
}
