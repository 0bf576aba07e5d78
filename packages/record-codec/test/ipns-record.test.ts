import { compareBytes } from '@recordkit/record-types'
import { files, fromHex, toHex } from '@recordkit/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeCbor,
  decodeIpnsRecord,
  encodeCbor,
  encodeIpnsData,
  encodeIpnsRecord,
  formatTime,
  ipnsOrder,
  ipnsRoutingKey,
  ipnsSigningInput,
  ipnsSigningInputV1,
  parseIpnsName
} from '@recordkit/record-codec'
import type { CborValue, IpnsData } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import spec from '@recordkit/vectors/ipns/ipns-spec-vectors.json' with { type: 'json' }
import selections from '@recordkit/vectors/rules/ipns-select-cases.json' with { type: 'json' }
import rules from '@recordkit/vectors/rules/ipns-validator-cases.json' with { type: 'json' }
import { cbor, ipnsValue, time, unsigned } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

const made = files(
  import.meta.glob<string>('../../../vectors/rules/ipns/*.ipns-record', {
    query: '?hex',
    import: 'default',
    eager: true
  }),
  2
)
const official = files(
  import.meta.glob<string>('../../../vectors/ipns/spec/*.ipns-record', {
    query: '?hex',
    import: 'default',
    eager: true
  }),
  2
)

describe('the vectors of the specification', () => {
  const codes = new Map([
    ['v1', 'IPNS_SIGNATURE_MISSING'],
    ['v1-v2-broken-v1-value', 'IPNS_MISMATCH']
  ])

  test.each(spec.vectors)(
    'decode or are refused as specified, $id: $why',
    ({ id, file, recordHex, name, routingKeyHex, derived }) => {
      const bytes = fromHex(recordHex)
      expect(official.get(file)).toEqual(bytes)
      expect(toHex(ipnsRoutingKey(parseIpnsName(name)))).toBe(routingKeyHex)
      expect(codeOf(() => decodeIpnsRecord(bytes))).toBe(codes.get(id) ?? 'ok')
      if (codes.has(id)) return
      const record = decodeIpnsRecord(bytes)
      const data = derived.data!
      expect(new TextDecoder().decode(record.value)).toBe(data.Value)
      expect(formatTime(record.validity)).toBe(data.Validity)
      expect(record.sequence).toBe(BigInt(data.Sequence))
      expect(record.ttl).toBe(BigInt(data.TTL))
      expect(toHex(ipnsSigningInput(record.data))).toBe(derived.signatureV2InputHex)
      expect(encodeIpnsData(record)).toEqual(record.data)
      expect(encodeIpnsRecord(record)).toEqual(bytes)
    }
  )
})

/** The codes of decoding. Go refuses these records, too. */
const refusals = new Map([
  ['ed-v1-only', 'IPNS_SIGNATURE_MISSING'],
  ['ed-empty', 'IPNS_SIGNATURE_MISSING'],
  ['ed-size-10241', 'TOO_LARGE'],
  ['ed-pb-truncated', 'PROTOBUF_TRUNCATED'],
  ['ed-cbor-duplicate-key', 'CBOR_DUPLICATE_KEY'],
  ['ed-cbor-not-a-map', 'CBOR_NOT_A_MAP'],
  ['ed-cbor-trailing-byte', 'CBOR_TRAILING'],
  ['ed-mismatch-value', 'IPNS_MISMATCH'],
  ['ed-mismatch-validity', 'IPNS_MISMATCH'],
  ['ed-mismatch-sequence', 'IPNS_MISMATCH'],
  ['ed-ttl-negative-v2only', 'IPNS_NUMBER_RANGE'],
  ['ed-sequence-2pow63-cbor-uint-v1v2', 'IPNS_NUMBER_RANGE']
])

/** A record that Go refuses. js-ipns and Python accept it, and anyone can add the unsigned value. */
const lenient = 'ed-v2only-stray-pb-value'

