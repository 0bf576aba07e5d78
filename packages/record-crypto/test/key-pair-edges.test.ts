import { envelopeSigningInput } from '@recordkit/record-codec'
import { RecordError } from '@recordkit/record-types'
import { describe, expect, test, vi } from 'vitest'
import { checkedKeyPair } from '../src/checked-key-pair.ts'
import { ecdsa, ecdsaKeyPair, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { ed25519, generateKeyPair, keyPairFromPrivateKey, keyPairFromSeed, verifySignature } from '../src/index.ts'
import { privateKeyData } from '../src/key-pair.ts'
import { rsaPublicKeyOf } from '../src/rsa-der.ts'
import { generateRsaKeyPair, rsa, rsaKeyPair } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1, secp256k1KeyPair } from '../src/secp256k1.ts'
import { errorOf } from './errors.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
const stranger = await keyPairFromSeed(new Uint8Array(32).fill(8))
const rsaPair = await generateRsaKeyPair()

describe('an algorithm that is missing', () => {
  test.each([
    ['Ed25519', signer, [secp256k1], '@recordkit/record-crypto to `algorithms`'],
    ['RSA', rsaPair, [ed25519], '@recordkit/record-crypto/rsa to `algorithms`'],
    ['RSA, by default', rsaPair, undefined, '@recordkit/record-crypto/rsa to `algorithms`']
  ] as const)('is named by where it is: %s', async (_, { publicKey }, algorithms, expected) => {
    const none = new Uint8Array(0)
    const error = await errorOf(() => verifySignature(publicKey, none, none, { ...(algorithms && { algorithms }) }))
    expect(error.code).toBe('ALGORITHM_MISSING')
    expect(error.message).toContain(expected)
  })
})

