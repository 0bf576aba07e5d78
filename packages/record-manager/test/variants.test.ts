import {
  decodeIpnsRecord,
  decodeUnverifiedEnvelope,
  encodeIpnsRecord,
  encodePublicKey,
  ipnsRoutingKey
} from '@recordkit/record-codec'
import { createIpnsRecord, keyPairFromSeed, peerIdFromPublicKey, sealSignedRecord } from '@recordkit/record-crypto'
import { ecdsa, generateEcdsaKeyPair } from '@recordkit/record-crypto/ecdsa'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { generateSecp256k1KeyPair, secp256k1 } from '@recordkit/record-crypto/secp256k1'
import { RecordManager } from '@recordkit/record-manager'
import type { Signer } from '@recordkit/record-types'
import { anyAuthor, ipns, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import {
  ecdsaEncodings,
  fromHex,
  hour,
  ipnsVariants,
  p256Order,
  portableSigner,
  secp256k1Order,
  toHex
} from '@recordkit/testing'
import type { Variant } from '@recordkit/testing'
import encodings from '@recordkit/vectors/recordkit/ipns-encodings.json' with { type: 'json' }
import lenient from '@recordkit/vectors/recordkit/ipns-lenient.json' with { type: 'json' }
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes } from './test-manager.ts'

const algorithms = [ed25519Portable, ecdsa, secp256k1]
const now = 1_800_000_000_000_000_000n
const clock = (): bigint => now

function managerOf(signer?: Signer) {
  const keyBook = { find: () => signer?.publicKey }
  const namespaces = [ipns({ algorithms }), signed('notes', { authors: anyAuthor(), algorithms })]
  const engine = new ValidationEngine(namespaces, { clock, keyBook })
  const store = new MemoryRecordStore({ clock })
  return { engine, store, manager: new RecordManager({ engine, store, signer, clock }) }
}

const key = fromHex(encodings.routingKeyHex)
const owner = portableSigner(fromHex(encodings.seedHex))

describe.each(Object.entries(lenient.values))('unsigned bytes in an unusual encoding, %s,', (_, hex) => {
  test('are accepted with the rank of the normal form, stored and returned in it', async () => {
    const { engine, store, manager } = managerOf()
    const [variant, normal] = [engine.parse(key, fromHex(hex)), engine.parse(key, fromHex(lenient.normalFormHex))]
    if ('status' in variant || 'status' in normal) throw new Error('a value was not parsed')
    expect(toHex(engine.rank(variant))).toBe(toHex(engine.rank(normal)))
    const { status, record } = await manager.receive(key, fromHex(hex))
    expect(status).toBe('stored')
    expect(toHex(record?.value as Uint8Array)).toBe(lenient.normalFormHex)
    expect(toHex((await store.get(key))?.value as Uint8Array)).toBe(lenient.normalFormHex)
    expect(toHex((await manager.getRecord(key))?.value as Uint8Array)).toBe(lenient.normalFormHex)
  })
})

describe.each(Object.entries(encodings.values))('the encoding %s of a published record', (name, hex) => {
  test('keeps the publication of its owner, and completes the record at most', async () => {
    const { store, manager } = managerOf(owner)
    await manager.putSigned(key, fromHex(encodings.values.owner))
    const publication = await store.publication(key)
    expect(publication?.signer).toBeDefined()
    const { status, record } = await manager.receive(key, fromHex(hex))
    expect(status).toBe('refreshed')
    const expected = name === 'embeddedKey' ? encodings.values.embeddedKey : encodings.values.owner
    expect(toHex((await store.get(key))?.value as Uint8Array)).toBe(expected)
    expect(toHex(record?.value as Uint8Array)).toBe(expected)
    expect(await store.publication(key)).toEqual(publication)
  })

  test('does not change what its owner publishes next', async () => {
    const { manager } = managerOf(owner)
    await manager.receive(key, fromHex(hex))
    const { record } = await manager.put(key, bytes('/ipfs/bafkqaaa/2'))
    expect(record.sequence).toBe(8n)
    expect(decodeIpnsRecord(record.value).signatureV1).toBeDefined()
    expect(decodeIpnsRecord(record.value).publicKey).toBeUndefined()
  })

  test('of which only the known fields are stored', async () => {
    const { store, manager } = managerOf()
    await manager.receive(key, fromHex(hex))
    const { signatureV1, publicKey, ...parts } = decodeIpnsRecord((await store.get(key))?.value as Uint8Array)
    expect([signatureV1 !== undefined, publicKey !== undefined]).toEqual([name !== 'withoutV1', name === 'embeddedKey'])
    const normal = encodeIpnsRecord({ ...parts, signatureV1, publicKey })
    expect(toHex((await store.get(key))?.value as Uint8Array)).toBe(toHex(normal))
    expect(normal.length).toBeLessThan(1000)
  })
})

/** The normal form of a record with or without the fields that a variant may lack. */
function normalForm(full: Uint8Array, { v1, key: hasKey }: Pick<Variant, 'v1' | 'key'>): Uint8Array {
  const { signatureV1, publicKey, ...parts } = decodeIpnsRecord(full)
  return encodeIpnsRecord({ ...parts, ...(v1 ? { signatureV1 } : {}), ...(hasKey ? { publicKey } : {}) })
}