/** Records that Go accepts and that are refused here on purpose. */
const stricter = new Map([
  ['ed-sequence-2pow63-go-encoding', 'IPNS_NUMBER_RANGE'],
  ['ed-value-missing-v2only', 'IPNS_FIELD_MISSING'],
  ['ed-value-as-string', 'IPNS_FIELD_TYPE'],
  ['ed-value-raw-bytes', 'IPNS_VALUE_INVALID']
])

describe("the cases of Go's validator", () => {
  test.each(rules.cases)(
    '$id, for which Go returns $expect, is decoded or refused as documented',
    ({ id, file, expect: expected }) => {
      const code = codeOf(() => decodeIpnsRecord(made.get(file)!))
      expect(code).toBe(refusals.get(id) ?? stricter.get(id) ?? 'ok')
      if (stricter.has(id)) expect(expected).toBe('ok')
      // Go refuses them as well
      if (refusals.has(id)) expect(expected).not.toBe('ok')
      if (code === 'ok' && id !== lenient)
        expect([
          'ok',
          'ErrExpiredRecord',
          'ErrSignature',
          'ErrInvalidName',
          'ErrPublicKeyNotFound',
          'ErrPublicKeyMismatch',
          'ErrInvalidPublicKey'
        ]).toContain(expected)
    }
  )
})

describe('ipnsOrder selects the same record as Go', () => {
  test.each(selections.cases.filter(({ values }) => values.length > 0))('for $id', ({ id, values, expectIndex }) => {
    const candidates = values.map(fromHex).flatMap((bytes, index) => {
      // Go reads the sequence -1 as 2^64 - 1; here the record is refused
      if (id === 'seq-high-vs-go-negative' && index === 1) {
        expect(codeOf(() => decodeIpnsRecord(bytes))).toBe('IPNS_NUMBER_RANGE')
        return []
      }
      return [{ index, bytes, order: ipnsOrder(decodeIpnsRecord(bytes)) }]
    })
    candidates.sort((a, b) => compareBytes(b.order, a.order) || compareBytes(b.bytes, a.bytes))
    expect(candidates[0]!.index).toBe(id === 'seq-high-vs-go-negative' ? 0 : expectIndex)
  })
})

test('ipnsOrder compares as sequence and validity do', () => {
  const instants = fc.oneof(time, fc.bigInt({ min: -3_000_000_000n, max: 3_000_000_000n }))
  const fields = fc.record({ sequence: fc.oneof(unsigned(63), fc.bigInt({ min: 0n, max: 2n })), validity: instants })
  fc.assert(
    fc.property(fields, fields, (a, b) => {
      const expected = a.sequence - b.sequence || a.validity - b.validity
      expect(Math.sign(compareBytes(ipnsOrder(a), ipnsOrder(b)))).toBe(expected > 0n ? 1 : expected < 0n ? -1 : 0)
    }),
    { numRuns: 1000 }
  )
  expect(ipnsOrder({ sequence: 1n, validity: 0n })).toHaveLength(20)
  expect(codeOf(() => ipnsOrder({ sequence: -1n, validity: 0n }))).toBe('INVALID_ARGUMENT')
  expect(codeOf(() => ipnsOrder({ sequence: 0n, validity: -(1n << 80n) }))).toBe('INVALID_ARGUMENT')
})

const content: IpnsData = { value: utf8('/ipfs/x'), validity: 1_700_000_000_000_000_001n, sequence: 7n, ttl: 60n }

