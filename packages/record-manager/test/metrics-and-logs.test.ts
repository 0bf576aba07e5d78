import { FakeTimers } from '@recordkit/record-conformance'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { logEvents, RecordManager } from '@recordkit/record-manager'
import { openTelemetryMetrics } from '@recordkit/record-manager/opentelemetry'
import { hour } from '@recordkit/testing'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'

test('a manager reports status, namespace and code to an OpenTelemetry meter, and its events to a log', async () => {
  const { clock, now, setTimer } = new FakeTimers()
  const measurements: string[] = []
  const metrics = openTelemetryMetrics({
    createCounter: (name) => ({
      add: (value, attributes) => measurements.push(`${name} ${value} ${Object.values(attributes ?? {}).join(' ')}`)
    }),
    createHistogram: (name) => ({ record: (value) => expect(value, name).toBeGreaterThanOrEqual(0) })
  })
  const engine = new ValidationEngine([ipns()], { clock })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(8))
  const manager = new RecordManager({
    engine,
    store: new MemoryRecordStore({ clock }),
    clock,
    setTimer,
    metrics,
    signer
  })
  const lines: string[] = []
  const log = Object.assign((...line: unknown[]) => void lines.push(line.join(' ')), {
    error: (...line: unknown[]) => void lines.push(`error ${line.join(' ')}`)
  })
  logEvents(manager.events, log)

  const key = ipnsRoutingKey(signer.peerId)
  const record = await createIpnsRecord(
    { value: '/ipfs/bafkqaaa', sequence: 3n, validity: now + hour },
    { signer, now: 0n }
  )
  await manager.receive(key, record)
  await manager.receive(key, Uint8Array.of(1))
  await manager.receive(new TextEncoder().encode('/made-up/\u0007'), record)
  await manager.get(key)
  await manager.get('/ipns/none')
  expect(measurements).toEqual([
    'record.put 1 stored ipns',
    'record.put 1 rejected ipns PROTOBUF_FIELD_NUMBER',
    'record.put 1 ignored unknown NAMESPACE_UNKNOWN',
    'record.get 1 hit',
    'record.get 1 miss'
  ])
  expect(lines.length).toBe(3)
  expect(lines[0]).toContain('sequence')
  expect(lines[2]).toContain('/made-up/\\x07')
  expect(lines.join()).not.toContain('bafkqaaa')
})
