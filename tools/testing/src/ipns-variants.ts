import { fromHex, toHex } from './hex.ts'

/** The decoded fields of an IPNS record with V1 fields. */
interface IpnsFields {
  readonly value: Uint8Array
  readonly validityBytes: Uint8Array
  readonly sequence: bigint
  readonly ttl?: bigint | undefined
  readonly signatureV1?: Uint8Array | undefined
  readonly signatureV2: Uint8Array
  readonly data: Uint8Array
}

type Field = readonly [tag: number, value: Uint8Array | bigint]

/** One IPNS record in another encoding, which anyone can make without the key. */
export interface Variant {
  readonly name: string
  readonly value: Uint8Array
  /** whether it has the V1 fields, with a valid signature */
  readonly v1: boolean
  /** whether it has the key of its name */
  readonly key: boolean
}

function varint(value: bigint): number[] {
  return value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)]
}

function bytesOf(fields: readonly Field[]): Uint8Array {
  return Uint8Array.from(
    fields.flatMap(([tag, value]) => [
      ...varint(BigInt(tag)),
      ...(value instanceof Uint8Array ? [...varint(BigInt(value.length)), ...value] : varint(value))
    ])
  )
}

const long = (value: number): number[] => [(value & 127) | 128, ((value >> 7) & 127) | 128, 128, 0]

/** A field whose tag, length and number are in a longer form than necessary. */
function longForm([tag, value]: Field): Uint8Array {
  if (value instanceof Uint8Array) return Uint8Array.of(...long(tag), ...long(value.length), ...value)
  const number = varint(value)
  return Uint8Array.of(...long(tag), ...number.slice(0, -1), (number.at(-1) as number) | 128, 0)
}

/**
 * Every kind of variant of a record.
 *
 * @param encodedKey - protobuf `PublicKey` of the name, canonical
 * @param resign - other encodings of a signature that other implementations accept
 */
export function ipnsVariants(
  { value, validityBytes, sequence, ttl = 0n, signatureV1, signatureV2, data }: IpnsFields,
  encodedKey: Uint8Array,
  resign: (signature: Uint8Array) => readonly Uint8Array[]
): Variant[] {
  if (signatureV1 === undefined) throw new Error('the record has no signatureV1; a record with V1 fields is expected')
  const v1: Field[] = [
    [10, value],
    [18, signatureV1],
    [24, 0n],
    [34, validityBytes],
    [40, sequence],
    [48, ttl]
  ]
  const key: Field[] = [[58, encodedKey]]
  const signed: Field[] = [
    [66, signatureV2],
    [74, data]
  ]
  const variants: Variant[] = []
  const add = (name: string, bytes: Uint8Array, has: { v1: boolean; key: boolean }): void => {
    variants.push({ name, value: bytes, ...has })
  }
  const both = { v1: true, key: true }
  const all = [...v1, ...key, ...signed]
  const normal = bytesOf(all)
  add('in normal form', normal, both)
  add('without V1 fields', bytesOf([...key, ...signed]), { v1: false, key: true })
  add('without its key', bytesOf([...v1, ...signed]), { v1: true, key: false })
  add('without both', bytesOf(signed), { v1: false, key: false })
  add('in reverse order', bytesOf(all.toReversed()), both)
  add('with an unknown field first', Uint8Array.of(0x7a, 1, 7, ...normal), both)
  add('padded to the limit', Uint8Array.of(...normal, ...padding(10_240 - normal.length)), both)
  add('with nested groups', Uint8Array.of(...normal, 0x7b, 0x83, 1, 8, 1, 0x84, 1, 0x7c), both)
  add('with longer lengths and numbers', Uint8Array.of(...all.flatMap((field) => [...longForm(field)])), both)
  for (const [tag, content] of all) {
    const other = content instanceof Uint8Array ? Uint8Array.of(1, 2, 3) : 99n
    const repeated = Uint8Array.of(...bytesOf([[tag, other]]), ...normal)
    add(`with field ${tag >> 3} twice`, repeated, both)
    const mistyped = content instanceof Uint8Array ? [(tag & ~7) | 0, 5] : [(tag & ~7) | 2, 1, 5]
    add(`with field ${tag >> 3} of another type`, Uint8Array.of(...normal, ...mistyped), both)
    add(`with field ${tag >> 3} as a group`, Uint8Array.of(...normal, (tag & ~7) | 3, (tag & ~7) | 4), both)
  }
  const flipped = signatureV1.slice()
  flipped[20] = (flipped[20] as number) ^ 1
  const falseV1 = v1.map((field): Field => (field[0] === 18 ? [18, flipped] : field))
  add('with a false signatureV1', bytesOf([...falseV1, ...key, ...signed]), { v1: false, key: true })
  const unsignedV1 = v1.filter(([tag]) => tag !== 18)
  add('with V1 fields and no signatureV1', bytesOf([...unsignedV1, ...key, ...signed]), { v1: false, key: true })
  const emptied = v1.map(([tag]): Field =>
    tag === 10 || tag === 18 ? [tag, new Uint8Array(0)] : [tag, tag & 7 ? new Uint8Array(1) : 5n]
  )
  add('with unsigned fields that nothing reads', bytesOf([...emptied, ...key, ...signed]), { v1: false, key: true })
  const [type, ...rest] = [encodedKey.subarray(0, 2), encodedKey.subarray(2)]
  for (const other of [
    [...rest.flatMap((part) => [...part]), ...type],
    [...encodedKey, 0x78, 1],
    [0x0a, 0, ...encodedKey]
  ])
    add('with its key in another encoding', bytesOf([...v1, [58, Uint8Array.from(other)], ...signed]), both)
  for (const other of resign(signatureV2))
    add('with signatureV2 in another encoding', bytesOf([...v1, ...key, [66, other], [74, data]]), both)
  for (const other of resign(signatureV1))
    add(
      'with signatureV1 in another encoding',
      bytesOf([...v1.map((field): Field => (field[0] === 18 ? [18, other] : field)), ...key, ...signed]),
      both
    )
  return variants
}

/** An unknown field of `size` bytes in all. */
function padding(size: number): Uint8Array {
  return Uint8Array.of(0x7a, ((size - 3) & 127) | 128, (size - 3) >> 7, ...new Uint8Array(size - 3))
}

/**
 * Other encodings of an ECDSA signature that Go accepts: with the other s, and with more bytes behind r and s.
 *
 * @param order - of the group
 * @param size - of r and of s, in bytes
 */
export function ecdsaEncodings(signature: Uint8Array, order: bigint, size: number): Uint8Array[] {
  const contents = [...signature.subarray(2)]
  const start = 4 + (signature[3] as number)
  const s = BigInt('0x' + toHex(signature.subarray(start + 2)))
  const high = [...fromHex((order - s).toString(16).padStart(2 * size, '0'))]
  while (high[0] === 0) high.shift()
  if ((high[0] as number) > 127) high.unshift(0)
  const r = [...signature.subarray(2, start)]
  const sequence = (parts: readonly number[]): Uint8Array => Uint8Array.of(0x30, parts.length, ...parts)
  return [
    sequence([...r, 2, high.length, ...high]),
    sequence([...contents, 4, 1, 7]),
    Uint8Array.of(...signature, 1, 2, 3)
  ]
}

/** Orders of the groups of Secp256k1 and P-256. */
export const secp256k1Order: bigint = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
export const p256Order: bigint = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
