import type { KeyType, PublicKey } from '@recordkit/record-types'
import { files, fromHex, toHex } from '@recordkit/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodePrivateKey,
  decodePublicKey,
  decodeUnsignedPublicKey,
  encodePrivateKey,
  encodePublicKey
} from '@recordkit/record-codec'
import { derElement, readDer, readWholeDer } from '@recordkit/record-codec/internal'
import goKeys from '@recordkit/vectors/keys/go-libp2p-key-fixtures.json' with { type: 'json' }
import specKeys from '@recordkit/vectors/peer-ids/peer-id-spec-keys.json' with { type: 'json' }
import publicKeyCases from '@recordkit/vectors/rules/pk-validator-cases.json' with { type: 'json' }
import { codeOf } from './errors.ts'

const raw = files(
  import.meta.glob<string>('../../../vectors/keys/raw/*', { query: '?hex', import: 'default', eager: true })
)

describe.each([...specKeys.vectors, ...goKeys.vectors])('the $type keys of the specification and of Go', (vector) => {
  test('decode and encode as public keys', () => {
    const bytes = fromHex(vector.publicKeyProtobufHex)
    const key = decodePublicKey(bytes)
    expect(key.type).toBe(vector.type)
    expect(encodePublicKey(key)).toEqual(bytes)
  })

  test('decode and encode as private keys', () => {
    const bytes = fromHex(vector.privateKeyProtobufHex)
    const key = decodePrivateKey(bytes)
    expect(key.type).toBe(vector.type)
    expect(encodePrivateKey(key)).toEqual(bytes)
  })
})

test.each([...raw.keys()].filter((name) => /\.(priv|pub)$/.test(name)))(
  'the key %s is decoded, and encoded to the same bytes',
  (name) => {
    const bytes = raw.get(name)!
    if (name.endsWith('.pub')) expect(encodePublicKey(decodePublicKey(bytes))).toEqual(bytes)
    else if (name.includes('redundant')) expect(bytes).toEqual(redundant(encodePrivateKey(decodePrivateKey(bytes))))
    else expect(encodePrivateKey(decodePrivateKey(bytes))).toEqual(bytes)
  }
)

/** Returns the old form, of 96 bytes, of an Ed25519 private key. */
function redundant(bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(8, 1, 0x12, 96, ...bytes.subarray(4), ...bytes.subarray(36))
}

test('decodePrivateKey refuses the old form of an Ed25519 key when its public halves differ', () => {
  const bytes = raw.get('go-ed25519-redundant.priv')!.slice()
  bytes[99]! ^= 1
  expect(codeOf(() => decodePrivateKey(bytes))).toBe('PRIVATE_KEY_INVALID')
})

test('decodePublicKey refuses a key in another encoding, which Go accepts', () => {
  const swapped = publicKeyCases.cases.find(({ id }) => id === 'field-order-swapped')!
  expect(codeOf(() => decodePublicKey(fromHex(swapped.valueHex)))).toBe('PUBLIC_KEY_NOT_CANONICAL')
})

