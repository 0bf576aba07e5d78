import { createPrivateKey, createPublicKey } from 'node:crypto'
import * as dagCbor from '@ipld/dag-cbor'
import { decodePrivateKey, decodePublicKey, encodePrivateKey, encodePublicKey } from '@recordkit/record-codec'
import { decodeCbor, encodeCbor } from '@recordkit/record-codec/dag-cbor'
import type { CborValue } from '@recordkit/record-codec/dag-cbor'
import { decodeStoreEntry, encodeStoreEntry } from '@recordkit/record-store'
import { CID } from 'multiformats/cid'
import { internal } from '@recordkit/testing/internal'
import { attempt, codecTarget, Finding, same } from '../target.ts'
import type { Target } from '../target.ts'

type Form<Value> = {
  readonly decode: (key: Uint8Array, bytes: Uint8Array) => Value
  readonly encode: (key: Uint8Array, value: Value) => Uint8Array
}
const { decodeMessage, putValueMessage } = await internal<{
  decodeMessage(bytes: Uint8Array): unknown
  putValueMessage(key: Uint8Array, value: Uint8Array): Uint8Array
}>('store-dht/src/dht-message.ts')
const { decodeCounters, decodeMark, decodeRecordForm, encodeCounters, encodeMark, encodeRecordForm } = await internal<{
  decodeCounters: Form<object>['decode']
  encodeCounters: Form<object>['encode']
  decodeMark: Form<object>['decode']
  encodeMark: Form<object>['encode']
  decodeRecordForm: Form<object>['decode']
  encodeRecordForm: Form<object>['encode']
}>('store-level/src/entry-format.ts')

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A value as the oracle represents it: it has one type for integers and floats, and objects for maps. */
function asObject(value: CborValue): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(asObject)
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [key, asObject(item as CborValue)]))
  return CID.decode((value as { cid: Uint8Array }).cid)
}

/** Whether the oracle can represent a value: it turns whole floats into integers, loses the key `__proto__` and drops a BOM. */
function isComparable(value: CborValue): boolean {
  if (typeof value === 'number') return !Number.isInteger(value)
  if (typeof value === 'string') return !value.startsWith('\uFEFF')
  if (Array.isArray(value)) return value.every(isComparable)
  if (value instanceof Map) {
    return [...value].every(
      ([key, item]) => key !== '__proto__' && isComparable(key as string) && isComparable(item as CborValue)
    )
  }
  return true
}

/** Codes of inputs that we refuse and @ipld/dag-cbor accepts: record-codec's README, "Stricter than others". */
const stricter = new Set(['CBOR_FLOAT', 'CBOR_SIMPLE', 'CBOR_TEXT', 'CBOR_TAG', 'CBOR_DEPTH', 'CBOR_DUPLICATE_KEY'])

async function spki(algorithm: RsaHashedKeyGenParams | EcKeyGenParams): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}
const exported = async (key: CryptoKey, format: 'spki' | 'pkcs8'): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.exportKey(format, key))
const ecdsa = await spki({ name: 'ECDSA', namedCurve: 'P-256' })
const rsa = await spki({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1)
})
const node = (pkcs8: Uint8Array, type: 'pkcs1' | 'sec1'): Uint8Array =>
  new Uint8Array(
    createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }).export({ format: 'der', type })
  )

const key = utf8('k/config/x')
const record = {
  key: key.subarray(1),
  value: utf8('v'),
  rank: new Uint8Array(36).fill(7),
  timeReceived: 1n,
  expires: 9n,
  author: utf8('a'),
  sender: utf8('s')
}

