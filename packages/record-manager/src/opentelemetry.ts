import type { RecordMetrics } from '@recordkit/record-types'

/** What is used of OpenTelemetry's `Meter`; every SDK's fits. */
export interface Meter {
  createCounter(name: string): { add(value: number, attributes?: Record<string, string>): void }
  createHistogram(name: string): { record(value: number, attributes?: Record<string, string>): void }
}

/** Metrics as instruments of an OpenTelemetry meter, each made when it is first used. */
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
