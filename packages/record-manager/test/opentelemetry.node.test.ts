import { metrics as metricsApi } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader
} from '@opentelemetry/sdk-metrics'
import { joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { publishIpns } from '@recordkit/record-manager/ipns'
import { RecordManager } from '@recordkit/record-manager'
import { openTelemetryMetrics } from '@recordkit/record-manager/opentelemetry'
import { durationBuckets, gaugeDefinitions } from '@recordkit/record-types'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'

test('the SDK of OpenTelemetry exports counters with attributes, histograms in seconds, and gauges of the moment', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(8))
  // the API package gives the meter of whichever SDK is registered
  metricsApi.setGlobalMeterProvider(provider)
  const manager = new RecordManager({
    engine: new ValidationEngine([ipns()]),
    store: new MemoryRecordStore(),
    signer,
    metrics: openTelemetryMetrics(metricsApi.getMeter('records'))
  })
  try {
    await publishIpns(manager, '/ipfs/bafkqaaa')
    await manager.receive(joinRecordKey('ipns', 'x'), Uint8Array.of(1))
    await provider.forceFlush()
    const found = new Map(
      exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
        .map((metric) => [metric.descriptor.name, metric])
    )
    const puts = found.get('record.puts')
    expect(puts?.descriptor).toMatchObject({ unit: '{record}', description: expect.stringContaining('Records') })
    expect(puts?.dataPoints.map(({ attributes, value }) => [attributes, value])).toEqual([
      [{ status: 'stored', namespace: 'ipns', code: 'none' }, 1],
      [{ status: 'ignored', namespace: 'ipns', code: 'PEER_ID_INVALID' }, 1]
    ])
    expect(found.get('record.put.duration')?.dataPoints[0]?.value).toMatchObject({
      count: 2,
      buckets: { boundaries: durationBuckets }
    })
    const gauges = Object.keys(gaugeDefinitions)
    expect(gauges.map((name) => [name, found.get(name)?.dataPoints.length])).toEqual(gauges.map((name) => [name, 1]))
    expect(found.get('record.store.entries')?.dataPoints[0]?.value).toBe(1)
    expect(found.get('record.publication.lag')?.descriptor.unit).toBe('s')
  } finally {
    metricsApi.disable()
    await provider.shutdown()
    await manager.close()
  }
})
