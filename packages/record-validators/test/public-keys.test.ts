import { decodePublicKey, encodePublicKey, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair, peerIdFromPublicKey } from '@recordkit/record-crypto'
import { publicKeys, ValidationEngine } from '@recordkit/record-validators'
import { fromHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import fixtures from '@recordkit/vectors/peer-ids/peer-id-spec-keys.json' with { type: 'json' }
import cases from '@recordkit/vectors/rules/pk-validator-cases.json' with { type: 'json' }

const engine = new ValidationEngine([publicKeys()])

/** go-libp2p-record accepts other encodings of a key; here a key has one encoding. */
describe('the public key cases of go-libp2p-record', () => {
  for (const { id, keyHex, valueHex, expect: expected } of cases.cases) {
    test(`the case ${id} is ${expected === 'ok' ? 'accepted' : 'refused'}`, async () => {
      const verdict = await engine.validate(fromHex(keyHex), fromHex(valueHex))
      expect(verdict.status === 'accept').toBe(expected === 'ok')
    })
  }
})

test('publicKeys accepts keys of all types in the peer-id specification under their peer IDs', async () => {
  expect(fixtures.vectors.length).toBe(4)
  for (const { publicKeyProtobufHex } of fixtures.vectors) {
    const value = fromHex(publicKeyProtobufHex)
    const path = peerIdFromPublicKey(decodePublicKey(value))
    expect(await engine.validate(joinRecordKey('pk', path), value)).toMatchObject({ status: 'accept' })
  }
})

test('publicKeys rejects a key under the ID of another peer', async () => {
  const [mine, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const verdict = await engine.validate(joinRecordKey('pk', other.peerId), encodePublicKey(mine.publicKey))
  expect(verdict).toMatchObject({ status: 'reject', code: 'PUBLIC_KEY_MISMATCH' })
})

test('publicKeys seals the key of the signer under its peer ID, and rejects any other record key', async () => {
  const [signer, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const namespace = publicKeys()
  const key = namespace.keyFor(peerIdFromPublicKey(signer.publicKey))
  const draft = { key, content: new Uint8Array(), sequence: 0n }
  expect(await namespace.seal(draft, { now: 0n, signer })).toEqual(encodePublicKey(signer.publicKey))
  await expect(async () => namespace.seal(draft, { now: 0n, signer: other })).rejects.toMatchObject({
    code: 'AUTHOR_FORBIDDEN'
  })
})