describe('decodeUnsignedPublicKey', () => {
  const canonical = [...raw].filter(([name]) => name.endsWith('.pub'))
  const reencoded = (bytes: Uint8Array): string => toHex(encodePublicKey(decodeUnsignedPublicKey(bytes)))

  test.each(canonical)(
    'reads the key %s in every encoding of its message, and brings it into the canonical one',
    (_, bytes) => {
      const { type, data } = decodePublicKey(bytes)
      const number = bytes[1]!
      const long = Uint8Array.of(
        8,
        0x80 | number,
        0,
        18,
        (data.length & 127) | 128,
        (data.length >> 7) | 128,
        0,
        ...data
      )
      for (const other of [
        bytes,
        Uint8Array.of(...bytes.subarray(2), 8, number),
        Uint8Array.of(18, 1, 7, ...bytes),
        Uint8Array.of(...bytes, 0x1b, 0x1c, 0x20, 1),
        long
      ])
        expect(reencoded(other)).toBe(toHex(bytes))
      expect(decodeUnsignedPublicKey(long)).toEqual({ type, data })
      // 0, the number of RSA, is what an absent type means
      if (type === 'RSA') expect(reencoded(bytes.subarray(2))).toBe(toHex(bytes))
      else expect(() => decodeUnsignedPublicKey(bytes.subarray(2))).toThrow(/RSA/)
    }
  )

  test.each(canonical.filter(([name]) => /rsa|ecdsa/i.test(name)))(
    'ignores what follows the elements of the DER of %s, as Go does',
    (_, bytes) => {
      const { type, data } = decodePublicKey(bytes)
      const info = { bytes: readWholeDer(data, 0x30)!, offset: 0 }
      const algorithm = readDer(info, 0x30)!
      const key = readDer(info, 3)!
      const extra = [4, 1, 7]
      const rsaKey = type === 'RSA' ? readWholeDer(key.subarray(1), 0x30)! : undefined
      for (const other of [
        derElement(0x30, derElement(0x30, algorithm), derElement(3, key), extra),
        Uint8Array.of(...data, ...extra),
        derElement(0x30, derElement(0x30, algorithm, extra), derElement(3, key)),
        ...(rsaKey === undefined
          ? []
          : [derElement(0x30, derElement(0x30, algorithm), derElement(3, [0], derElement(0x30, rsaKey, extra)))])
      ]) {
        expect(codeOf(() => decodePublicKey(encodePublicKey({ type, data: other })))).not.toBe('ok')
        expect(reencoded(encodePublicKey({ type, data: other }))).toBe(toHex(bytes))
      }
    }
  )

  test.each([0, 1])('compresses a Secp256k1 point whose y has the parity %i', (parity) => {
    const x = new Uint8Array(32).fill(5)
    const y = new Uint8Array(32).fill(6).fill(parity, 31)
    for (const form of [4, 6 | parity])
      expect(
        decodeUnsignedPublicKey(encodePublicKey({ type: 'Secp256k1', data: Uint8Array.of(form, ...x, ...y) })).data
      ).toEqual(Uint8Array.of(2 | parity, ...x))
    const wrong = Uint8Array.of(7 ^ parity, ...x, ...y)
    expect(codeOf(() => decodeUnsignedPublicKey(encodePublicKey({ type: 'Secp256k1', data: wrong })))).toBe(
      'PUBLIC_KEY_INVALID'
    )
  })

  test.each([
    ['1200', 'PUBLIC_KEY_INVALID'],
    ['', 'PUBLIC_KEY_INVALID'],
    ['0801', 'PUBLIC_KEY_INVALID'],
    ['08011200', 'PUBLIC_KEY_INVALID'],
    ['08041200', 'KEY_TYPE_UNKNOWN'],
    ['08001200', 'PUBLIC_KEY_INVALID'],
    ['08031200', 'DER_INVALID'],
    ['0803120430020300', 'DER_INVALID'],
    ['080012023000', 'PUBLIC_KEY_INVALID']
  ])('refuses %s', (hex, code) => {
    expect(codeOf(() => decodeUnsignedPublicKey(fromHex(hex)))).toBe(code)
  })
})

test('encodePublicKey encodes the type of an RSA key although it is 0', () => {
  const { data } = decodePublicKey(raw.get('go-libp2p-rsa.pub')!)
  expect(toHex(encodePublicKey({ type: 'RSA', data })).slice(0, 10)).toBe('080012a602')
})

const sized = (length: number, first = 0): Uint8Array => {
  const data = new Uint8Array(length)
  data[0] = first
  return data
}

test.each<[KeyType, Uint8Array, string]>([
  ['Ed25519', sized(31), 'PUBLIC_KEY_INVALID'],
  ['Ed25519', sized(33), 'PUBLIC_KEY_INVALID'],
  ['Ed25519', sized(0), 'PUBLIC_KEY_INVALID'],
  ['Secp256k1', sized(32, 2), 'PUBLIC_KEY_INVALID'],
  ['Secp256k1', sized(65, 4), 'PUBLIC_KEY_INVALID'],
  ['Secp256k1', sized(33, 0), 'PUBLIC_KEY_INVALID'],
  ['Secp256k1', sized(33, 4), 'PUBLIC_KEY_INVALID'],
  ['Secp256k1', sized(33, 2), 'ok'],
  ['Secp256k1', sized(33, 3), 'ok'],
  ['ECDSA', sized(91, 0x30), 'DER_INVALID'],
  ['RSA', sized(294, 0x30), 'DER_INVALID'],
  ['RSA', sized(100), 'PUBLIC_KEY_INVALID'],
  ['RSA', sized(0), 'PUBLIC_KEY_INVALID'],
  ['RSA', sized(2000), 'TOO_LARGE']
])('decodePublicKey of a %s key with the data %j gives %s', (type, data, code) => {
  expect(codeOf(() => decodePublicKey(encodePublicKey({ type, data })))).toBe(code)
})

test('encodePublicKey refuses an unknown type', () => {
  expect(codeOf(() => encodePublicKey({ type: 'Ed448' as KeyType, data: sized(57) }))).toBe('KEY_TYPE_UNKNOWN')
  expect(codeOf(() => encodePublicKey({ type: 'constructor' as KeyType, data: sized(57) }))).toBe('KEY_TYPE_UNKNOWN')
})

test.each([undefined, null, 'key', {}, { type: 'Ed25519' }, { type: 'Ed25519', data: 'x' }])(
  'encodePublicKey and encodePrivateKey refuse %j',
  (key) => {
    const codes = ['INVALID_ARGUMENT', 'KEY_TYPE_UNKNOWN']
    expect(codes).toContain(codeOf(() => encodePublicKey(key as PublicKey)))
    expect(codes).toContain(codeOf(() => encodePrivateKey(key as PublicKey)))
  }
)

