import { FakeTimers } from '@recordkit/record-conformance'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { logEvents, RecordManager } from '@recordkit/record-manager'
import type { RecordMetrics } from '@recordkit/record-types'
import { hour } from '@recordkit/testing'
import { ipns, unsigned, ValidationEngine, withSchema } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'

test('a manager reports status, namespace and code of records to its metrics, and its events to a log', async () => {
  const { clock, now, setTimer } = new FakeTimers()
  const measurements: string[] = []
  const metrics: RecordMetrics = {
    count: (name, attributes) => measurements.push(`${name} ${Object.values<string>(attributes).join(' ')}`),
    observe: (name, value, attributes) => {
      expect(value, name).toBeGreaterThanOrEqual(0)
      measurements.push(`${name} ${Object.values<string>(attributes).join(' ')}`)
    }
  }
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
  await manager.get('/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8')
  expect(measurements).toEqual([
    'record.puts stored ipns none',
    'record.put.duration ipns',
    'record.puts ignored ipns PROTOBUF_FIELD_NUMBER',
    'record.put.duration ipns',
    'record.puts ignored unknown NAMESPACE_UNKNOWN',
    'record.put.duration unknown',
    'record.get.duration hit',
    'record.get.duration miss'
  ])
  expect(lines.length).toBe(3)
  expect(lines[0]).toContain('sequence')
  expect(lines[2]).toContain('/made-up/\\x07')
  expect(lines.join()).not.toContain('bafkqaaa')
})

test('text from outside is escaped in the log, and no content of a record is written to it', async () => {
  const lines: string[] = []
  const log = Object.assign((...line: unknown[]) => void lines.push(line.join(' ')), {
    error: (...line: unknown[]) => void lines.push(`error ${line.join(' ')}`)
  })
  const manager = new RecordManager({
    engine: new ValidationEngine([
      withSchema(unsigned('plain', { sequence: () => 1n }), {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value) => ({ issues: [{ message: `got ${JSON.stringify(value)}` }] })
        }
      })
    ]),
    store: new MemoryRecordStore()
  })
  logEvents(manager.events, log)
  const password = new TextEncoder().encode('{"password":"hunter2"}')
  await manager.receive(new TextEncoder().encode('/plain/x'), password)
  await manager.receive(new TextEncoder().encode('/plain/x'), password.subarray(3))
  await manager.receive(new TextEncoder().encode('/\u001B[31mred\nfake line\u009B/x'), password)
  manager.events.dispatch('record:unpublished', { key: Uint8Array.of(10), error: new Error('\u001B[2J\r\nfake line') })
  manager.events.dispatch('record:refused', {
    key: Uint8Array.of(10),
    result: { status: 'ignored', message: `\n${'x'.repeat(10_000)}` }
  })
  expect(lines).toHaveLength(5)
  expect(lines[2]).toContain('the namespace "\\u{1b}[31mred\\u{a}fake line')
  for (const line of lines) {
    expect(line).toMatch(/^[ -~]{1,700}$/)
    expect(line).not.toContain('hunter2')
  }
})
