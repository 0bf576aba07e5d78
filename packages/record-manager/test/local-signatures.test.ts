import { ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { ed25519, keyPairFromSeed } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { generateSecp256k1KeyPair } from '@recordkit/record-crypto/secp256k1'
import { RecordManager } from '@recordkit/record-manager'
import type { Algorithm, Signer } from '@recordkit/record-types'
import { LocalSignatures } from '@recordkit/record-types/internal'
import { anyAuthor, ipns, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { beforeEach, describe, expect, test } from 'vitest'

const key = joinRecordKey('config', 'x')
const content = new TextEncoder().encode('content')
let pair: KeyPair
let verified = 0

/** Ed25519 that counts the verified signatures. */
const counting: Algorithm = {
  ...ed25519,
  verify: (...parameters) => {
    verified++
    return ed25519.verify(...parameters)
  }
}

function managerOf(signer: Signer): RecordManager {
  const algorithms = [counting]
  const engine = new ValidationEngine([signed('config', { authors: anyAuthor(), algorithms }), ipns({ algorithms })])
  return new RecordManager({ engine, store: new MemoryRecordStore(), signer })
}

beforeEach(async () => {
  pair = await keyPairFromSeed(new Uint8Array(32).fill(7))
  verified = 0
})

describe('a signature that a key pair of this process made', () => {
  test.each([10, 5000])('is not verified by the put that made it, with content of %i bytes', async (size) => {
    const manager = managerOf(pair)
    await manager.put(key, new Uint8Array(size))
    expect(verified).toBe(0)
    // nor by the reads that follow
    expect(await manager.get(key)).toHaveLength(size)
    expect(verified).toBe(0)
  })

  test('is not verified in an IPNS record with the two signatures of its V1 and V2 fields', async () => {
    const manager = managerOf(pair)
    await manager.put(ipnsRoutingKey(pair.peerId), new TextEncoder().encode('/ipfs/x'))
    expect(verified).toBe(0)
  })

  test('is verified when the record comes from elsewhere', async () => {
    const value = (await managerOf(pair).put(key, content)).record.value
    const other = managerOf(pair)
    expect(await other.receive(key, value)).toMatchObject({ status: 'stored' })
    expect(verified).toBe(1)
    await managerOf(pair).putSigned(key, value)
    expect(verified).toBe(2)
  })
})

describe('the record of a signer that is not a key pair of this process, or was changed, is verified', () => {
  test.each<[string, () => Signer]>([
    ['a signer of the application', () => ({ publicKey: pair.publicKey, sign: (message) => pair.sign(message) })],
    ['a copy of a key pair', () => ({ ...pair })],
    ['an object that inherits from a key pair', () => Object.create(pair) as Signer],
    ['a key pair with another sign', () => Object.assign(pair, { sign: pair.sign.bind(pair) })],
    [
      'a key pair with another public key',
      () => Object.assign(pair, { publicKey: { ...pair.publicKey, data: new Uint8Array(pair.publicKey.data) } })
    ]
  ])('%s', async (name, signerOf) => {
    await managerOf(signerOf()).put(key, content)
    // an equal public key is the same one
    expect(verified).toBe(name.endsWith('public key') ? 0 : 1)
  })

  test('a key pair whose public key was overwritten makes no record', async () => {
    const manager = managerOf(pair)
    pair.publicKey.data[3] = (pair.publicKey.data[3] as number) ^ 1
    await expect(manager.put(key, content)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
    expect(verified).toBe(1)
  })

  test('a namespace that changes what was signed, or the signature, makes no record', async () => {
    const inner = signed('config', { authors: anyAuthor(), algorithms: [counting] })
    for (const offset of [-1, -40]) {
      const namespace = {
        ...inner,
        seal: async (...parameters: Parameters<typeof inner.seal>) => {
          const value = new Uint8Array(await inner.seal(...parameters))
          const at = value.length + offset
          value[at] = (value[at] as number) ^ 1
          return value
        }
      }
      const manager = new RecordManager({
        engine: new ValidationEngine([namespace]),
        store: new MemoryRecordStore(),
        signer: pair
      })
      await expect(manager.put(key, content)).rejects.toThrow()
      expect(await manager.get(key)).toBeUndefined()
    }
  })
})

test('a key pair whose type is not among the algorithms of the namespace makes no record', async () => {
  const config = signed('config', { authors: anyAuthor() })
  for (const engine of [new ValidationEngine([config]), new ValidationEngine([config], { verdicts: 0 })]) {
    const manager = new RecordManager({
      engine,
      store: new MemoryRecordStore(),
      signer: await generateSecp256k1KeyPair()
    })
    await expect(manager.put(key, content)).rejects.toMatchObject({ code: 'ALGORITHM_MISSING' })
    expect((await manager.stats()).store.entries).toBe(0)
  }
})

test('local signatures are those of the bytes that were signed, whatever a caller does with its own afterwards', async () => {
  const made = LocalSignatures.of(pair) as LocalSignatures
  const message = new TextEncoder().encode('message')
  const signing = made.signer.sign(message)
  message.fill(0)
  const signature = await signing
  const copy = new Uint8Array(signature)
  signature.fill(0)
  expect(made.has(pair.publicKey, new TextEncoder().encode('message'), copy)).toBe(true)
  expect(made.has(pair.publicKey, message, copy)).toBe(false)
  expect(made.has(pair.publicKey, new TextEncoder().encode('message'), signature)).toBe(false)
  expect(made.has({ type: 'Ed25519', data: new Uint8Array(32) }, new TextEncoder().encode('message'), copy)).toBe(false)
  expect((made.signer as KeyPair).peerId).toBe(pair.peerId)
})
