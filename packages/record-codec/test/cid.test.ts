import { fromHex } from '@recordkit/testing'
import { CID } from 'multiformats/cid'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeCbor, encodeIpnsData } from '@recordkit/record-codec'
import { codeOf } from './errors.ts'

const zeros = (count: number): string => '00'.repeat(count)

test.each([
  ['of version 1, with an empty digest', '01550000', true],
  ['of version 1, sha2-256', `01551220${zeros(32)}`, true],
  ['with a truncated digest', `01551220${zeros(31)}`, false],
  ['followed by a byte', `01551220${zeros(33)}`, false],
  ['of a codec of two bytes', '01d5010000', true],
  ['of a hash function of two bytes', '0155d50100', true],
  ['with a digest of 128 bytes', `0155008001${zeros(128)}`, true],
  ['with a digest of 127 bytes and a length of 128', `0155008001${zeros(127)}`, false],
  ['with a digest of 16384 bytes', `015500808001${zeros(16_384)}`, true],
  ['with a digest of 16383 bytes and a length of 16384', `015500808001${zeros(16_383)}`, false],
  ['of a codec of nine bytes', `01${'ff'.repeat(8)}7f0000`, true],
  ['of a codec of ten bytes', `01${'ff'.repeat(9)}010000`, false],
  ['of a codec that is not minimal', '01d5000000', false],
  ['of a hash function that is not minimal', '0155800000', false],
  ['with a length that is not minimal', '0155008000', false],
  ['of the codec 0', '01000000', true],
  ['without a codec', '01', false],
  ['with half a codec', '01d5', false],
  ['without a hash function', '0155', false],
  ['without a length', '015500', false],
  ['of version 2', '02550000', false],
  ['of version 3', '03550000', false],
  ['of version 0', `1220${zeros(32)}`, true],
  ['of version 0, truncated', `1220${zeros(31)}`, false],
  ['of version 0, followed by a byte', `1220${zeros(33)}`, false],
  ['of version 0, of another length', `121f${zeros(32)}`, false],
  ['of version 0, of another hash function', `1320${zeros(32)}`, false],
  ['that is empty', '', false]
])('encodeCbor and encodeIpnsData accept or refuse a CID %s', (_, hex, accepted) => {
  const cid = fromHex(hex)
  expect(codeOf(() => encodeCbor({ cid }))).toBe(accepted ? 'ok' : 'INVALID_ARGUMENT')
  // an IPNS value may be empty
  const value = cid.length === 0 || accepted ? 'ok' : 'INVALID_ARGUMENT'
  expect(codeOf(() => encodeIpnsData({ value: cid, validity: 0n, sequence: 0n }))).toBe(value)
})

test('encodeCbor accepts exactly the CIDs that multiformats decodes, and encodes to the same bytes', () => {
  const head = fc.constantFrom([1, 0x55], [1, 0x72, 0x12], [1, 0x70, 0], [0x12, 32], [1, 0xb2, 1, 0x12])
  const input = fc
    .tuple(head, fc.uint8Array({ maxLength: 40 }))
    .map(([start, rest]) => Uint8Array.of(...start, ...rest))
    .chain((bytes) => fc.constantFrom(bytes, bytes.subarray(0, 2 + (bytes.length >> 1))))
  fc.assert(
    fc.property(input, (cid) => {
      const accepted = codeOf(() => encodeCbor({ cid })) === 'ok'
      if (accepted) expect(CID.decode(cid).bytes).toEqual(cid)
      else expect(isCanonical(cid)).toBe(false)
    }),
    { numRuns: 2000 }
  )
})

function isCanonical(bytes: Uint8Array): boolean {
  try {
    const [cid, rest] = CID.decodeFirst(bytes)
    // minimal varints: the length is the same after encoding
    return rest.length === 0 && CID.create(cid.version, cid.code, cid.multihash).bytes.length === bytes.length
  } catch {
    return false
  }
}
