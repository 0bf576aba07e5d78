import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { FakeTimers } from '@recordkit/record-conformance'
import { generateKeyPair } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { exportRecords, importRecords, RecordManager, replication } from '@recordkit/record-manager'
import type { ImportRefusal } from '@recordkit/record-manager'
import { mapKey } from '@recordkit/record-types/internal'
import { isRefusal } from '@recordkit/record-types'
import type { RecordNetwork } from '@recordkit/record-types'
import { ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { toHex } from '@recordkit/testing'
import expected from '@recordkit/vectors/recordkit/stores-0/expected.json' with { type: 'json' }
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeNetwork } from './fake-network.ts'

const hour = 3_600_000_000_000n
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (content: Uint8Array | undefined): string => new TextDecoder().decode(content)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restore-'))
})
afterAll(async () => rm(folder, { recursive: true }))

/** A network of one peer that, as nodes of a DHT do, keeps the record of the highest rank. */
function careful(network: FakeNetwork, engine: ValidationEngine): RecordNetwork {
  return {
    get: (key, options) => network.get(key, options),
    async put(key, value, options) {
      const held = network.values.get(mapKey(key))
      const [a, b] = [engine.parse(key, value), held && engine.parse(key, held)]
      if (b === undefined || isRefusal(a) || isRefusal(b) || engine.compare(a, b) >= 0)
        return network.put(key, value, options)
      return { copies: { requested: 1, reached: 1 }, peers: [] }
    }
  }
}

/** Machines with stores on disk, which share a network, a clock and a key. */
async function setUp() {
  const time = new FakeTimers(1_790_000_000_000_000_000n)
  const { clock, setTimer } = time
  const signer: KeyPair = await generateKeyPair()
  const engine = new ValidationEngine([ipns(), signed('config', { authors: ownerInKey() })], { clock })
  const network = new FakeNetwork(engine)
  const name = ipnsRoutingKey(signer.peerId)
  const machine = async (location: string) => {
    const database = new ClassicLevel(join(folder, location))
    const store = await LevelRecordStore.open(database, { clock })
    const replicated = replication(careful(network, engine), { random: () => 0 })
    const manager = new RecordManager({ engine, store, signer, network: replicated, clock, setTimer })
    const close = async (): Promise<void> => {
      await manager.close()
      await database.close()
    }
    return { manager, close }
  }
  const published = (): string => {
    const value = network.values.get(mapKey(name))
    const record = value && engine.parse(name, value)
    if (record === undefined || isRefusal(record)) return ''
    return text(engine.content(record))
  }
  const sequence = (): bigint => {
    const record = engine.parse(name, network.values.get(mapKey(name)) as Uint8Array)
    return isRefusal(record) ? 0n : (record.sequence ?? 0n)
  }
  return { time, engine, network, name, machine, published, sequence }
}

async function backUp(manager: RecordManager, name: string): Promise<string> {
  const path = join(folder, name)
  await pipeline(exportRecords(manager), createWriteStream(path))
  return path
}

const restore = async (manager: RecordManager, path: string) =>
  importRecords(manager, createReadStream(path), { publications: true, marks: true })

/** Lets a day pass, and waits until the manager has published again: its store works in real time. */
async function publishedAgain({ events }: RecordManager, time: FakeTimers): Promise<void> {
  const published = new Promise((resolve) => events.addEventListener('record:published', resolve, { once: true }))
  await time.advance(24n * hour)
  await published
}

