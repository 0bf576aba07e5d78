import {
  counterDefinitions,
  durationBuckets,
  gaugeDefinitions,
  histogramDefinitions,
  prometheusName
} from '@recordkit/record-types'
import type { CounterLabels, HistogramLabels, ManagerStats, RecordMetrics } from '@recordkit/record-types'

/** label combinations of one metric; further ones are not counted */
const maxSeries = 1000

/** A number that is read when metrics are collected, and has no labels but fixed ones. */
export interface CollectedMetric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly description: string
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly read: () => number
}

interface Histogram {
  sum: number
  /** observations up to each bound, and all */
  readonly counts: number[]
  count: number
}

/**
 * Metrics in the text format of Prometheus.
 *
 * @see Prometheus "Exposition formats", text-based format
 */
export class PrometheusMetrics implements RecordMetrics {
  readonly #counters = new Map<keyof CounterLabels, Map<string, number>>()
  readonly #histograms = new Map<keyof HistogramLabels, Map<string, Histogram>>()
  #stats: (() => Promise<ManagerStats>) | undefined

  count(name: keyof CounterLabels, attributes: Readonly<Record<string, string>>): void {
    const series = seriesOf(this.#counters, name)
    const labels = labelsText(attributes)
    if (series.has(labels) || series.size < maxSeries) series.set(labels, (series.get(labels) ?? 0) + 1)
  }

  observe(name: keyof HistogramLabels, value: number, attributes: Readonly<Record<string, string>>): void {
    const series = seriesOf(this.#histograms, name)
    const labels = labelsText(attributes)
    let histogram = series.get(labels)
    if (histogram === undefined) {
      if (series.size >= maxSeries) return
      series.set(labels, (histogram = { sum: 0, counts: durationBuckets.map(() => 0), count: 0 }))
    }
    histogram.sum += value
    histogram.count++
    for (const [index, bound] of durationBuckets.entries())
      if (value <= bound) histogram.counts[index] = (histogram.counts[index] as number) + 1
  }

  readStats(stats: () => Promise<ManagerStats>): void {
    this.#stats = stats
  }

  /** All metrics as text. @throws the error of the store */
  async text(collected: readonly CollectedMetric[] = []): Promise<string> {
    let text = ''
    for (const [name, series] of this.#counters) {
      const { unit, description } = counterDefinitions[name]
      const full = prometheusName(name, unit, 'counter')
      text += header(full, 'counter', description)
      for (const [labels, value] of series) text += `${full}${braced(labels)} ${value}\n`
    }
    for (const [name, series] of this.#histograms) {
      const { unit, description } = histogramDefinitions[name]
      const full = prometheusName(name, unit, 'histogram')
      text += header(full, 'histogram', description)
      for (const [labels, histogram] of series) text += histogramText(full, labels, histogram)
    }
    const stats = await this.#stats?.()
    if (stats !== undefined) {
      for (const [name, { unit, description, read }] of Object.entries(gaugeDefinitions)) {
        const full = prometheusName(name, unit, 'gauge')
        text += `${header(full, 'gauge', description)}${full} ${read(stats)}\n`
      }
    }
    for (const { name, type, description, labels = {}, read } of collected)
      text += `${header(name, type, description)}${name}${braced(labelsText(labels))} ${read()}\n`
    return text
  }
}

function seriesOf<Name, Value>(metrics: Map<Name, Map<string, Value>>, name: Name): Map<string, Value> {
  let series = metrics.get(name)
  if (series === undefined) metrics.set(name, (series = new Map()))
  return series
}

function histogramText(name: string, labels: string, { sum, counts, count }: Histogram): string {
  const buckets = durationBuckets.map(
    (bound, index) => `${name}_bucket${braced(labels, `le="${bound}"`)} ${counts[index]}\n`
  )
  const rest = `${name}_bucket${braced(labels, 'le="+Inf"')} ${count}\n`
  return `${buckets.join('')}${rest}${name}_sum${braced(labels)} ${sum}\n${name}_count${braced(labels)} ${count}\n`
}

function header(name: string, type: string, description: string): string {
  return `# HELP ${name} ${description}\n# TYPE ${name} ${type}\n`
}

function labelsText(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([label, value]) => `${label}="${escaped(value)}"`)
    .join(',')
}

function braced(...labels: string[]): string {
  const text = labels.filter((label) => label !== '').join(',')
  return text === '' ? '' : `{${text}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
