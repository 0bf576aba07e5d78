import { decodePublicKey, encodePublicKey, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair, peerIdFromPublicKey } from '@recordkit/record-crypto'
import { publicKeys, ValidationEngine } from '@recordkit/record-validators'
import { fromHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import fixtures from '@recordkit/vectors/peer-ids/peer-id-spec-keys.json' with { type: 'json' }
import cases from '@recordkit/vectors/rules/pk-validator-cases.json' with { type: 'json' }

const engine = new ValidationEngine([publicKeys()])

/** Go takes another encoding of the same key; here a key has one. */
const strict: Record<string, string> = { 'field-order-swapped': 'PUBLIC_KEY_NOT_CANONICAL' }

describe('each rule of go-libp2p-record, by its case', () => {
  for (const { id, keyHex, valueHex, expect: expected } of cases.cases) {
    test(id, async () => {
      const verdict = await engine.validate(fromHex(keyHex), fromHex(valueHex))
      expect(verdict.status === 'accept').toBe(expected === 'ok' && strict[id] === undefined)
      if (strict[id] !== undefined) expect(verdict).toMatchObject({ code: strict[id] })
    })
  }
})

test('takes keys of every type of the peer-id specification under their own ID', async () => {
  expect(fixtures.vectors.length).toBe(4)
  for (const { publicKeyProtobufHex } of fixtures.vectors) {
    const value = fromHex(publicKeyProtobufHex)
    const path = peerIdFromPublicKey(decodePublicKey(value))
    expect(await engine.validate(joinRecordKey('pk', path), value)).toMatchObject({ status: 'accept' })
  }
})

test('refuses a key under another peer’s ID', async () => {
  const [mine, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const verdict = await engine.validate(joinRecordKey('pk', other.peerId), encodePublicKey(mine.publicKey))
  expect(verdict).toMatchObject({ status: 'reject', code: 'PUBLIC_KEY_MISMATCH' })
})

test('publishes the signer’s own key and no other’s', async () => {
  const [signer, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const namespace = publicKeys()
  const key = await namespace.keyFor(signer)
  const draft = { key, content: new Uint8Array(), sequence: 0n }
  expect(await namespace.seal(draft, { now: 0n, signer })).toEqual(encodePublicKey(signer.publicKey))
  await expect(async () => namespace.seal(draft, { now: 0n, signer: other })).rejects.toMatchObject({
    code: 'AUTHOR_FORBIDDEN'
  })
})
