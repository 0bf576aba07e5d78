import { fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import {
  decodePeerRecord,
  decodeProviderAddresses,
  encodePeerRecord,
  encodeProviderAddresses,
  peerIdFromDigest
} from '@recordkit/record-codec'
import type { PeerRecord } from '@recordkit/record-codec'
import { codeOf } from './errors.ts'

const peerId = peerIdFromDigest(new Uint8Array(32))
const idHex = '0a22' + toHex(peerId)
const addresses = (count: number, size = 8): Uint8Array[] =>
  Array.from({ length: count }, () => new Uint8Array(size).fill(4))

describe('a peer record', () => {
  test('keeps a sequence above 2^53', () => {
    const record = { peerId, sequence: (1n << 64n) - 1n, addresses: [] }
    expect(decodePeerRecord(encodePeerRecord(record))).toEqual(record)
  })

  test('omits empty addresses when it is decoded and encoded', () => {
    const record = { peerId, sequence: 1n, addresses: [fromHex('04')] }
    const empties = fromHex(`${idHex}1001 1a00 1a030a0104 1a020a00 1a021001`.replaceAll(' ', ''))
    expect(decodePeerRecord(empties)).toEqual(record)
    expect(encodePeerRecord({ ...record, addresses: [new Uint8Array(0), fromHex('04')] })).toEqual(
      encodePeerRecord(record)
    )
  })

  test('has at most 64 addresses', () => {
    const full = encodePeerRecord({ peerId, sequence: 1n, addresses: addresses(64) })
    expect(decodePeerRecord(full).addresses).toHaveLength(64)
    const over = Uint8Array.of(...full, ...fromHex('1a030a0104'))
    expect(codeOf(() => decodePeerRecord(over))).toBe('PEER_RECORD_INVALID')
    expect(codeOf(() => encodePeerRecord({ peerId, sequence: 1n, addresses: addresses(65) }))).toBe('INVALID_ARGUMENT')
  })

  test('has at most 8 KiB', () => {
    expect(codeOf(() => decodePeerRecord(new Uint8Array(8193)))).toBe('TOO_LARGE')
    expect(codeOf(() => encodePeerRecord({ peerId, sequence: 1n, addresses: addresses(60, 200) }))).toBe(
      'INVALID_ARGUMENT'
    )
  })

  test('with an invalid peer ID is refused', () => {
    expect(codeOf(() => decodePeerRecord(fromHex('0a03001234')))).toBe('PEER_ID_INVALID')
    expect(codeOf(() => encodePeerRecord({ peerId: new Uint8Array(3), sequence: 1n, addresses: [] }))).toBe(
      'PEER_ID_INVALID'
    )
  })

  test.each([
    undefined,
    {},
    { peerId, sequence: 1, addresses: [] },
    { peerId, sequence: -1n, addresses: [] },
    { peerId, sequence: 1n },
    { peerId, sequence: 1n, addresses: ['/ip4'] },
    { peerId, sequence: 1n, addresses: [undefined] },
    { peerId: 'x', sequence: 1n, addresses: [] }
  ])('is not encoded from %o', (record) => {
    expect(codeOf(() => encodePeerRecord(record as unknown as PeerRecord))).toBe('INVALID_ARGUMENT')
  })
})

describe('provider addresses', () => {
  test('are encoded one after another', () => {
    expect(toHex(encodeProviderAddresses([fromHex('04'), fromHex('0506')]))).toBe('0a01040a020506')
    expect(encodeProviderAddresses([])).toEqual(new Uint8Array(0))
  })

  test('omit empty ones', () => {
    expect(toHex(encodeProviderAddresses([new Uint8Array(0), fromHex('04')]))).toBe('0a0104')
    expect(decodeProviderAddresses(fromHex('0a000a0104'))).toEqual([fromHex('04')])
  })

  test('are at most 64, in at most 8 KiB', () => {
    const full = encodeProviderAddresses(addresses(64))
    expect(decodeProviderAddresses(full)).toHaveLength(64)
    expect(codeOf(() => decodeProviderAddresses(Uint8Array.of(...full, 0x0a, 1, 4)))).toBe('PEER_RECORD_INVALID')
    expect(codeOf(() => decodeProviderAddresses(new Uint8Array(8193)))).toBe('TOO_LARGE')
    expect(codeOf(() => encodeProviderAddresses(addresses(65)))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => encodeProviderAddresses(addresses(60, 200)))).toBe('INVALID_ARGUMENT')
  })

  test.each([undefined, null, 'x', ['x'], [undefined]])('are not encoded from %o', (value) => {
    expect(codeOf(() => encodeProviderAddresses(value as unknown as Uint8Array[]))).toBe('INVALID_ARGUMENT')
  })
})