describe.each([
  ['Ed25519', async () => keyPairFromSeed(new Uint8Array(32).fill(0x31)), () => []],
  ['Secp256k1', generateSecp256k1KeyPair, (signature) => ecdsaEncodings(signature, secp256k1Order, 32)],
  ['ECDSA', generateEcdsaKeyPair, (signature) => ecdsaEncodings(signature, p256Order, 32)]
] as [string, () => Promise<Signer>, (signature: Uint8Array) => Uint8Array[]][])(
  'an IPNS record of an %s key',
  (_, generate, resign) => {
    const prepared = (async () => {
      const signer = await generate()
      const name = ipnsRoutingKey(peerIdFromPublicKey(signer.publicKey))
      const content = { value: '/ipfs/bafkqaaa', sequence: 7n, validity: now + hour }
      const published = await createIpnsRecord(content, { signer, now })
      const publicKey = encodePublicKey(signer.publicKey)
      const full = encodeIpnsRecord({ ...decodeIpnsRecord(published), publicKey })
      return { signer, name, full, published, variants: ipnsVariants(decodeIpnsRecord(full), publicKey, resign) }
    })()

    test('is stored in its normal form, whatever anyone does to its unsigned bytes', async () => {
      const { signer, name, full, variants } = await prepared
      for (const variant of variants) {
        const { manager, store } = managerOf(signer)
        expect((await manager.receive(name, variant.value)).status, variant.name).toBe('stored')
        expect(toHex((await store.get(name))?.value as Uint8Array), variant.name).toBe(toHex(normalForm(full, variant)))
      }
    })

    test('keeps its publication and every genuine field, whatever variants are received', async () => {
      const { signer, name, full, published, variants } = await prepared
      const { manager, store } = managerOf(signer)
      await manager.putSigned(name, published)
      const publication = await store.publication(name)
      expect(publication?.signer).toBeDefined()
      for (const variant of variants) {
        expect((await manager.receive(name, variant.value)).status, variant.name).toBe('refreshed')
        expect(await store.publication(name)).toEqual(publication)
      }
      expect(toHex((await store.get(name))?.value as Uint8Array)).toBe(toHex(full))
    })

    test('comes to the same bytes on every node, in whatever order the variants are received', async () => {
      const { signer, name, full, variants } = await prepared
      await fc.assert(
        fc.asyncProperty(fc.shuffledSubarray(variants, { minLength: 1, maxLength: 6 }), async (received) => {
          const expected = toHex(
            normalForm(full, { v1: received.some(({ v1 }) => v1), key: received.some((variant) => variant.key) })
          )
          const [one, other] = [managerOf(signer), managerOf(signer)]
          for (const { value } of received) await one.manager.receive(name, value)
          await Promise.all(received.map(async ({ value }) => other.manager.receive(name, value)))
          for (const { store } of [one, other])
            expect(toHex((await store.get(name))?.value as Uint8Array)).toBe(expected)
        }),
        { numRuns: 25 }
      )
    })

    test('is not completed above the size limit', async () => {
      const { signer, name } = await prepared
      const extra = new Map([['_filler', new Uint8Array(10_240 - 900)]])
      const content = { value: '/ipfs/bafkqaaa', sequence: 7n, validity: now + hour, extra }
      const long = decodeIpnsRecord(await createIpnsRecord(content, { signer, now }))
      const { manager, store, engine } = managerOf(signer)
      const small = new ValidationEngine(
        [ipns({ algorithms, limits: { value: encodeIpnsRecord({ ...long, publicKey: undefined }).length } })],
        { clock, keyBook: { find: () => signer.publicKey } }
      )
      const limited = new RecordManager({ engine: small, store, clock })
      const withoutKey = encodeIpnsRecord({ ...long, publicKey: undefined })
      const withoutV1 = encodeIpnsRecord({
        data: long.data,
        signatureV2: long.signatureV2,
        publicKey: encodePublicKey(signer.publicKey)
      })
      expect((await limited.receive(name, withoutKey)).status).toBe('stored')
      expect((await limited.receive(name, withoutV1)).status).toBe('refreshed')
      expect(toHex((await store.get(name))?.value as Uint8Array)).toBe(toHex(withoutKey))
      expect(engine.namespaces).toHaveLength(2)
      expect((await manager.receive(name, withoutV1)).status).toBe('refreshed')
      expect((await store.get(name))?.value.length).toBeGreaterThan(withoutKey.length)
    })
  }
)

test('a signed record whose envelope is encoded in another way is stored in its normal form', async () => {
  const signer = await generateEcdsaKeyPair()
  const name = bytes('/notes/one')
  const record = {
    key: name,
    content: bytes('x'),
    sequence: 1n,
    issued: now,
    expires: now + hour,
    ttl: 0n,
    revoked: false
  }
  const normal = await sealSignedRecord(record, { signer, now })
  const { signature } = decodeUnverifiedEnvelope(normal)
  const start = normal.length - signature.length - 2
  const resigned = ecdsaEncodings(signature, p256Order, 32).map((other) =>
    Uint8Array.of(...normal.subarray(0, start), 0x2a, other.length, ...other)
  )
  const others = [
    Uint8Array.of(...normal, 0x78, 1),
    Uint8Array.of(...normal.subarray(start), ...normal.subarray(0, start)),
    Uint8Array.of(0x1a, 1, 7, ...normal)
  ]
  for (const value of [...resigned, ...others]) {
    const { manager, store } = managerOf()
    expect((await manager.receive(name, value)).status).toBe('stored')
    expect(toHex((await store.get(name))?.value as Uint8Array)).toBe(toHex(normal))
    expect((await manager.receive(name, normal)).status).toBe('refreshed')
  }
})