/** A DER element, with its length in the shortest form. */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Uint8Array.from(contents.flatMap((part) => [...part]))
  const { length } = content
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Uint8Array.of(tag, ...head, ...content)
}

function rsa(
  bits: number,
  exponent: readonly number[] = [1, 0, 1],
  change?: (modulus: Uint8Array) => Uint8Array
): Uint8Array {
  const modulus = new Uint8Array(Math.ceil(bits / 8)).fill(0x55)
  modulus[0] = 1 << ((bits - 1) % 8)
  const integer = modulus[0] > 127 ? Uint8Array.of(0, ...modulus) : modulus
  const numbers = der(0x30, der(2, change === undefined ? integer : change(integer)), der(2, Uint8Array.from(exponent)))
  return der(0x30, fromHex('300d06092a864886f70d0101010500'), der(3, Uint8Array.of(0), numbers))
}

describe('an RSA public key', () => {
  const code = (data: Uint8Array): string => codeOf(() => decodePublicKey(encodePublicKey({ type: 'RSA', data })))

  test.each([2048, 2049, 2055, 2056, 3072, 4096, 8191, 8192])('of %i bits is accepted', (bits) => {
    expect(code(rsa(bits))).toBe('ok')
  })

  test.each([512, 1024, 2040, 2046, 2047, 8193, 8200, 8208])('of %i bits is refused', (bits) => {
    expect(code(rsa(bits))).toBe('PUBLIC_KEY_INVALID')
  })

  test('of 16384 bits is refused before it is parsed', () => {
    expect(code(rsa(16_384))).toBe('TOO_LARGE')
  })

  test.each([
    [[3], 'ok'],
    [[0x7f, 0xff, 0xff, 0xff], 'ok'],
    [[0x7f], 'ok'],
    [[0, 0x81], 'ok'],
    [[0, 0x80, 1], 'ok'],
    [[0, 0x7f], 'PUBLIC_KEY_INVALID'],
    [[0x80, 0, 1], 'PUBLIC_KEY_INVALID'],
    [[1], 'PUBLIC_KEY_INVALID'],
    [[0], 'PUBLIC_KEY_INVALID'],
    [[1, 0, 0], 'PUBLIC_KEY_INVALID'],
    [[0, 0x80, 0, 0, 1], 'PUBLIC_KEY_INVALID'],
    [[1, 0, 0, 0, 1], 'PUBLIC_KEY_INVALID'],
    [[0, 1, 0, 1], 'PUBLIC_KEY_INVALID'],
    [[0x81], 'PUBLIC_KEY_INVALID'],
    [[], 'PUBLIC_KEY_INVALID']
  ])('with the exponent %j gives %s', (exponent, expected) => {
    expect(code(rsa(2048, exponent))).toBe(expected)
  })

  test('without an exponent is refused', () => {
    expect(code(rsa(3072, []))).toBe('DER_INVALID')
  })

  test('with the largest first byte that needs no leading zero is accepted', () => {
    expect(code(rsa(2055, [1, 0, 1], (modulus) => modulus.with(0, 0x7f)))).toBe('ok')
  })

  test('with a modulus that is negative or has superfluous leading zeros is refused', () => {
    expect(code(rsa(2049, [1, 0, 1], (modulus) => Uint8Array.of(0x81, ...modulus.subarray(1))))).toBe('DER_INVALID')
    expect(code(rsa(2049, [1, 0, 1], (modulus) => Uint8Array.of(0, ...modulus)))).toBe('DER_INVALID')
  })

  test('with one byte of its structure changed is refused', () => {
    const good = rsa(2048)
    const structure = [...Array(32).keys(), good.length - 5, good.length - 4]
    for (const index of structure) {
      const bad = good.slice()
      bad[index]! ^= 1
      expect([index, code(bad)]).not.toEqual([index, 'ok'])
    }
  })

  test('with a byte added or removed is refused', () => {
    const good = rsa(2048)
    expect(code(Uint8Array.of(...good, 0))).toBe('DER_INVALID')
    expect(code(good.subarray(0, -1))).toBe('DER_INVALID')
  })
})