describe('a key pair', () => {
  test.each([
    ['Ed25519', generateKeyPair],
    ['Secp256k1', generateSecp256k1KeyPair],
    ['RSA', generateRsaKeyPair],
    ['ECDSA', generateEcdsaKeyPair]
  ])('is not made, and does not sign, once that is aborted: %s', async (_, generate) => {
    const reason = new Error('enough')
    await expect(generate({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const { signal } = new AbortController()
    const pair = await generate({ signal })
    expect(() => pair.sign(utf8('x'), { signal: AbortSignal.abort(reason) })).toThrow(reason)
    for (const options of [undefined, {}, { signal }]) {
      expect((await pair.sign(utf8('x'), options)).length).toBeGreaterThan(60)
    }
  })

  test('of Ed25519 has a seed of 32 bytes', async () => {
    for (const size of [0, 31, 33, 64]) {
      expect((await errorOf(() => keyPairFromSeed(new Uint8Array(size)))).code).toBe('INVALID_ARGUMENT')
    }
  })

  test('of RSA has a modulus of 2048 to 8192 bits, as the platform is told', async () => {
    const asked = vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(new Error('asked'))
    for (const bits of [2048, 2056, 8192]) {
      await expect(generateRsaKeyPair({ bits })).rejects.toThrow('asked')
      expect(asked).toHaveBeenLastCalledWith(
        { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: bits, publicExponent: Uint8Array.of(1, 0, 1) },
        true,
        ['sign', 'verify']
      )
    }
    expect(asked).toHaveBeenCalledTimes(3)
    asked.mockRestore()
    for (const bits of [2040, 2052, 8200]) {
      expect((await errorOf(() => generateRsaKeyPair({ bits }))).code).toBe('INVALID_ARGUMENT')
    }
  })

  test('keeps a copy of its private key', async () => {
    for (const [pair, read] of [
      [await generateSecp256k1KeyPair(), secp256k1KeyPair],
      [rsaPair, rsaKeyPair],
      [await generateEcdsaKeyPair(), ecdsaKeyPair]
    ] as const) {
      const data = Uint8Array.from(pair.privateKey.data)
      const again = await read({ type: pair.privateKey.type, data })
      data.fill(0)
      expect(again.privateKey).toEqual(pair.privateKey)
    }
  })

  test('of one type is not read as another', async () => {
    const pair = await generateSecp256k1KeyPair()
    expect((await errorOf(() => privateKeyData(pair.privateKey, 'RSA'))).code).toBe('PRIVATE_KEY_INVALID')
    expect(privateKeyData(pair.privateKey, 'Secp256k1')).toEqual(pair.privateKey.data)
    for (const [type, name] of [
      ['Secp256k1', 'secp256k1'],
      ['RSA', 'rsa']
    ] as const) {
      const { privateKey } = type === 'RSA' ? rsaPair : pair
      const { code, message } = await errorOf(() => keyPairFromPrivateKey(privateKey))
      expect(code).toBe('ALGORITHM_MISSING')
      expect(message).toContain(`\`${name}KeyPair\` from @recordkit/record-crypto/${name}`)
    }
  })

  test.each([undefined, null, 5, 'text'])('is not made of %s', async (value) => {
    expect((await errorOf(() => privateKeyData(value as never, 'RSA'))).code).toBe('INVALID_ARGUMENT')
  })

  test('must verify what it signs, and says of the platform what it says', async () => {
    const { data } = rsaPair.privateKey
    const cause = new Error('the platform says no')
    const refused = await errorOf(() =>
      checkedKeyPair(rsa, data, () => {
        throw cause
      })
    )
    expect([refused.code, refused.cause]).toEqual(['PRIVATE_KEY_INVALID', cause])
    const missing = new RecordError('ALGORITHM_MISSING', 'there is none')
    expect(
      await errorOf(() =>
        checkedKeyPair(rsa, data, () => {
          throw missing
        })
      )
    ).toBe(missing)
    const other = await generateRsaKeyPair()
    const mixed = { publicKey: rsaPair.publicKey.data, sign: other.sign }
    expect((await errorOf(() => checkedKeyPair(rsa, data, () => mixed))).code).toBe('PRIVATE_KEY_INVALID')
    const pair = await checkedKeyPair(rsa, data, () => ({ publicKey: rsaPair.publicKey.data, sign: rsaPair.sign }))
    expect(pair).toMatchObject({ publicKey: rsaPair.publicKey, peerId: rsaPair.peerId })
    expect(pair.privateKey).toEqual(rsaPair.privateKey)
    expect(await pair.sign(utf8('x'))).toEqual(await rsaPair.sign(utf8('x')))
  })

  test('of RSA has its public half in its DER, or none', async () => {
    const { data } = rsaPair.privateKey
    expect(rsaPublicKeyOf(data)).toEqual(rsaPair.publicKey.data)
    for (const wrong of [new Uint8Array(0), data.subarray(1), data.subarray(0, 20), Uint8Array.of(0x30, 0)]) {
      expect((await errorOf(() => rsaPublicKeyOf(wrong))).code).toBe('DER_INVALID')
    }
  })

  test('of Secp256k1 signs with the lower s, always the same', async () => {
    const pair = await secp256k1KeyPair({ type: 'Secp256k1', data: new Uint8Array(32).fill(5) })
    for (let count = 0; count < 40; count++) {
      const signature = await pair.sign(Uint8Array.of(count))
      expect(await secp256k1.verify(pair.publicKey.data, Uint8Array.of(count), signature)).toBe(true)
      expect(await pair.sign(Uint8Array.of(count))).toEqual(signature)
    }
  })

  test('signs what is not for its algorithm to refuse: only bytes', async () => {
    for (const pair of [signer, stranger, rsaPair]) {
      expect((await errorOf(() => pair.sign('text' as never))).code).toBe('INVALID_ARGUMENT')
    }
    expect(await ecdsa.verify(new Uint8Array(91), utf8('x'), await signer.sign(utf8('x')))).toBe(false)
    const input = envelopeSigningInput('a', utf8('b'), utf8('c'))
    expect(await ed25519.verify(signer.publicKey.data, input, await signer.sign(input))).toBe(true)
  })
})
