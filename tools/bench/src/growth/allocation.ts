import { decodeIpnsRecord, decodeRecord, encodeRecord, ipnsRoutingKey } from '@recordkit/record-codec'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import { hour } from '@recordkit/testing'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { recordOf } from '../lines/stores.ts'

/** The memory that one call allocates: objects and array buffers. */
export interface Allocation {
  readonly name: string
  readonly bytes: number
}

/** Few enough that no garbage collection happens during a count. */
const calls = 1000
const rounds = 9

function used(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

async function allocated(name: string, work: () => unknown): Promise<Allocation> {
  const counts: number[] = []
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

/** Measures the allocations per call of decode, validate and get. Needs `--expose-gc`. */
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
  return [
    await allocated('decode a Record of 1 KiB', () => decodeRecord(encoded)),
    await allocated('decode an IPNS record', () => decodeIpnsRecord(name)),
    await allocated('validate an IPNS record, verdict cached', () => cached.validate(routingKey, name)),
    await allocated('validate an IPNS record, signature verified', () => uncached.validate(routingKey, name)),
    await allocated('get a record of 300 bytes from store-memory', () => store.get(key)),
    await allocated('get a missing record from store-memory', () => store.get(routingKey))
  ]
}