test('encodeIpnsData keeps extra entries, and encodes keys shortest first', () => {
  const names = fc.string({ unit: 'grapheme', maxLength: 20 })
  const extras = fc.array(fc.tuple(names, cbor), { maxLength: 4 }).map((entries) => new Map(entries))
  const own = fc.record({ value: ipnsValue, validity: time, sequence: unsigned(63), ttl: unsigned(63) })
  fc.assert(
    fc.property(own, extras, (fields, extra) => {
      const data = encodeIpnsData({ ...fields, extra })
      const record = decodeIpnsRecord(encodeIpnsRecord({ data, signatureV2: utf8('s') }))
      expect(record.extra).toEqual(extra.size > 0 ? extra : undefined)
      expect(encodeIpnsData(record)).toEqual(data)
      const keys = [...(decodeCbor(data) as Map<string, CborValue>).keys()].map(utf8)
      const sorted = [...keys].sort((a, b) => a.length - b.length || compareBytes(a, b))
      expect(keys).toEqual(sorted)
    })
  )
})

test.each(['sequence', 'ttl'] as const)(
  'an unsigned %s that differs from the signed one in any half is refused',
  (field) => {
    const data = encodeIpnsData(content)
    const read = decodeIpnsRecord(encodeIpnsRecord({ data, signatureV2: utf8('s') }))
    const parts = { ...read, signatureV1: utf8('s') }
    expect(codeOf(() => decodeIpnsRecord(encodeIpnsRecord(parts)))).toBe('ok')
    for (const other of [1n, 1n << 31n, 1n << 32n, 1n << 62n]) {
      const changed = encodeIpnsRecord({ ...parts, [field]: (read[field] as bigint) ^ other })
      expect(codeOf(() => decodeIpnsRecord(changed))).toBe('IPNS_MISMATCH')
    }
  }
)

test('a decoded IPNS record has a ttl only when the encoded data has one', () => {
  const { ttl: _, ...fields } = content
  const data = encodeIpnsData(fields)
  expect('ttl' in decodeIpnsRecord(encodeIpnsRecord({ data, signatureV2: utf8('s') }))).toBe(false)
  const parts = { ...fields, data, validityBytes: utf8('2026'), signatureV2: utf8('s'), signatureV1: utf8('s') }
  expect(codeOf(() => encodeIpnsRecord(parts))).toBe('INVALID_ARGUMENT')
})

test('ipnsSigningInputV1 is value, validity and EOL', () => {
  expect(ipnsSigningInputV1(utf8('/ipfs/x'), utf8('2023'))).toEqual(utf8('/ipfs/x2023EOL'))
})

