import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { defaultLogger } from '@libp2p/logger'
import type { Metrics } from '@libp2p/interface'
import { joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { libp2pMetrics } from '@recordkit/record-libp2p'
import { RecordManager } from '@recordkit/record-manager'
import { publishIpns } from '@recordkit/record-manager/ipns'
import { gaugeDefinitions, prometheusName } from '@recordkit/record-types'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { InboundLimits } from '../src/inbound-limits.ts'

test('@libp2p/prometheus-metrics shows counters by each of their labels, histograms in seconds, and gauges of the moment', async () => {
  const registry = new Registry()
  const node: Metrics = prometheusMetrics({ registry, collectDefaultMetrics: false })({ logger: defaultLogger() })
  const metrics = libp2pMetrics(node)
  const engine = new ValidationEngine([ipns()])
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(8))
  await using manager = new RecordManager({ engine, store: new MemoryRecordStore(), signer, metrics })
  await publishIpns(manager, '/ipfs/bafkqaaa')
  await manager.receive(joinRecordKey('ipns', 'x'), Uint8Array.of(1))
  await manager.receive(joinRecordKey('made-up', 'x'), Uint8Array.of(1))
  const limits = new InboundLimits({ maxResetsPerMinute: 1 }, { metrics })
  for (let reset = 0; reset < 3; reset++) limits.exceeded(signer.peerId)
  const lines = (await registry.metrics()).split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      'recordkit_record_puts_by_status_total{status="stored"} 1',
      'recordkit_record_puts_by_status_total{status="ignored"} 2',
      'recordkit_record_puts_by_namespace_total{namespace="unknown"} 1',
      'recordkit_record_puts_by_code_total{code="NAMESPACE_UNKNOWN"} 1',
      'recordkit_record_put_duration_seconds_bucket{le="+Inf",namespace="ipns"} 2',
      'recordkit_record_inbound_bans_total{reason="resets"} 1',
      'recordkit_record_inbound_resets_total{reason="limit"} 3',
      'recordkit_record_store_entries 1',
      'recordkit_record_publication_failing 0'
    ])
  )
  for (const [name, { unit }] of Object.entries(gaugeDefinitions))
    expect(lines).toContain(`# TYPE ${prometheusName(name, unit, 'gauge')} gauge`)
})
