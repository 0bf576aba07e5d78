import { createIpnsRecord, keyPairFromSeed } from '@recordkit/record-crypto'
import { ipnsRoutingKey, parseTime } from '@recordkit/record-codec'
import { RecordManager, replication } from '@recordkit/record-manager'
import { DhtRecordStore } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import { hour, second } from '@recordkit/testing'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'

const start = parseTime('2026-11-30T12:00:00Z')
const signer = await keyPairFromSeed(new Uint8Array(32).fill(5))
const key = ipnsRoutingKey(signer.peerId)
const recordOf = async (sequence: bigint, validity = start + 9n * hour, ttl = hour): Promise<Uint8Array> =>
  createIpnsRecord(
    { value: `/ipfs/bafkqaa${'abc'[Number(sequence)]}`, sequence, validity, ttl },
    { signer, now: validity - hour }
  )

/** A manager whose only peer is an HTTP server that answers with `bodies`, one after another. */
function setUp(bodies: readonly Uint8Array[], headers: Record<string, string> = { 'cache-control': 'max-age=3600' }) {
  const time = { now: start }
  const clock = (): bigint => time.now
  const engine = new ValidationEngine([ipns()], { clock })
  const caches: (string | undefined)[] = []
  const routing = delegatedRouting(['https://a.test'], {
    async fetch(_url, { method, cache }) {
      if (method === 'PUT') return new Response()
      caches.push(cache)
      const body = new Uint8Array(bodies[Math.min(caches.length, bodies.length) - 1] as Uint8Array)
      return new Response(body, { headers: { 'content-type': 'application/vnd.ipfs.ipns-record', ...headers } })
    }
  })
  const network = replication(new DhtRecordStore({ routing, engine }))
  const store = new MemoryRecordStore({ clock })
  return { time, caches, manager: new RecordManager({ engine, store, signer, network, clock }) }
}

test.each([
  ['garbage', async () => new Uint8Array(30)],
  ['an expired record', async () => recordOf(1n, start - second)]
])('%s that a server allows to cache for an hour does not hide the newer record', async (_, wrong) => {
  const newer = await recordOf(2n)
  const { manager, caches, time } = setUp([await wrong(), newer])
  expect(await manager.get(key)).toBeUndefined()
  time.now += 11n * second
  expect((await manager.getRecord(key))?.value).toEqual(newer)
  expect(caches).toEqual(['no-cache', 'no-cache'])
})

test('a verified record is cached as long as its TTL and the server allow, and noCache asks the origin', async () => {
  const [first, other] = [await recordOf(1n), await recordOf(2n)]
  const { manager, caches, time } = setUp([first, other], { 'cache-control': 'max-age=60' })
  expect((await manager.getRecord(key))?.value).toEqual(first)
  time.now += 59n * second
  expect((await manager.getRecord(key))?.value).toEqual(first)
  expect(caches).toHaveLength(1)
  expect((await manager.getRecord(key, { noCache: true }))?.value).toEqual(other)
  expect(caches).toEqual(['no-cache', 'no-store'])
  time.now += 61n * second
  await manager.getRecord(key)
  expect(caches).toHaveLength(3)
})

test('two devices lose no update through a server whose answers may be cached for 5 minutes', async () => {
  const clock = (): bigint => start
  let origin: Uint8Array<ArrayBuffer> | undefined
  const device = (): RecordManager => {
    const engine = new ValidationEngine([ipns()], { clock })
    let cached: Uint8Array<ArrayBuffer> | undefined
    const routing = delegatedRouting(['https://a.test'], {
      async fetch(_url, { method, cache, body }) {
        if (method === 'PUT') {
          origin = new Uint8Array(body as Uint8Array)
          return new Response()
        }
        if (cache === 'no-store') cached = undefined
        cached ??= origin
        if (cached === undefined) return new Response(undefined, { status: 404 })
        const headers = { 'content-type': 'application/vnd.ipfs.ipns-record', 'cache-control': 'max-age=300' }
        return new Response(cached, { headers })
      }
    })
    const network = replication(new DhtRecordStore({ routing, engine }))
    return new RecordManager({ engine, store: new MemoryRecordStore({ clock }), signer, network, clock })
  }
  const [laptop, phone] = [device(), device()]
  const path = (name: string): Uint8Array => new TextEncoder().encode(`/ipfs/bafkqaaa/${name}`)
  await laptop.put(key, path('first'), { sequence: 0n })
  for (const manager of [laptop, phone]) expect((await manager.getRecord(key))?.sequence).toBe(0n)
  await laptop.put(key, path('laptop'), { ifSequence: 0n })
  await expect(phone.put(key, path('phone'), { ifSequence: 0n })).rejects.toMatchObject({ code: 'SEQUENCE_CONFLICT' })
  expect(await phone.get(key, { noCache: true })).toEqual(path('laptop'))
})

test('a put with ifSequence or checkNetwork asks the origin', async () => {
  const { manager, caches } = setUp([await recordOf(1n)])
  const content = new TextEncoder().encode('/ipfs/bafkqaac')
  expect((await manager.put(key, content, { ifSequence: 1n })).record.sequence).toBe(2n)
  await manager.put(key, content, { checkNetwork: true })
  expect(caches).toEqual(['no-store', 'no-store'])
})
