import type { MetricAttributes, RecordMetrics } from '@recordkit/record-types'

/** s: upper bounds of the buckets of durations */
const buckets: readonly number[] = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30]
/** label combinations of one metric; further ones are not counted */
const maxSeries = 1000

type Kind = 'counter' | 'gauge' | 'histogram'

interface Series {
  value: number
  /** of a histogram: observations up to each bound, and their number */
  readonly counts: number[]
  count: number
}

/**
 * Metrics in the text format of Prometheus. Counters are counted, durations become histograms, and other observations gauges with their
 * last value.
 *
 * @see Prometheus "Exposition formats", text-based format
 */
export class PrometheusMetrics implements RecordMetrics {
  readonly #metrics = new Map<string, { readonly kind: Kind; readonly series: Map<string, Series> }>()

  count(name: string, attributes: MetricAttributes): void {
    const series = this.#series(`${nameOf(name)}_total`, 'counter', attributes)
    if (series !== undefined) series.value++
  }

  observe(name: string, value: number, attributes: MetricAttributes): void {
    const isDuration = name.endsWith('.duration')
    const series = this.#series(
      isDuration ? `${nameOf(name)}_seconds` : nameOf(name),
      isDuration ? 'histogram' : 'gauge',
      attributes
    )
    if (series === undefined) return
    if (!isDuration) {
      series.value = value
      return
    }
    series.value += value
    series.count++
    for (const [index, bound] of buckets.entries())
      if (value <= bound) series.counts[index] = (series.counts[index] ?? 0) + 1
  }

  /** All metrics as text. */
  text(): string {
    let text = ''
    for (const [name, { kind, series }] of this.#metrics) {
      text += `# TYPE ${name} ${kind}\n`
      for (const [labels, { value, counts, count }] of series) {
        if (kind !== 'histogram') {
          text += `${name}${braced(labels)} ${value}\n`
          continue
        }
        for (const [index, bound] of buckets.entries())
          text += `${name}_bucket${braced(labels, `le="${bound}"`)} ${counts[index] ?? 0}\n`
        text += `${name}_bucket${braced(labels, 'le="+Inf"')} ${count}\n`
        text += `${name}_sum${braced(labels)} ${value}\n${name}_count${braced(labels)} ${count}\n`
      }
    }
    return text
  }

  #series(name: string, kind: Kind, attributes: MetricAttributes): Series | undefined {
    let metric = this.#metrics.get(name)
    if (metric === undefined) this.#metrics.set(name, (metric = { kind, series: new Map() }))
    const labels = Object.entries(attributes)
      .map(([label, value]) => `${label}="${escaped(value)}"`)
      .join(',')
    let series = metric.series.get(labels)
    if (series === undefined) {
      if (metric.series.size >= maxSeries) return undefined
      metric.series.set(labels, (series = { value: 0, counts: [], count: 0 }))
    }
    return series
  }
}

function nameOf(name: string): string {
  return `recordkit_${name.replace(/\.duration$/, '_duration').replaceAll(/[^a-zA-Z0-9]/g, '_')}`
}

function braced(...labels: readonly string[]): string {
  const given = labels.filter((label) => label !== '')
  return given.length === 0 ? '' : `{${given.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
