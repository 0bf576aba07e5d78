import {
  counterDefinitions,
  durationBuckets,
  gaugeDefinitions,
  histogramDefinitions,
  prometheusName
} from '@recordkit/record-types'
import type { RecordMetrics } from '@recordkit/record-types'
import { checkPart, sharedCall } from '@recordkit/record-types/internal'

interface GroupOptions {
  label?: string
  help?: string
}

interface HistogramOptions extends GroupOptions {
  buckets?: number[]
}

/** The part of libp2p's `Metrics` that is used. */
export interface Libp2pMetrics {
  registerMetric(name: string, options: { help?: string; calculate: () => Promise<number> }): void
  registerCounterGroup(
    name: string,
    options?: GroupOptions
  ): { increment(values: Readonly<Record<string, number>>): void }
  registerHistogramGroup(
    name: string,
    options?: HistogramOptions
  ): { observe(values: Readonly<Record<string, number>>): void }
}

/**
 * Reports the metrics of a manager to libp2p, with the names of docs/metrics.md. libp2p's groups have one label each, so that a counter
 * with several labels becomes one group for each of them: `recordkit_record_puts_by_status_total{status}`,
 * `recordkit_record_puts_by_namespace_total{namespace}`, … Gauges are read when libp2p collects. Use one object for each manager.
 *
 * @throws RecordError `INVALID_ARGUMENT` for something else than metrics
 * @example
 * ```ts
 * const manager = new RecordManager({ engine, store, metrics: libp2pMetrics(libp2p.metrics) })
 * ```
 */
export function libp2pMetrics(metrics: Libp2pMetrics): RecordMetrics {
  checkPart(
    metrics,
    'metrics',
    ['registerCounterGroup', 'registerHistogramGroup', 'registerMetric'],
    'the metrics of a node, `libp2p.metrics`, which it has when the option `metrics` is passed to `createLibp2p`,'
  )
  const counters = new Map<string, ReturnType<Libp2pMetrics['registerCounterGroup']>>()
  const histograms = new Map<string, ReturnType<Libp2pMetrics['registerHistogramGroup']>>()
  return {
    count(name, attributes) {
      const { unit, description } = counterDefinitions[name]
      const labels = Object.entries<string>(attributes)
      for (const [label, value] of labels) {
        const full = prometheusName(labels.length === 1 ? name : `${name}_by_${label}`, unit, 'counter')
        let group = counters.get(full)
        if (group === undefined)
          counters.set(full, (group = metrics.registerCounterGroup(full, { label, help: description })))
        group.increment({ [value]: 1 })
      }
    },
    observe(name, value, attributes) {
      let group = histograms.get(name)
      if (group === undefined) {
        const { unit, labels, description } = histogramDefinitions[name]
        const options = { label: labels[0] as string, help: description, buckets: [...durationBuckets] }
        group = metrics.registerHistogramGroup(prometheusName(name, unit, 'histogram'), options)
        histograms.set(name, group)
      }
      for (const label of Object.values<string>(attributes)) group.observe({ [label]: value })
    },
    readStats(stats) {
      const read = sharedCall(stats)
      for (const [name, { unit, description, read: valueOf }] of Object.entries(gaugeDefinitions))
        metrics.registerMetric(prometheusName(name, unit, 'gauge'), {
          help: description,
          calculate: async () => valueOf(await read())
        })
    }
  }
}
