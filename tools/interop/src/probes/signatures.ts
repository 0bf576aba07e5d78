import { readFileSync } from 'node:fs'
import { decodePublicKey, encodePublicKey } from '@recordkit/record-codec'
import { normalizeSignature, verifySignature } from '@recordkit/record-crypto'
import type { KeyType } from '@recordkit/record-types'
import { unhex } from '../bytes.ts'
import { algorithms } from '../own.ts'
import type { Probe } from './probe.ts'

const vectors = new URL('../../../../vectors/', import.meta.url)
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, vectors), 'utf8'))

function probe(title: string, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Probe {
  return {
    title,
    operation: 'key.verify',
    call: { bytes: { public: publicKey, message, signature } },
    // as a signature in a record, which no signature covers
    ours: () => {
      const key = decodePublicKey(publicKey)
      return verifySignature(key, message, normalizeSignature(key, signature, algorithms), { algorithms })
    },
    isAccepted: (answer) => answer['valid'] === true
  }
}

interface SpecCheck {
  readonly message: string
  readonly pub_key: string
  readonly signature: string
}

function* speccheck(): Generator<Probe> {
  for (const [index, one] of (read('ed25519-speccheck/cases.json') as SpecCheck[]).entries()) {
    const key = encodePublicKey({ type: 'Ed25519', data: unhex(one.pub_key) })
    yield probe(`Ed25519 speccheck case ${index}`, key, unhex(one.message), unhex(one.signature))
  }
}

interface Group {
  readonly publicKey?: { readonly pk?: string; readonly uncompressed?: string }
  readonly publicKeyDer: string
  readonly tests: readonly { readonly flags: readonly string[]; readonly msg: string; readonly sig: string }[]
}

const suites: readonly (readonly [string, KeyType])[] = [
  ['ed25519_test', 'Ed25519'],
  ['ecdsa_secp256k1_sha256_bitcoin_test', 'Secp256k1'],
  ['ecdsa_secp256r1_sha256_test', 'ECDSA'],
  ['rsa_signature_2048_sha256_test', 'RSA']
]

function keyData(type: KeyType, group: Group): Uint8Array {
  if (type === 'Ed25519') return unhex(group.publicKey?.pk ?? '')
  if (type !== 'Secp256k1') return unhex(group.publicKeyDer)
  const point = unhex(group.publicKey?.uncompressed ?? '')
  return new Uint8Array([2 + ((point[64] ?? 0) & 1), ...point.subarray(1, 33)])
}

function* wycheproof(): Generator<Probe> {
  for (const [name, type] of suites) {
    for (const group of (read(`wycheproof/${name}.json`) as { testGroups: Group[] }).testGroups) {
      const key = encodePublicKey({ type, data: keyData(type, group) })
      for (const { flags, msg, sig } of group.tests) {
        yield probe(`Wycheproof ${type}: ${flags.join(', ')}`, key, unhex(msg), unhex(sig))
      }
    }
  }
}

export function* signatureProbes(): Generator<Probe> {
  yield* speccheck()
  yield* wycheproof()
}