describe('a backup restored on an empty machine', () => {
  test('goes on to be published there, and later content gets a higher sequence', async () => {
    const { time, network, name, machine, published, sequence } = await setUp()
    const first = await machine('a1')
    await first.manager.put(name, bytes('/ipfs/bafkqaaa'))
    const before = sequence()
    const path = await backUp(first.manager, 'a1.archive')
    await first.close()
    network.values.clear()

    const second = await machine('a2')
    expect(await restore(second.manager, path)).toMatchObject({ publications: 1, refused: 0 })
    await second.manager.start()
    expect(published()).toBe('')
    await publishedAgain(second.manager, time)
    expect(published()).toBe('/ipfs/bafkqaaa')
    expect(sequence()).toBe(before)
    await second.manager.put(name, bytes('/ipfs/bafkqabi'))
    expect(published()).toBe('/ipfs/bafkqabi')
    expect(sequence()).toBeGreaterThan(before)
    await second.close()

    // and after a restart of the second machine
    const restarted = await machine('a2')
    await restarted.manager.start()
    expect(restarted.manager.republishQueue).toHaveLength(1)
    await restarted.close()
  })

  test('that is older than what the network has does not replace it, and is replaced by it', async () => {
    const { time, name, machine, published, sequence } = await setUp()
    const first = await machine('b1')
    await first.manager.put(name, bytes('/ipfs/bafkqaaa'))
    const path = await backUp(first.manager, 'b1.archive')
    await time.advance(hour)
    await first.manager.put(name, bytes('/ipfs/bafkqabi'))
    const latest = sequence()
    await first.close()

    // That no peer at all receives the old content depends on the renewal, which reads the network first. Here peers keep the
    // later record.
    const second = await machine('b2')
    await restore(second.manager, path)
    await second.manager.start()
    await publishedAgain(second.manager, time)
    expect(published()).toBe('/ipfs/bafkqabi')
    expect(text(await second.manager.get(name, { noCache: true }))).toBe('/ipfs/bafkqabi')
    await publishedAgain(second.manager, time)
    expect([published(), sequence()]).toEqual(['/ipfs/bafkqabi', latest])
    await second.manager.put(name, bytes('/ipfs/bafkqacq'))
    expect(published()).toBe('/ipfs/bafkqacq')
    expect(sequence()).toBeGreaterThan(latest)
    await second.close()
  })

  test('of a machine that goes on: both publish the name, and no sequence is used twice', async () => {
    const { time, name, machine, published, sequence } = await setUp()
    const first = await machine('c1')
    await first.manager.put(name, bytes('/ipfs/bafkqaaa'))
    const second = await machine('c2')
    await restore(second.manager, await backUp(first.manager, 'c1.archive'))
    const sequences: bigint[] = []
    const equivocations: unknown[] = []
    for (const { manager } of [first, second]) {
      manager.events.addEventListener('record:equivocation', ({ detail }) => equivocations.push(detail))
      await manager.start()
    }
    for (const [turn, { manager }] of [second, first, second, first].entries()) {
      await time.advance(hour)
      await manager.put(name, bytes(`/ipfs/bafkqa${turn}`))
      expect(published()).toBe(`/ipfs/bafkqa${turn}`)
      sequences.push(sequence())
    }
    expect(sequences.every((each, index) => index === 0 || each > (sequences[index - 1] as bigint))).toBe(true)
    expect(equivocations).toEqual([])
    await first.close()
    await second.close()
  })
})

test('an archive that version 1 wrote is imported', async () => {
  const now = BigInt(expected.nowNanoseconds)
  const clock = (): bigint => now
  const engine = new ValidationEngine([ipns(), signed('config', { authors: ownerInKey() })], { clock })
  const store = new MemoryRecordStore({ clock })
  const manager = new RecordManager({ engine, store, clock })
  const url = new URL('../../../vectors/recordkit/stores-0/records.archive', import.meta.url)
  const refusals: ImportRefusal[] = []
  const result = await importRecords(manager, [await readFile(fileURLToPath(url))], {
    onRefused: (refusal) => refusals.push(refusal)
  })
  const archived = expected.entries.filter(({ archived }) => archived)
  expect(result).toMatchObject({ items: archived.length, records: { stored: 13 }, refused: archived.length - 13 })
  expect(new Set(refusals.map(({ code }) => code))).toEqual(
    new Set(['NAMESPACE_UNKNOWN', 'ALGORITHM_MISSING', 'RECORD_KEY_INVALID'])
  )
  // in normal form: the values of version 1 may have unknown fields
  const contents = new Map(archived.map(({ keyHex, contentHex }) => [keyHex, contentHex]))
  for await (const { key, content } of manager.list()) expect(toHex(content)).toBe(contents.get(toHex(key)))
})
