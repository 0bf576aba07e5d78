import { counterDefinitions, durationBuckets, gaugeDefinitions, histogramDefinitions } from '@recordkit/record-types'
import type { RecordMetrics } from '@recordkit/record-types'
import { sharedCall } from '@recordkit/record-types/internal'

interface InstrumentOptions {
  description?: string
  unit?: string
}

interface ObservableGauge {
  addCallback(callback: (result: { observe(value: number): void }) => void | Promise<void>): void
}

/** The part of OpenTelemetry's `Meter` that is used; the meter of every SDK fits. */
export interface Meter {
  createCounter(
    name: string,
    options?: InstrumentOptions
  ): { add(value: number, attributes?: Record<string, string>): void }
  createHistogram(
    name: string,
    options?: InstrumentOptions & { advice?: { explicitBucketBoundaries?: number[] } }
  ): { record(value: number, attributes?: Record<string, string>): void }
  createObservableGauge(name: string, options?: InstrumentOptions): ObservableGauge
}

/**
 * Metrics for a manager as instruments of an OpenTelemetry meter, with the units and names of docs/metrics.md. An instrument is created
 * when it is first used. Gauges are read when the SDK collects. Use one object for each manager.
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
      if (counter === undefined) {
        const { unit, description } = counterDefinitions[name]
        counters.set(name, (counter = meter.createCounter(name, { unit, description })))
      }
      counter.add(1, attributes)
    },
    observe(name, value, attributes) {
      let histogram = histograms.get(name)
      if (histogram === undefined) {
        const { unit, description } = histogramDefinitions[name]
        const advice = { explicitBucketBoundaries: [...durationBuckets] }
        histograms.set(name, (histogram = meter.createHistogram(name, { unit, description, advice })))
      }
      histogram.record(value, attributes)
    },
    readStats(stats) {
      const read = sharedCall(stats)
      for (const [name, { unit, description, read: valueOf }] of Object.entries(gaugeDefinitions))
        meter
          .createObservableGauge(name, { unit, description })
          .addCallback(async (result) => result.observe(valueOf(await read())))
    }
  }
}
