import { Point } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { fromHex } from '@recordkit/testing'
import speccheck from '@recordkit/vectors/ed25519-speccheck/cases.json' with { type: 'json' }
import wycheproof from '@recordkit/vectors/wycheproof/ed25519_test.json' with { type: 'json' }

/** A signature to verify, and the result that the rule specifies. */
export interface Case {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly valid: boolean
}

const prime = Point.CURVE().p
const order = Point.CURVE().n

/** The row `LibSodium` in the table of ed25519-speccheck, where only case 3 is valid. */
export function speccheckCases(): Case[] {
  return speccheck.map((found, index) => ({
    publicKey: fromHex(found.pub_key),
    message: fromHex(found.message),
    signature: fromHex(found.signature),
    valid: index === 3
  }))
}

export function wycheproofCases(): Case[] {
  return wycheproof.testGroups.flatMap(({ publicKey, tests }) =>
    tests.map((found) => ({
      publicKey: fromHex(publicKey.pk),
      message: fromHex(found.msg),
      signature: fromHex(found.sig),
      valid: found.result === 'valid'
    }))
  )
}

/** The eight points whose order divides 8: the multiples of one of order 8. */
export function torsionPoints(): Point[] {
  const generator = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
  return Array.from({ length: 8 }, (_, index) => generator.multiply(BigInt(index), false))
}

/**
 * Every encoding of a point of small order: canonical, with y + p, and with the sign of an x that is 0; and all other
 * bytes whose y is not below p, whether they are a point or not.
 */
export function oddEncodings(): Uint8Array[] {
  const numbers = new Set(torsionPoints().map(({ y }) => y))
  for (let y = prime; y < 1n << 255n; y++) numbers.add(y)
  return [...numbers].flatMap((y) => [encode(y), encode(y | (1n << 255n))])
}

/**
 * Each odd encoding as A with each as R and S = 0, for messages for which k is every number modulo 8; and each with the
 * other half valid.
 */
export function smallOrderCases(): Case[] {
  const good = signTorsion(1n, 2n, Point.ZERO, Point.ZERO, new Uint8Array([1]))
  const encodings = oddEncodings()
  const zero = new Uint8Array(32)
  const cases: Case[] = []
  for (const a of encodings) {
    cases.push({ ...good, publicKey: a, valid: false })
    cases.push({ ...good, signature: join(a, good.signature.subarray(32)), valid: false })
    for (const r of encodings) {
      for (let message = 0; message < 8; message++) {
        cases.push({ publicKey: a, message: new Uint8Array([message]), signature: join(r, zero), valid: false })
      }
    }
  }
  return cases
}

/**
 * Keys and signatures with each pair of small-order parts added by the owner of the private key: the equation with the
 * cofactor is satisfied by all, the one without it only where the parts cancel.
 */
export function torsionCases(rounds: number): Case[] {
  const points = torsionPoints()
  const cases: Case[] = []
  for (let round = 0; round < rounds; round++) {
    for (const inKey of points) {
      for (const inSignature of points) {
        const message = new Uint8Array([round, cases.length & 0xff, cases.length >> 8])
        cases.push(signTorsion(BigInt(3 + round), BigInt(1000 + cases.length), inKey, inSignature, message))
      }
    }
  }
  return cases
}

/** Valid signatures with a multiple of L added to S. */
export function largeScalarCases(): Case[] {
  return Array.from({ length: 8 }, (_, index) => {
    const good = signTorsion(BigInt(5 + index), BigInt(7 + index), Point.ZERO, Point.ZERO, new Uint8Array([index]))
    const s = decode(good.signature.subarray(32)) + BigInt(1 + index) * order
    return { ...good, signature: join(good.signature.subarray(0, 32), encode(s)), valid: false }
  })
}

function signTorsion(a: bigint, r: bigint, inKey: Point, inSignature: Point, message: Uint8Array): Case {
  const publicKey = Point.BASE.multiply(a).add(inKey).toBytes()
  const R = Point.BASE.multiply(r).add(inSignature).toBytes()
  const k = decode(sha512(join(R, publicKey, message))) % order
  const signature = join(R, encode((r + k * a) % order))
  return { publicKey, message, signature, valid: inSignature.add(inKey.multiply(k, false)).is0() }
}

/** Returns a generator of numbers below 2^32, the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** The cases on which implementations of Ed25519 differ, by name. @param rounds - as for {@link torsionCases} */
export function caseFamilies(rounds: number, mutated: Iterable<Case>): ReadonlyMap<string, Iterable<Case>> {
  return new Map<string, Iterable<Case>>([
    ['the twelve cases of ed25519-speccheck', speccheckCases()],
    ['Wycheproof', wycheproofCases()],
    ['small-order and non-canonical A and R', smallOrderCases()],
    ['small-order parts in A and R', torsionCases(rounds)],
    ['S not below L', largeScalarCases()],
    ['random damage', mutated]
  ])
}

/**
 * Valid signatures with random damage: flipped bits, overwritten bytes, and moved, swapped and truncated parts. One in
 * sixteen is not damaged.
 */
export function* mutatedCases(count: number, seed: number): Generator<Case> {
  const next = randomNumbers(seed)
  const originals = Array.from({ length: 64 }, (_, index) =>
    signTorsion(
      BigInt(next()) + 1n,
      BigInt(next()) * 4294967296n + BigInt(next()) + 1n,
      Point.ZERO,
      Point.ZERO,
      Uint8Array.from({ length: index * 4 }, () => next() & 0xff)
    )
  )
  for (let index = 0; index < count; index++) {
    const original = originals[next() % originals.length] as Case
    yield next() % 16 === 0 ? original : mutate(original, next)
  }
}

function mutate(original: Case, next: () => number): Case {
  const parts = [original.publicKey, original.message, original.signature].map((part) => new Uint8Array(part))
  const [publicKey, message, signature] = parts as [Uint8Array, Uint8Array, Uint8Array]
  const part = [publicKey, signature, signature, message][next() % 4] as Uint8Array
  const at = part.length === 0 ? 0 : next() % part.length
  switch (next() % 6) {
    case 0:
    case 1:
      if (part.length > 0) part[at] = (part[at] as number) ^ (1 << (next() % 8))
      break
    case 2:
      for (let index = at; index < part.length; index++) part[index] = next() & 0xff
      break
    case 3:
      part.fill([0x00, 0xff, 0x7f, 0xed][next() % 4] as number, at)
      break
    case 4:
      signature.set(publicKey, next() % 2 === 0 ? 0 : 32)
      break
    default:
      return finish(original, publicKey, message, signature.subarray(0, next() % 64))
  }
  return finish(original, publicKey, message, signature)
}

function finish(original: Case, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Case {
  const valid =
    same(publicKey, original.publicKey) && same(message, original.message) && same(signature, original.signature)
  return { publicKey, message, signature, valid }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function join(head: Uint8Array, ...tail: Uint8Array[]): Uint8Array {
  const rest = tail.length === 0 ? [] : join(...(tail as [Uint8Array]))
  return Uint8Array.of(...head, ...rest)
}

function encode(number: bigint): Uint8Array {
  return fromHex(number.toString(16).padStart(64, '0')).reverse()
}

function decode(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n)
}
