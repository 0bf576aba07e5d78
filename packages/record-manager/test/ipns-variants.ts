import { decodeIpnsRecord, encodeIpnsRecord, encodePublicKey } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import type { ProtobufValue } from '@recordkit/record-codec/protobuf'
import type { PublicKey } from '@recordkit/record-types'

type Field = readonly [tag: number, value: ProtobufValue]

/** One IPNS record in another encoding, which anyone can make without the key. */
export interface Variant {
  readonly name: string
  readonly value: Uint8Array
  /** whether it has the V1 fields, with a valid signature */
  readonly v1: boolean
  /** whether it has the key of its name */
  readonly key: boolean
}

/** The normal form of a record with or without the fields that a variant may lack. */
export function normalForm(full: Uint8Array, { v1, key }: Pick<Variant, 'v1' | 'key'>): Uint8Array {
  const { signatureV1, publicKey, ...parts } = decodeIpnsRecord(full)
  return encodeIpnsRecord({ ...parts, ...(v1 ? { signatureV1 } : {}), ...(key ? { publicKey } : {}) })
}

const long = (value: number): number[] => [(value & 127) | 128, ((value >> 7) & 127) | 128, 128, 0]

/** A field whose tag, length and number are in a longer form than necessary. */
function longForm([tag, value]: Field): Uint8Array {
  if (value instanceof Uint8Array) return Uint8Array.of(...long(tag), ...long(value.length), ...value)
  const number = [...writeFields([tag, value])].slice(1)
  return Uint8Array.of(...long(tag), ...number.slice(0, -1), (number.at(-1) as number) | 128, 0)
}

/**
 * Every kind of variant of a record.
 *
 * @param full - in normal form, with V1 fields and embedded key
 * @param resign - other encodings of a signature that other implementations accept
 */
export function ipnsVariants(
  full: Uint8Array,
  publicKey: PublicKey,
  resign: (signature: Uint8Array) => readonly Uint8Array[]
): Variant[] {
  const { value, validityBytes, sequence, ttl, signatureV1, signatureV2, data } = decodeIpnsRecord(full)
  const encodedKey = encodePublicKey(publicKey)
  const v1: Field[] = [
    [10, value],
    [18, signatureV1],
    [24, 0],
    [34, validityBytes],
    [40, sequence],
    [48, ttl]
  ]
  const key: Field[] = [[58, encodedKey]]
  const signed: Field[] = [
    [66, signatureV2],
    [74, data]
  ]
  const bytesOf = (fields: readonly Field[]): Uint8Array => writeFields(fields.flat<readonly Field[]>())
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
    const repeated = Uint8Array.of(...writeFields([tag, other]), ...normal)
    add(`with field ${tag >> 3} twice`, repeated, both)
    const mistyped = content instanceof Uint8Array ? [(tag & ~7) | 0, 5] : [(tag & ~7) | 2, 1, 5]
    add(`with field ${tag >> 3} of another type`, Uint8Array.of(...normal, ...mistyped), both)
    add(`with field ${tag >> 3} as a group`, Uint8Array.of(...normal, (tag & ~7) | 3, (tag & ~7) | 4), both)
  }
  const flipped = (signatureV1 as Uint8Array).slice()
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
  for (const other of resign(signatureV1 as Uint8Array))
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
