import { encodePrivateKey } from '@recordkit/record-codec'
import type { PrivateKey } from '@recordkit/record-types'
import { writeFields } from '@recordkit/record-codec/protobuf'
import { toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { ecdsaKeys, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { ed25519Keys, generateKeyPair, importPrivateKey, keyPairFromSeed } from '../src/index.ts'
import type { KeyPair } from '../src/index.ts'
import { exportPrivateKeyPem } from '../src/pem.ts'
import { generateRsaKeyPair, rsaKeys } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1Keys } from '../src/secp256k1.ts'

const kinds: readonly (readonly [string, () => Promise<KeyPair>])[] = [
  ['Ed25519', generateKeyPair],
  ['Secp256k1', generateSecp256k1KeyPair],
  ['RSA', generateRsaKeyPair],
  ['ECDSA', generateEcdsaKeyPair]
]

/** Returns the secret part of a private key. */
function secretOf({ privateKey: { type, data } }: KeyPair): Uint8Array {
  if (type === 'Ed25519') return data.subarray(0, 32)
  // in RSA, the primes and exponents follow the modulus; in ECDSA, the secret follows the version
  if (type === 'RSA') return data.subarray(Math.floor(data.length / 2))
  return type === 'ECDSA' ? data.subarray(7, 39) : data
}

/**
 * Returns everything that can be reached from a value as text, including properties that are not enumerable, and
 * causes.
 */
function everything(value: unknown, seen = new Set<unknown>()): string {
  if (value instanceof Uint8Array) return `${toHex(value)} ${value.join(',')}`
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return String(value)
  if (seen.has(value)) return ''
  seen.add(value)
  const names = Object.getOwnPropertyNames(value).filter((name) => name !== 'caller' && name !== 'arguments')
  const own = names.map((name) => everything((value as Record<string, unknown>)[name], seen))
  return value instanceof Error ? [String(value), value.stack, ...own].join('\n') : own.join('\n')
}

/** Whether `text` contains eight consecutive bytes of a secret: in hex, base64, or as numbers with separators. */
function containsPartOf(secret: Uint8Array, text: string): boolean {
  const spaced = text.toLowerCase().replaceAll(/\s+/g, ' ')
  for (let start = 0; start + 8 <= secret.length; start++) {
    const part = secret.subarray(start, start + 8)
    const base64 = btoa(String.fromCharCode(...secret.subarray(start, start + 9))).slice(0, 11)
    const forms = [toHex(part), part.join(','), part.join(', '), part.join(' ')]
    if (forms.some((form) => spaced.includes(form)) || text.includes(base64)) return true
  }
  return false
}

test('the search for secrets finds each form', () => {
  const secret = crypto.getRandomValues(new Uint8Array(32))
  const pem = btoa(String.fromCharCode(...secret))
  for (const text of [toHex(secret), secret.join(','), pem, everything(new Error('x', { cause: { secret } }))])
    expect(containsPartOf(secret, text)).toBe(true)
  expect(containsPartOf(secret, everything(new Error('x')))).toBe(false)
})

describe.each(kinds)('a key pair of %s', (_kind, generate) => {
  test('does not reveal its private key when it is listed, copied or printed', async () => {
    const pair = await generate()
    const secret = secretOf(pair)
    const spread = { ...pair }
    const printed = [JSON.stringify(pair), JSON.stringify({ signer: pair }), Object.entries(pair).join()]
    for (const text of printed) expect(containsPartOf(secret, text)).toBe(false)
    expect(Object.keys(pair)).not.toContain('privateKey')
    expect('privateKey' in spread).toBe(false)
    expect(JSON.stringify(Object.entries(spread))).not.toContain('private')
    expect(() => structuredClone(pair)).toThrow()
  })
})

/** Returns invalid private keys, each with its secret and a function that imports it. */
async function wrongKeys(): Promise<
  { readonly name: string; readonly secret: Uint8Array; readonly read: () => Promise<unknown> }[]
> {
  const found: { name: string; secret: Uint8Array; read: () => Promise<unknown> }[] = []
  const algorithms = { Ed25519: ed25519Keys, Secp256k1: secp256k1Keys, RSA: rsaKeys, ECDSA: ecdsaKeys }
  for (const [kind, generate] of kinds) {
    const pair = await generate()
    const secret = secretOf(pair)
    const { privateKey } = pair
    const whole = encodePrivateKey(privateKey)
    const options = { algorithms: [algorithms[kind as keyof typeof algorithms]] }
    const read = (key: PrivateKey | Uint8Array | string) => importPrivateKey(key, options)
    const add = (name: string, wrong: () => Promise<unknown>): void => {
      found.push({ name: `${kind}, ${name}`, secret, read: wrong })
    }
    add('truncated', async () => read(whole.subarray(0, whole.length - 1)))
    add('followed by bytes', async () => read(Uint8Array.of(...whole, 1, 2, 3)))
    add('of the wrong length', async () => read({ ...privateKey, data: privateKey.data.subarray(1) }))
    add('of another type', async () =>
      importPrivateKey(whole, { algorithms: kind === 'RSA' ? [ed25519Keys] : [rsaKeys] })
    )
    add('of an unknown type', async () => read({ type: 'DSA' as never, data: privateKey.data }))
    add('twice in one message', async () => read(Uint8Array.of(...whole, ...whole)))
    add('in a field of another type', async () => {
      return read(writeFields([72, 1, 10, privateKey.data]))
    })
    const last = Uint8Array.from(privateKey.data)
    last[last.length - 1] = (last[last.length - 1] ?? 0) ^ 1
    if (kind !== 'Secp256k1') add('with a changed last byte', async () => read({ ...privateKey, data: last }))
    const pem = exportPrivateKeyPem(pair)
    add('in truncated PEM', async () => read(pem.replace(/.{3}\n-----END/, '\n-----END')))
    add('in PEM that is not base64', async () => read(pem.replace(/[A-Z]/g, '*')))
    add('in PEM with another name', async () => read(pem.replaceAll('PRIVATE KEY', 'EC PRIVATE KEY')))
    add('as base64 without a PEM block', async () => read(pem.replaceAll(/-.*-/g, '')))
    add('as another object', async () => read({ secret: privateKey.data } as never))
  }
  const seed = crypto.getRandomValues(new Uint8Array(31))
  found.push({ name: 'a seed that is too short', secret: seed, read: async () => keyPairFromSeed(seed) })
  const large = new Uint8Array(32).fill(255)
  found.push({
    name: 'a number above the group order',
    secret: large,
    read: async () => importPrivateKey({ type: 'Secp256k1', data: large }, { algorithms: [secp256k1Keys] })
  })
  return found
}

test('errors for invalid private keys do not contain any part of the key', async () => {
  const wrong = await wrongKeys()
  let refused = 0
  for (const { name, secret, read } of wrong) {
    let error: unknown
    try {
      await read()
    } catch (thrown) {
      error = thrown
    }
    if (error === undefined) continue
    refused++
    expect(containsPartOf(secret, everything(error)), name).toBe(false)
  }
  expect(refused).toBeGreaterThan(40)
})
