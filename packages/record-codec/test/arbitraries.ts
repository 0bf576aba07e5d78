import type { PeerId, PublicKey } from '@recordkit/record-types'
import fc from 'fast-check'
import { encodePublicKey, peerIdFromInlineKey, peerIdFromDigest } from '@recordkit/record-codec'
import type { CborValue, SignedRecord } from '@recordkit/record-codec'

export const bytes = (maxLength = 300): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })

export const filledBytes = (maxLength = 300): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: 1, maxLength })

const digits = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })

/** Numbers from 0 to 2^bits - 1: small and large ones, and those next to a power of two. */
export const unsigned = (bits: number): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
    fc
      .tuple(fc.nat(bits), fc.integer({ min: -1, max: 1 }))
      .map(([shift, step]) => BigInt.asUintN(bits, (1n << BigInt(shift)) + BigInt(step)))
  )

/** Times in ns, within the years 0 to 9999. */
export const time: fc.Arbitrary<bigint> = fc
  .tuple(
    fc.bigInt({ min: -62_167_219_200n, max: 253_402_300_799n }),
    fc.nat(999_999_999),
    fc.constantFrom(1, 10, 1000, 1e6, 1e9)
  )
  .map(([seconds, nanoseconds, step]) => seconds * 1_000_000_000n + BigInt(nanoseconds - (nanoseconds % step)))

/** Keys of the two types for which all bytes of the right length are valid data. */
export const publicKey: fc.Arbitrary<PublicKey> = fc.oneof(
  digits(32).map((data): PublicKey => ({ type: 'Ed25519', data })),
  fc.tuple(digits(33), fc.boolean()).map(([data, odd]): PublicKey => {
    data[0] = odd ? 3 : 2
    return { type: 'Secp256k1', data }
  })
)

export const peerId: fc.Arbitrary<PeerId> = fc.oneof(
  publicKey.map((key) => peerIdFromInlineKey(encodePublicKey(key)) as PeerId),
  digits(32).map(peerIdFromDigest)
)

export const signedRecord: fc.Arbitrary<SignedRecord> = fc
  .record({
    key: filledBytes(80),
    content: bytes(),
    sequence: unsigned(64),
    issued: unsigned(64),
    expires: unsigned(64),
    ttl: unsigned(64),
    revoked: fc.boolean()
  })
  .filter(({ issued, expires }) => issued !== expires)
  .map((record) => ({
    ...record,
    content: record.revoked ? new Uint8Array(0) : record.content,
    issued: record.issued < record.expires ? record.issued : record.expires,
    expires: record.issued < record.expires ? record.expires : record.issued
  }))

const text = fc.string({ unit: 'grapheme', maxLength: 40 })

const { value: cborTree } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    unsigned(64),
    unsigned(64).map((number) => -1n - number),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.boolean(),
    fc.constant(null),
    bytes(40),
    peerId.map((id) => ({ cid: Uint8Array.of(1, 0x72, ...id) })),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 5 }).map((entries) => new Map(entries))
  )
}))

/** Values of the DAG-CBOR data model. */
export const cbor: fc.Arbitrary<CborValue> = cborTree

export const ipnsValue: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constant(new Uint8Array(0)),
  bytes(60).map((rest) => Uint8Array.of(0x2f, ...rest)),
  peerId.map((id) => Uint8Array.of(1, 0x72, ...id))
)
