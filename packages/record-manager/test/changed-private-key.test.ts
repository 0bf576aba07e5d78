import { joinRecordKey } from '@recordkit/record-codec'
import { ed25519Portable, generatePortableKeyPair } from '@recordkit/record-crypto/ed25519-portable'
import { generateSecp256k1KeyPair, secp256k1 } from '@recordkit/record-crypto/secp256k1'
import { RecordManager } from '@recordkit/record-manager'
import { anyAuthor, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'

const newEngine = (): ValidationEngine =>
  new ValidationEngine([signed('config', { authors: anyAuthor(), algorithms: [ed25519Portable, secp256k1] })])

test.each([
  ['Ed25519', generatePortableKeyPair],
  ['Secp256k1', generateSecp256k1KeyPair]
])('a pair whose private key was overwritten makes no record that others refuse: %s', async (_, generate) => {
  const pair = await generate()
  pair.privateKey.data.fill(9)
  const manager = new RecordManager({ engine: newEngine(), store: new MemoryRecordStore(), signer: pair })
  const key = joinRecordKey('config', 'app')
  const { record } = await manager.put(key, new Uint8Array(10))
  expect(await newEngine().validate(key, record.value)).toMatchObject({ status: 'accept' })
})