describe('an ECDSA public key', () => {
  const code = (data: Uint8Array): string => codeOf(() => decodePublicKey(encodePublicKey({ type: 'ECDSA', data })))
  const ec = (curve: string, size: number, form = 4): Uint8Array =>
    der(
      0x30,
      der(0x30, fromHex('06072a8648ce3d0201'), fromHex(curve)),
      der(3, Uint8Array.of(0, form), new Uint8Array(size).fill(7))
    )

  test.each([
    ['P-256', '06082a8648ce3d030107', 64],
    ['P-384', '06052b81040022', 96],
    ['P-521', '06052b81040023', 132]
  ])('on %s is accepted, as an uncompressed point only', (_, curve, size) => {
    expect(code(ec(curve, size))).toBe('ok')
    expect(code(ec(curve, size - 1))).toBe('DER_INVALID')
    expect(code(ec(curve, size + 1))).toBe('DER_INVALID')
    expect(code(ec(curve, size / 2, 2))).toBe('DER_INVALID')
    // with a byte added or removed
    expect(code(Uint8Array.of(...ec(curve, size), 0))).toBe('DER_INVALID')
    expect(code(ec(curve, size).subarray(0, -1))).toBe('DER_INVALID')
  })

  test.each([
    ['P-224', '06052b81040021', 56],
    ['P-192', '06082a8648ce3d030101', 48],
    ['secp256k1', '06052b8104000a', 64]
  ])('on %s is refused', (_, curve, size) => {
    expect(code(ec(curve, size))).toBe('DER_INVALID')
  })
})

describe('private keys in DER:', () => {
  const damaged = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))

  test.each(['go-libp2p-rsa', 'spec-ecdsa'])('damage to %s makes decoding throw nothing but a RecordError', (name) => {
    const bytes = raw.get(`${name}.priv`)!
    fc.assert(
      fc.property(damaged, ([place, difference]) => {
        const bad = bytes.slice()
        bad[place % bad.length]! ^= difference
        codeOf(() => decodePrivateKey(bad))
      })
    )
  })

  test.each(['go-libp2p-rsa', 'spec-ecdsa'])('%s with a byte added or removed is refused', (name) => {
    const { type, data } = decodePrivateKey(raw.get(`${name}.priv`)!)
    for (const bad of [Uint8Array.of(...data, 0), data.subarray(0, -1), data.subarray(1), new Uint8Array(0)]) {
      expect(codeOf(() => decodePrivateKey(encodePrivateKey({ type, data: bad })))).toBe('DER_INVALID')
    }
  })

  const numbers = (count: number, modulus: Uint8Array): Uint8Array =>
    der(
      0x30,
      der(2, Uint8Array.of(0)),
      der(2, modulus),
      ...Array.from({ length: count }, () => der(2, Uint8Array.of(1)))
    )

  test('RSA keys with another size of the modulus or another count of numbers are refused', () => {
    const code = (data: Uint8Array): string => codeOf(() => decodePrivateKey(encodePrivateKey({ type: 'RSA', data })))
    const modulus = (size: number): Uint8Array => new Uint8Array(size).fill(0x7f)
    expect(code(numbers(7, modulus(257)))).toBe('ok')
    expect(code(numbers(7, modulus(128)))).toBe('PRIVATE_KEY_INVALID')
    expect(code(numbers(7, modulus(1025)))).toBe('PRIVATE_KEY_INVALID')
    expect(code(numbers(6, modulus(257)))).toBe('DER_INVALID')
    expect(code(numbers(8, modulus(257)))).toBe('DER_INVALID')
  })

  test('ECDSA keys without curve and public key are accepted when the secret has the size of a curve', () => {
    const code = (data: Uint8Array): string => codeOf(() => decodePrivateKey(encodePrivateKey({ type: 'ECDSA', data })))
    const key = (size: number, version = 1): Uint8Array =>
      der(0x30, der(2, Uint8Array.of(version)), der(4, new Uint8Array(size)))
    for (const size of [32, 48, 66]) expect(code(key(size))).toBe('ok')
    for (const size of [0, 28, 33, 64]) expect(code(key(size))).toBe('PRIVATE_KEY_INVALID')
    expect(code(key(32, 0))).toBe('DER_INVALID')
  })

  test('lengths that are not in their shortest form are refused', () => {
    const code = (data: Uint8Array): string => codeOf(() => decodePrivateKey(encodePrivateKey({ type: 'ECDSA', data })))
    const secret = [0x04, 0x20, ...new Uint8Array(32)]
    expect(code(Uint8Array.of(0x30, 37, 2, 1, 1, ...secret))).toBe('ok')
    expect(code(Uint8Array.of(0x30, 0x81, 37, 2, 1, 1, ...secret))).toBe('DER_INVALID')
    expect(code(Uint8Array.of(0x30, 0x82, 0, 37, 2, 1, 1, ...secret))).toBe('DER_INVALID')
    expect(code(Uint8Array.of(0x30, 0x80, 2, 1, 1, ...secret))).toBe('DER_INVALID')
    expect(code(Uint8Array.of(0x30, 0x83, 0, 0, 37, 2, 1, 1, ...secret))).toBe('DER_INVALID')
    expect(code(Uint8Array.of(0x30, 38, 2, 2, 0, 1, ...secret))).toBe('DER_INVALID')
  })
})