describe('the signed map', () => {
  const base = new Map<string, CborValue>([
    ['TTL', 1n],
    ['Value', utf8('/ipfs/x')],
    ['Sequence', 1n],
    ['Validity', utf8('2030-01-01T00:00:00Z')],
    ['ValidityType', 0n]
  ])
  const code = (name: string, value: CborValue | undefined): string => {
    const map = new Map(base)
    if (value === undefined) map.delete(name)
    else map.set(name, value)
    return codeOf(() => decodeIpnsRecord(encodeIpnsRecord({ data: encodeCbor(map), signatureV2: utf8('s') })))
  }

  test.each<[string, CborValue | undefined, string]>([
    ['TTL', undefined, 'ok'],
    ['Value', undefined, 'IPNS_FIELD_MISSING'],
    ['Sequence', undefined, 'IPNS_FIELD_MISSING'],
    ['Validity', undefined, 'IPNS_FIELD_MISSING'],
    ['ValidityType', undefined, 'IPNS_FIELD_MISSING'],
    ['TTL', null, 'IPNS_FIELD_TYPE'],
    ['TTL', 1, 'IPNS_FIELD_TYPE'],
    ['TTL', -1n, 'IPNS_NUMBER_RANGE'],
    ['TTL', (1n << 63n) - 1n, 'ok'],
    ['TTL', 1n << 63n, 'IPNS_NUMBER_RANGE'],
    ['Sequence', '1', 'IPNS_FIELD_TYPE'],
    ['Sequence', 0n, 'ok'],
    ['Sequence', -1n, 'IPNS_NUMBER_RANGE'],
    ['Sequence', (1n << 63n) - 1n, 'ok'],
    ['Sequence', 1n << 63n, 'IPNS_NUMBER_RANGE'],
    ['ValidityType', 1n, 'IPNS_VALIDITY_TYPE'],
    ['ValidityType', 1n << 32n, 'IPNS_VALIDITY_TYPE'],
    ['ValidityType', (1n << 32n) + 1n, 'IPNS_VALIDITY_TYPE'],
    ['ValidityType', utf8('0'), 'IPNS_FIELD_TYPE'],
    ['Validity', '2030-01-01T00:00:00Z', 'IPNS_FIELD_TYPE'],
    ['Validity', utf8('2030-01-01'), 'TIME_INVALID'],
    ['Validity', new Uint8Array(0), 'TIME_INVALID'],
    ['Value', '/ipfs/x', 'IPNS_FIELD_TYPE'],
    ['Value', new Uint8Array(0), 'ok'],
    ['Value', utf8('ipfs/x'), 'IPNS_VALUE_INVALID'],
    ['Value', fromHex('01550000'), 'ok'],
    ['Value', fromHex('0155000100'), 'ok'],
    ['Value', fromHex('015500'), 'IPNS_VALUE_INVALID'],
    ['Value', fromHex('0155000000'), 'IPNS_VALUE_INVALID'],
    ['Value', fromHex('02550000'), 'IPNS_VALUE_INVALID'],
    ['Value', fromHex('01d5000000'), 'IPNS_VALUE_INVALID'],
    ['Value', fromHex('01ffffffffffffffffff010000'), 'IPNS_VALUE_INVALID'],
    ['Value', Uint8Array.of(0x12, 32, ...new Uint8Array(32)), 'ok'],
    ['Value', Uint8Array.of(0x12, 32, ...new Uint8Array(31)), 'IPNS_VALUE_INVALID']
  ])('with %s of %o gives %s', (name, value, expected) => {
    expect(code(name, value)).toBe(expected)
  })

  test.each<Partial<Record<keyof IpnsData, unknown>>>([
    { value: undefined },
    { value: utf8('x') },
    { value: '/ipfs/x' },
    { validity: 1 },
    { validity: 1n << 100n },
    { sequence: 1 },
    { sequence: -1n },
    { sequence: 1n << 63n },
    { ttl: 1n << 63n },
    { ttl: 5 },
    { extra: new Map([['TTL', 5n]]) },
    { extra: new Map([['x', undefined]]) },
    { extra: new Map([[1, 5n]]) }
  ])('is not encoded from %o', (fields) => {
    expect(codeOf(() => encodeIpnsData({ ...content, ...fields } as IpnsData))).toBe('INVALID_ARGUMENT')
  })
})