describe('the limits:', () => {
  const records = [
    [
      'peer record',
      (list: readonly Uint8Array[]) => encodePeerRecord({ peerId, sequence: 1n, addresses: list }),
      (bytes: Uint8Array, limit?: number) => decodePeerRecord(bytes, limit === undefined ? {} : { limit }).addresses
    ],
    [
      'provider record',
      encodeProviderAddresses,
      (bytes: Uint8Array, limit?: number) => decodeProviderAddresses(bytes, limit === undefined ? {} : { limit })
    ]
  ] as const

  test.each(records)('a %s is encoded and decoded up to 8 KiB', (_, encode, decode) => {
    const sized = (size: number): Uint8Array => encode([new Uint8Array(size).fill(4)])
    const head = sized(5_000).length - 5_000
    const full = sized(8_192 - head)
    expect(full).toHaveLength(8_192)
    expect(decode(full)).toEqual([new Uint8Array(8_192 - head).fill(4)])
    expect(decode(full, 8_192)).toHaveLength(1)
    expect(codeOf(() => decode(full, 8_191))).toBe('TOO_LARGE')
    expect(codeOf(() => sized(8_192 - head + 1))).toBe('INVALID_ARGUMENT')
  })

  test.each(records)('a %s of more than 8 KiB is decoded when the limit allows it', (_, encode, decode) => {
    const full = encode([new Uint8Array(8_000)])
    const longer = Uint8Array.of(...full, 0x78, 1)
    expect(decode(longer)).toHaveLength(1)
    const padded = Uint8Array.of(...full, 0x7a, 0x80, 0x08, ...new Uint8Array(1_024))
    expect(codeOf(() => decode(padded))).toBe('TOO_LARGE')
    expect(decode(padded, 20_000)).toHaveLength(1)
  })

  test.each(records)('a %s has at most 64 addresses that are not empty', (_, encode, decode) => {
    const full = encode(addresses(64))
    expect(decode(full)).toHaveLength(64)
    expect(encode([...addresses(63), new Uint8Array(0)])).toEqual(encode(addresses(63)))
    expect(codeOf(() => encode([...addresses(64), new Uint8Array(0)]))).toBe('INVALID_ARGUMENT')
    for (const wrong of [null, undefined, 5, 'text', {}]) {
      expect(codeOf(() => encode([wrong as never]))).toBe('INVALID_ARGUMENT')
      expect(codeOf(() => encode(wrong as never))).toBe('INVALID_ARGUMENT')
    }
  })

  test('a peer record without a peer ID is refused; without a sequence, the sequence is 0', () => {
    expect(codeOf(() => decodePeerRecord(fromHex('1001')))).toBe('PEER_RECORD_INVALID')
    expect(codeOf(() => decodePeerRecord(new Uint8Array(0)))).toBe('PEER_RECORD_INVALID')
    expect(decodePeerRecord(fromHex(idHex))).toEqual({ peerId, sequence: 0n, addresses: [] })
    expect(toHex(encodePeerRecord({ peerId, sequence: 0n, addresses: [] }))).toBe(idHex)
    expect(codeOf(() => encodePeerRecord({ peerId, sequence: 1n << 64n, addresses: [] }))).toBe('INVALID_ARGUMENT')
  })

  test('an address in a peer record is decoded as strictly as the record', () => {
    const address = (hex: string): string => codeOf(() => decodePeerRecord(fromHex(`${idHex}1a${hex}`)))
    expect(address('030a0104')).toBe('ok')
    expect(address('020a01')).toBe('PROTOBUF_TRUNCATED')
    expect(address('060a01040a0104')).toBe('PROTOBUF_REPEATED_FIELD')
    expect(address('020801')).toBe('PROTOBUF_WIRE_TYPE')
  })
})
