import {
  decodeIpnsRecord,
  decodeRecord,
  encodeRecord,
  ipnsNameToString,
  ipnsRoutingKey,
  joinRecordKey
} from '@recordkit/record-codec'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import { RecordManager } from '@recordkit/record-manager'
import type { RecordStore } from '@recordkit/record-store'
import { hour } from '@recordkit/testing'
import { ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryLevel } from 'memory-level'
import { recordOf } from '../lines/stores.ts'

/** The memory that one call allocates: objects and array buffers. */
export interface Allocation {
  readonly name: string
  readonly bytes: number
}

/** bytes that are allocated in a count: few enough that no garbage collection happens meanwhile */
const budget = 8_000_000
const rounds = 9
const content = new Uint8Array(200).fill(7)

function used(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** @param most - upper bound of the bytes of a call */
async function allocated(name: string, most: number, work: () => unknown): Promise<Allocation> {
  const counts: number[] = []
  const calls = Math.floor(budget / most)
  for (let call = 0; call < 20_000; call++) await work()
  for (let round = 0; round < rounds; round++) {
    globalThis.gc?.()
    const before = used()
    for (let call = 0; call < calls; call++) {
      const result = work()
      if (result instanceof Promise) await result
    }
    counts.push((used() - before) / calls)
  }
  return { name, bytes: counts.toSorted((a, b) => a - b)[rounds >> 1] as number }
}

/** Measures the allocations per call of decode, validate, put and get. Needs `--expose-gc`. */
export async function allocations(): Promise<Allocation[]> {
  const { key, value } = recordOf(1)
  const encoded = encodeRecord({ key, value: new Uint8Array(1024), timeReceived: 1_790_000_000_123_456_789n }).slice()
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const validity = BigInt(Date.now()) * 1_000_000n + hour
  const name = await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 5n, validity }, { signer })
  const routingKey = ipnsRoutingKey(signer.peerId)
  const cached = new ValidationEngine([ipns()])
  const uncached = new ValidationEngine([ipns()], { verdicts: 0 })
  const store = new MemoryRecordStore()
  await store.put({ key, value, rank: new Uint8Array(49), timeReceived: 1n })
  const namespace = signed('config', { authors: ownerInKey() })
  const managerOf = (backend: RecordStore): RecordManager =>
    new RecordManager({ engine: new ValidationEngine([namespace]), store: backend, signer })
  const [manager, levelManager] = [
    managerOf(new MemoryRecordStore()),
    managerOf(await LevelRecordStore.open(new MemoryLevel()))
  ]
  const owner = ipnsNameToString(signer.peerId)
  const keyOf = (number: number): Uint8Array => joinRecordKey('config', `${owner}/${number}`)
  const keys = Array.from({ length: 100 }, (_, number) => keyOf(number))
  let number = 0
  const next = (): Uint8Array => keys[number++ % keys.length] as Uint8Array
  return [
    await allocated('decode a Record of 1 KiB', 8000, () => decodeRecord(encoded)),
    await allocated('decode an IPNS record', 8000, () => decodeIpnsRecord(name)),
    await allocated('validate an IPNS record, verdict cached', 16_000, () => cached.validate(routingKey, name)),
    await allocated('validate an IPNS record, signature verified', 32_000, () => uncached.validate(routingKey, name)),
    await allocated('get a record of 300 bytes from store-memory', 8000, () => store.get(key)),
    await allocated('get a missing record from store-memory', 8000, () => store.get(routingKey)),
    await allocated('manager.put of 200 bytes, store-memory', 100_000, () => manager.put(next(), content)),
    await allocated('manager.get, store-memory', 20_000, () => manager.get(next())),
    await allocated('manager.put of 200 bytes, store-level', 100_000, () => levelManager.put(next(), content)),
    await allocated('manager.get, store-level', 20_000, () => levelManager.get(next()))
  ]
}