describe('unsigned copies', () => {
  const data = encodeIpnsData(content)
  const [signatureV1, signatureV2] = [utf8('1'), utf8('2')]
  const validityBytes = utf8(formatTime(content.validity))
  const whole = encodeIpnsRecord({ ...(content as Required<IpnsData>), data, signatureV2, signatureV1, validityBytes })
  const without = (field: number): Uint8Array => {
    // each of the first six fields has a tag of one byte, then a length of one byte or a varint
    let offset = 0
    for (;;) {
      const start = offset
      const tag = whole[offset++]!
      if ((tag & 7) === 2) offset += whole[offset]! + 1
      else while (whole[offset++]! > 127);
      if (tag >> 3 === field) return Uint8Array.of(...whole.subarray(0, start), ...whole.subarray(offset))
    }
  }

  test.each([
    [1, 'IPNS_MISMATCH'],
    [2, 'ok'],
    [3, 'ok'],
    [4, 'IPNS_MISMATCH'],
    [5, 'IPNS_MISMATCH'],
    [6, 'IPNS_MISMATCH']
  ])('without field %i give %s', (field, expected) => {
    expect(codeOf(() => decodeIpnsRecord(without(field)))).toBe(expected)
  })

  test.each(['value', 'validityBytes'] as const)('of %s that are longer or shorter are refused', (name) => {
    const signed = { ...(content as Required<IpnsData>), data, signatureV2, validityBytes }
    const { [name]: part } = signed
    for (const other of [Uint8Array.of(...part, 0), Uint8Array.of(...part, ...part), part.subarray(0, -1)]) {
      const copies = { ...signed, signatureV1, [name]: other }
      expect(codeOf(() => decodeIpnsRecord(encodeIpnsRecord(copies)))).toBe('IPNS_MISMATCH')
    }
  })

  test('of the value are compared without the bytes of the next field', () => {
    // `/x` and the bytes that follow it in the record: signatureV1
    const value = Uint8Array.of(...utf8('/x'), 0x12, 1, 0x31)
    const { ttl, sequence } = content as Required<IpnsData>
    const parts = {
      data: encodeIpnsData({ ...content, value }),
      signatureV2,
      signatureV1,
      validityBytes,
      sequence,
      ttl
    }
    expect(codeOf(() => decodeIpnsRecord(encodeIpnsRecord({ ...parts, value })))).toBe('ok')
    const bytes = encodeIpnsRecord({ ...parts, value: utf8('/x') })
    expect(toHex(bytes).startsWith('0a022f78120131')).toBe(true)
    expect(codeOf(() => decodeIpnsRecord(bytes))).toBe('IPNS_MISMATCH')
  })

  test('of the validity are compared without the bytes of the next field', () => {
    // without it, the Z at its end is read as the tag of an unknown field
    const zone = Uint8Array.of(0x5a, 0)
    const short = validityBytes.subarray(0, -1)
    const fields = writeFields([10, content.value, 18, signatureV1, 24, 0, 40, content.sequence, 48, content.ttl])
    const proof = writeFields([66, signatureV2, 74, data])
    const copied = (validity: Uint8Array): Uint8Array =>
      Uint8Array.of(...fields, 34, validity.length, ...validity, ...zone, ...proof)
    expect(codeOf(() => decodeIpnsRecord(copied(validityBytes)))).toBe('ok')
    expect(codeOf(() => decodeIpnsRecord(copied(short)))).toBe('IPNS_MISMATCH')
  })

  test('of the validity type that differ are refused', () => {
    const other = whole.slice()
    const place = whole.findIndex((byte, index) => byte === 0x18 && whole[index + 1] === 0 && whole[index + 2] === 0x22)
    other[place + 1] = 1
    expect(codeOf(() => decodeIpnsRecord(other))).toBe('IPNS_MISMATCH')
  })

  test('of a record without signatureV1 are dropped, whatever they are', () => {
    // a sender without the key can add them, and js-ipns and Python accept the record
    const record = encodeIpnsRecord({ data, signatureV2 })
    const stray = Uint8Array.of(...writeFields([10, utf8('/ipfs/other'), 34, utf8('x'), 40, 99n]), ...record)
    const decoded = decodeIpnsRecord(stray)
    expect(decoded).toMatchObject({ sequence: 7n, value: content.value })
    expect(encodeIpnsRecord({ ...decoded, signatureV1: undefined })).toEqual(record)
  })

  test('are not returned', () => {
    // sequence 99 unsigned, 7 in the signed map
    const stray = Uint8Array.of(0x28, 99, ...encodeIpnsRecord({ data, signatureV2 }))
    expect(decodeIpnsRecord(stray).sequence).toBe(7n)
  })
})

test('decodeIpnsRecord refuses more than 10240 bytes before it parses them', () => {
  expect(codeOf(() => decodeIpnsRecord(new Uint8Array(10_241)))).toBe('TOO_LARGE')
  expect(codeOf(() => decodeIpnsRecord(new Uint8Array(10_240)))).toBe('PROTOBUF_FIELD_NUMBER')
  expect(codeOf(() => decodeIpnsRecord(new Uint8Array(10_241), { limit: 20_000 }))).toBe('PROTOBUF_FIELD_NUMBER')
})