export const treeTargets: readonly Target[] = [
  codecTarget(
    'cbor',
    [
      encodeCbor(
        new Map<string, CborValue>([
          ['a', [1n, -1n, 'x', null, true, 1.5, utf8('y')]],
          ['b', new Map([['c', 1n << 60n]])]
        ])
      ),
      encodeCbor({ cid: CID.parse('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4').bytes })
    ],
    {
      decode: decodeCbor,
      encode: encodeCbor,
      oracle(input, value, code) {
        const theirs = attempt(() => ({ value: dagCbor.decode(input) }))
        if (value === undefined) {
          if (theirs !== undefined && !stricter.has(code ?? ''))
            throw new Finding(`refused with ${code}; @ipld/dag-cbor accepts`)
        } else if (isComparable(value)) {
          if (theirs === undefined) throw new Finding('accepted; @ipld/dag-cbor refuses')
          same('@ipld/dag-cbor', asObject(value), theirs.value)
        }
      }
    }
  ),
  codecTarget('der-public-rsa', [await exported(rsa.publicKey, 'spki')], derTarget('RSA')),
  codecTarget('der-public-ecdsa', [await exported(ecdsa.publicKey, 'spki')], derTarget('ECDSA')),
  codecTarget('der-private-rsa', [node(await exported(rsa.privateKey, 'pkcs8'), 'pkcs1')], {
    decode: (input) => decodePrivateKey(encodePrivateKey({ type: 'RSA', data: input })).data,
    encode: (data) => data
  }),
  codecTarget('der-private-ecdsa', [node(await exported(ecdsa.privateKey, 'pkcs8'), 'sec1')], {
    decode: (input) => decodePrivateKey(encodePrivateKey({ type: 'ECDSA', data: input })).data,
    encode: (data) => data
  }),
  codecTarget(
    'private-key',
    [
      encodePrivateKey({ type: 'Ed25519', data: new Uint8Array(64) }),
      encodePrivateKey({ type: 'Secp256k1', data: new Uint8Array(32) })
    ],
    {
      decode: decodePrivateKey,
      encode: encodePrivateKey
    }
  ),
  codecTarget('dht-message', [putValueMessage(utf8('/v/x'), utf8('y'))], { decode: decodeMessage }),
  codecTarget('stored-record', [encodeRecordForm(key, { record, marked: true, published: true })], {
    decode: (input) => decodeRecordForm(key, input),
    encode: (form) => encodeRecordForm(key, form)
  }),
  codecTarget(
    'stored-mark',
    [
      encodeMark(key, {
        mark: { key: key.subarray(1), rank: new Uint8Array(36).fill(7), until: 5n },
        markShare: { group: Uint8Array.of(4, 10, 0, 0), since: 7n }
      })
    ],
    {
      decode: (input) => decodeMark(key, input),
      encode: (mark) => encodeMark(key, mark)
    }
  ),
  codecTarget(
    'stored-counters',
    [
      encodeCounters(key, {
        records: 3,
        bytes: 400,
        marks: 2,
        publications: 1,
        publishedRecords: 1,
        publishedBytes: 100,
        groups: 2,
        ordinal: 9,
        recentAccounts: [{ name: utf8('ga'), records: 2, bytes: 300, marks: 1 }]
      })
    ],
    {
      decode: (input) => decodeCounters(key, input)
    }
  ),
  codecTarget(
    'store-entry',
    [
      encodeStoreEntry(record.key, {
        record,
        mark: { key: record.key, rank: new Uint8Array(32), until: 3n },
        publication: { key: record.key, signer: utf8('s'), lifetime: 5n, ttl: 6n, options: utf8('o'), network: true },
        recordShare: { group: utf8('g'), since: 8n },
        markShare: { group: utf8('h'), since: 9n }
      }),
      encodeStoreEntry(record.key, { publication: { key: record.key, network: false, published: 4n } })
    ],
    {
      decode(input) {
        const { corrupt, newer, version: _, ...content } = decodeStoreEntry(record.key, input)
        if (corrupt !== undefined) throw corrupt
        if (newer !== undefined) throw newer
        return content
      },
      encode: (entry) => encodeStoreEntry(record.key, entry)
    }
  )
]

/** OpenSSL must accept every key that we accept, except a point that is not on its curve. */
function derTarget(type: 'RSA' | 'ECDSA'): Parameters<typeof codecTarget<Uint8Array>>[2] {
  return {
    decode: (input) => decodePublicKey(encodePublicKey({ type, data: input })).data,
    encode: (data) => data,
    oracle(input, value) {
      if (value === undefined) return
      const theirs = attempt(() => createPublicKey({ key: Buffer.from(input), format: 'der', type: 'spki' }))
      if (theirs === undefined && type === 'RSA') throw new Finding('accepted a key that OpenSSL refuses')
      if (theirs !== undefined) same('OpenSSL', value, new Uint8Array(theirs.export({ format: 'der', type: 'spki' })))
    }
  }
}
