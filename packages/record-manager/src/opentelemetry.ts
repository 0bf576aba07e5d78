import type { RecordMetrics } from '@recordkit/record-types'

/** The part of OpenTelemetry's `Meter` that is used; the meter of every SDK fits. */
export interface Meter {
  createCounter(name: string): { add(value: number, attributes?: Record<string, string>): void }
  createHistogram(name: string): { record(value: number, attributes?: Record<string, string>): void }
}

/**
 * Metrics for a manager as instruments of an OpenTelemetry meter. An instrument is created when it is first used.
 *
 * @example
 * ```ts
 * const metrics = openTelemetryMetrics(metricsApi.getMeter('records'))
 * const manager = new RecordManager({ engine, store, metrics })
 * ```
 */
export function openTelemetryMetrics(meter: Meter): RecordMetrics {
  const counters = new Map<string, ReturnType<Meter['createCounter']>>()
  const histograms = new Map<string, ReturnType<Meter['createHistogram']>>()
  return {
    count(name, attributes) {
      let counter = counters.get(name)
      if (counter === undefined) counters.set(name, (counter = meter.createCounter(name)))
      counter.add(1, attributes)
    },
    observe(name, value, attributes) {
      let histogram = histograms.get(name)
      if (histogram === undefined) histograms.set(name, (histogram = meter.createHistogram(name)))
      histogram.record(value, attributes)
    }
  }
}
