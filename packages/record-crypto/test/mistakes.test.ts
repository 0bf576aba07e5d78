import { encodeIpnsRecord, decodeIpnsRecord, ipnsNameToString, parseIpnsName } from '@recordkit/record-codec'
import { timeFromDate } from '@recordkit/record-types'
import { beforeAll, describe, expect, test } from 'vitest'
import { ecdsa, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { generatePortableKeyPair } from '../src/ed25519-portable.ts'
import { generateWasmKeyPair } from '../src/ed25519-wasm.ts'
import { generateSecp256k1KeyPair } from '../src/secp256k1.ts'
import {
  createIpnsRecord,
  ed25519,
  exportPrivateKey,
  generateKeyPair,
  importPrivateKey,
  openIpnsRecord
} from '../src/index.ts'
import type { KeyPair } from '../src/index.ts'
import { errorOf } from './errors.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const validity = timeFromDate(new Date(Date.now() + 3_600_000))
const content = { value: '/ipfs/bafkqaaa', sequence: 1n, validity }
const signer = await generateKeyPair()
const value = await createIpnsRecord(content, { signer })

describe('openIpnsRecord', () => {
  test.each<[string, unknown, unknown, string, RegExp]>([
    [
      'an HTML page',
      utf8('<!DOCTYPE html><html></html>'),
      { name: signer.peerId },
      'PROTOBUF_GROUP',
      /^the value is HTML or JSON text; the bytes of an IPNS record are expected$/
    ],
    [
      'JSON',
      utf8('{"error":"not found"}'),
      { name: signer.peerId },
      'PROTOBUF_TRUNCATED',
      /^the value is HTML or JSON text; /
    ],
    ['text', '<html>', { name: signer.peerId }, 'INVALID_ARGUMENT', /^value is a string; a Uint8Array is expected$/],
    ['no options', value, undefined, 'INVALID_ARGUMENT', /^name is undefined; a Uint8Array is expected$/],
    [
      'a name as text',
      value,
      { name: ipnsNameToString(signer.peerId) },
      'INVALID_ARGUMENT',
      /^name is a string; a Uint8Array is expected: pass text to parseIpnsName$/
    ],
    [
      'the name of an algorithm',
      value,
      { name: signer.peerId, algorithms: ['rsa'] },
      'INVALID_ARGUMENT',
      /^algorithms\[0\] is the text "rsa"; an algorithm such as `rsa` of @recordkit\/record-crypto\/rsa is expected$/
    ],
    [
      'a misspelled option',
      value,
      { name: signer.peerId, Now: 1n },
      'INVALID_ARGUMENT',
      /^unknown option "Now"; did you mean "now"\?/
    ],
    [
      'a time as a number',
      value,
      { name: signer.peerId, now: 1 },
      'INVALID_ARGUMENT',
      /^now is 1; a bigint of nanoseconds since the Unix epoch is expected$/
    ],
    [
      'milliseconds, at which no record has expired,',
      value,
      { name: signer.peerId, now: BigInt(Date.now()) },
      'INVALID_ARGUMENT',
      /^now is \d+n milliseconds; nanoseconds since the Unix epoch are expected$/
    ],
    ['bytes as options', value, signer.peerId, 'INVALID_ARGUMENT', /^options is a Uint8Array; an object is expected$/]
  ])('names the mistake: %s', async (_, bytes, options, code, message) => {
    expect(await errorOf(() => openIpnsRecord(bytes as never, options as never))).toMatchObject({
      code,
      message: expect.stringMatching(message) as unknown
    })
  })
})

describe('createIpnsRecord', () => {
  test.each<[string, object, object, RegExp, string?]>([
    ['a number as sequence', { sequence: 1 }, { signer }, /^sequence is 1; a bigint from 0 to 2\^63 - 1 is expected$/],
    ['a number as validity', { validity: 1 }, { signer }, /^validity is 1; a bigint is expected$/],
    [
      'milliseconds as validity',
      { validity: BigInt(Date.now()) },
      { signer },
      /^the validity 1970-.* is in the past; /,
      'EXPIRED'
    ],
    [
      'a misspelled option',
      {},
      { signer, v1compatible: false },
      /^unknown option "v1compatible"; did you mean "v1Compatible"\?/
    ],
    ['no signer', {}, {}, /^signer is undefined; an object with publicKey and sign, such as/],
    [
      'a key pair that was not awaited',
      {},
      { signer: generateKeyPair() },
      /^signer is a promise, which must be awaited; /
    ]
  ])('names the mistake: %s', async (_, fields, options, message, code = 'INVALID_ARGUMENT') => {
    expect(await errorOf(() => createIpnsRecord({ ...content, ...fields }, options as never))).toMatchObject({
      code,
      message: expect.stringMatching(message) as unknown
    })
  })
})

test('parseIpnsName shows the text that is not a name', async () => {
  expect(await errorOf(() => parseIpnsName('example.org'))).toMatchObject({
    code: 'IPNS_NAME_INVALID',
    message: 'IPNS name "example.org" is not a peer ID such as k51…, 12D3KooW… or Qm…'
  })
})

describe('openIpnsRecord of a name that is the hash of a key', () => {
  let pair: KeyPair
  let record: Uint8Array
  const algorithms = [ed25519, ecdsa]
  beforeAll(async () => {
    pair = await generateEcdsaKeyPair()
    record = await createIpnsRecord(content, { signer: pair })
  })
  const without = (): Uint8Array => encodeIpnsRecord({ ...decodeIpnsRecord(record), publicKey: undefined })

  test('uses the key that the record contains, and keeps it in the value', async () => {
    const opened = await openIpnsRecord(record, { name: pair.peerId, algorithms })
    expect(opened).toMatchObject({ author: pair.peerId, publicKey: pair.publicKey, content: { sequence: 1n } })
    expect(decodeIpnsRecord(opened.value).publicKey).toEqual(decodeIpnsRecord(record).publicKey)
  })

  test('uses the key that is passed when the record contains none', async () => {
    const options = { name: pair.peerId, algorithms }
    const opened = await openIpnsRecord(without(), { ...options, publicKey: pair.publicKey })
    expect(opened.publicKey).toEqual(pair.publicKey)
    expect(await errorOf(() => openIpnsRecord(without(), options))).toMatchObject({ code: 'PUBLIC_KEY_NOT_FOUND' })
  })

  test('refuses the key of another name, a missing algorithm, and a signature of other bytes', async () => {
    const other = await generateEcdsaKeyPair()
    const name = pair.peerId
    expect(await errorOf(() => openIpnsRecord(record, { name: other.peerId, algorithms }))).toMatchObject({
      code: 'PUBLIC_KEY_MISMATCH'
    })
    expect(
      await errorOf(() => openIpnsRecord(without(), { name, algorithms, publicKey: other.publicKey }))
    ).toMatchObject({ code: 'PUBLIC_KEY_MISMATCH' })
    expect(await errorOf(() => openIpnsRecord(record, { name }))).toMatchObject({ code: 'ALGORITHM_MISSING' })
    const { data } = decodeIpnsRecord(await createIpnsRecord({ ...content, sequence: 2n }, { signer: pair }))
    const forged = encodeIpnsRecord({ ...decodeIpnsRecord(record), signatureV1: undefined, data })
    expect(await errorOf(() => openIpnsRecord(forged, { name, algorithms }))).toMatchObject({
      code: 'SIGNATURE_INVALID'
    })
  })
})

test.each([
  ['generateKeyPair', generateKeyPair],
  ['generatePortableKeyPair', generatePortableKeyPair],
  ['generateWasmKeyPair', generateWasmKeyPair],
  ['generateSecp256k1KeyPair', generateSecp256k1KeyPair],
  ['generateEcdsaKeyPair', generateEcdsaKeyPair]
])('%s refuses the type of another key', async (_, generate) => {
  const error = await errorOf(() => generate('RSA' as never))
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: 'options is a string; an object is expected' })
})

test('importPrivateKey reads an object that writes the protobuf of libp2p, as a key of the keychain of Helia does', async () => {
  const bytes = exportPrivateKey(signer)
  const imported = await importPrivateKey({ toProtobuf: () => bytes })
  expect(imported.peerId).toEqual(signer.peerId)
  expect(await errorOf(() => importPrivateKey({ toProtobuf: () => 'text' } as never))).toMatchObject({
    code: 'INVALID_ARGUMENT'
  })
})

test('a private key of another library is not a signer, and importPrivateKey makes one', async () => {
  const key = {
    type: 'Ed25519',
    publicKey: { type: 'Ed25519', raw: new Uint8Array(32) },
    sign: () => new Uint8Array(64)
  }
  const error = await errorOf(() => createIpnsRecord(content, { signer: key as never }))
  expect(error).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(/importPrivateKey/) as unknown
  })
})
