import type { MetricAttributes, RecordMetrics } from '@recordkit/record-types'

/** The part of libp2p's `Metrics` that is used. */
export interface Libp2pMetrics {
  registerCounterGroup(
    name: string,
    options?: { label?: string | undefined }
  ): { increment(values: Record<string, number>): void }
  registerHistogramGroup(
    name: string,
    options?: { label?: string | undefined }
  ): { observe(values: Record<string, number>): void }
}

/**
 * Reports the metrics of a manager to libp2p. Each metric is a group that is registered at its first use: `record.put` becomes
 * the counter group `recordkit_record_put`, labelled with the values of its attributes.
 *
 * @example
 * ```ts
 * const manager = new RecordManager({ engine, store, metrics: libp2pMetrics(libp2p.metrics) })
 * ```
 */
export function libp2pMetrics(metrics: Libp2pMetrics): RecordMetrics {
  const counters = new Map<string, ReturnType<Libp2pMetrics['registerCounterGroup']>>()
  const histograms = new Map<string, ReturnType<Libp2pMetrics['registerHistogramGroup']>>()
  return {
    count(name, attributes) {
      let group = counters.get(name)
      if (group === undefined) counters.set(name, (group = metrics.registerCounterGroup(nameOf(name), { label: 'of' })))
      group.increment({ [labelOf(attributes)]: 1 })
    },
    observe(name, value, attributes) {
      let group = histograms.get(name)
      if (group === undefined)
        histograms.set(name, (group = metrics.registerHistogramGroup(nameOf(name), { label: 'of' })))
      group.observe({ [labelOf(attributes)]: value })
    }
  }
}

function nameOf(name: string): string {
  return `recordkit_${name.replaceAll('.', '_')}`
}

function labelOf(attributes: MetricAttributes): string {
  return Object.values(attributes).join(' ') || 'all'
}
