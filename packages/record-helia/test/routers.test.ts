import type { Router } from '@helia/interface'
import type { IPNSRouting } from '@helia/ipns'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { createIpnsRecord, peerIdFromPublicKey } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { ipnsRouter, recordRouter } from '@recordkit/record-helia'
import { RecordManager, replication } from '@recordkit/record-manager'
import { timeFromDate } from '@recordkit/record-types'
import type { NetworkGetOptions, RecordNetwork } from '@recordkit/record-types'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { portableSigner } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'

const signer = portableSigner(new Uint8Array(32).fill(1))
const key = ipnsRoutingKey(peerIdFromPublicKey(signer.publicKey))
const validity = timeFromDate(new Date('2999-01-01'))
const record = (sequence: bigint): Promise<Uint8Array> =>
  createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity }, { signer })
const unknown = new TextEncoder().encode('/other/x')

/** A manager whose network has no copy, and the options of its reads. */
function setUp(copies = 0) {
  const gets: NetworkGetOptions[] = []
  const network: RecordNetwork = {
    async get(_key, options = {}) {
      gets.push(options)
      return undefined
    },
    put: async (_key, _value, options = {}) => ({
      copies: { requested: options.copies ?? 1, reached: copies },
      peers: []
    })
  }
  const engine = new ValidationEngine([ipns({ algorithms: [ed25519Portable] })])
  const manager = new RecordManager({ engine, store: new MemoryRecordStore(), network: replication(network) })
  return { manager, gets }
}

// the types of Helia accept them without a cast
const routers: Record<string, (manager: RecordManager) => IPNSRouting & Pick<Required<Router>, 'get' | 'put'>> = {
  ipnsRouter,
  recordRouter
}
const _named: Router = recordRouter(setUp().manager)

for (const [name, make] of Object.entries(routers)) {
  describe(name, () => {
    test('a record that is put is stored unchanged, published, and returned in memory of its own', async () => {
      const { manager } = setUp()
      const router = make(manager)
      const value = await record(5n)
      await router.put(key, value)
      const got = await router.get(key)
      expect(got).toEqual(value)
      got.fill(0)
      expect(await router.get(key)).toEqual(value)
      for await (const publication of manager.publications())
        expect(publication).toMatchObject({ key, signer: undefined, status: 'active', network: true })
    })

    test('a record that ranks below the stored one is STALE, and a forged one SIGNATURE_INVALID', async () => {
      const router = make(setUp().manager)
      const newer = await record(5n)
      await router.put(key, newer)
      await expect(router.put(key, await record(4n))).rejects.toMatchObject({ code: 'STALE' })
      const forged = await createIpnsRecord(
        { value: '/ipfs/bafkqaaa', sequence: 6n, validity },
        { signer: portableSigner(new Uint8Array(32).fill(2)) }
      )
      await expect(router.put(key, forged)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
      await expect(router.put(key, Uint8Array.of(1))).rejects.toMatchObject({ name: 'RecordError' })
      expect(await router.get(key)).toEqual(newer)
    })

    test('a key without a record is an error with the name NotFoundError', async () => {
      await expect(make(setUp().manager).get(key)).rejects.toMatchObject({ name: 'NotFoundError' })
      await expect(make(setUp().manager).get(unknown)).rejects.toMatchObject({ name: 'NotFoundError' })
    })

    test('an aborted call rejects with the reason of its signal', async () => {
      const router = make(setUp().manager)
      const signal = AbortSignal.abort(new Error('aborted by the caller'))
      await expect(router.get(key, { signal })).rejects.toBe(signal.reason)
      await expect(router.put(key, await record(1n), { signal })).rejects.toBe(signal.reason)
    })

    test('the options of Helia decide whether caches and peers are asked', async () => {
      const { manager, gets } = setUp()
      const router = make(manager)
      for (const options of [{}, { nocache: true }, { useCache: false }, { offline: true }, { useNetwork: false }])
        await router.get(key, options as never).catch(() => undefined)
      expect(gets.map(({ noCache }) => noCache)).toEqual([false, true, true])
    })
  })
}

test('a put without peers is not an error, unless copies are asked for', async () => {
  await ipnsRouter(setUp().manager).put(key, await record(1n))
  const network: RecordNetwork = {
    get: async () => undefined,
    put: () => Promise.reject(Object.assign(new Error('0 copies'), { name: 'RecordError', code: 'TOO_FEW_COPIES' }))
  }
  const engine = new ValidationEngine([ipns({ algorithms: [ed25519Portable] })])
  const manager = new RecordManager({ engine, store: new MemoryRecordStore(), network: replication(network) })
  await expect(ipnsRouter(manager, { copies: 1 }).put(key, await record(1n))).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES'
  })
})

test('a key of another namespace is ignored by the router of a node, and an error for that of IPNS', async () => {
  const { manager } = setUp()
  await recordRouter(manager).put(unknown, Uint8Array.of(1))
  await expect(ipnsRouter(manager).put(unknown, Uint8Array.of(1))).rejects.toMatchObject({ code: 'NAMESPACE_UNKNOWN' })
  expect(recordRouter(manager).name).toBe('recordkit')
  expect(ipnsRouter(manager).toString()).toBe('RecordKitRouting()')
})

test.each([
  [undefined, /^manager is undefined; a RecordManager, such as .* is expected$/],
  [{ services: {} }, /^manager is an object; a RecordManager/]
])('wrong manager %# is an invalid argument', (manager, message) => {
  for (const make of [ipnsRouter, recordRouter]) {
    const error = { code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) as string }
    expect(() => make(manager as never)).toThrow(expect.objectContaining(error))
  }
  expect(() => ipnsRouter(setUp().manager, { copies: -1 })).toThrow(/^copies is -1/)
})
