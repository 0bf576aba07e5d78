import {
  encodeProviderAddresses,
  joinRecordKey,
  providerKey,
  providersPrefix,
  splitProviderKey
} from '@recordkit/record-codec'
import { generateKeyPair, keyPairFromSeed } from '@recordkit/record-crypto'
import { providers, ValidationEngine } from '@recordkit/record-validators'
import { expect, test } from 'vitest'

const now = 1_790_000_000_000_000_000n
const engine = new ValidationEngine([providers()], { clock: () => now })
const multihash = Uint8Array.of(0x12, 0x20, ...Array.from({ length: 32 }, (_, index) => index))
const content = encodeProviderAddresses([Uint8Array.of(4, 127, 0, 0, 1, 6, 0x0f, 0xa1)])

test('providers accepts a record that the provider in its key signed', async () => {
  const signer = await generateKeyPair()
  const key = providerKey(multihash, signer.peerId)
  const value = await providers().seal({ key, content, sequence: 0n }, { now, signer })
  expect(await engine.validate(key, value)).toMatchObject({ status: 'accept' })
})

test('providers refuses a signer that is not the provider in the key, and content that is not a list of addresses', async () => {
  const [signer, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const key = providerKey(multihash, signer.peerId)
  await expect(async () =>
    providers().seal({ key, content, sequence: 0n }, { now, signer: other })
  ).rejects.toMatchObject({
    code: 'AUTHOR_FORBIDDEN'
  })
  const value = await providers().seal({ key, content: Uint8Array.of(0xff), sequence: 0n }, { now, signer })
  expect(await engine.validate(key, value)).toMatchObject({ status: 'ignore', code: 'CONTENT_INVALID' })
})

test('splitProviderKey accepts one spelling of a provider key and throws for all others', async () => {
  const { peerId } = await keyPairFromSeed(new Uint8Array(32).fill(3))
  const key = providerKey(multihash, peerId)
  expect(splitProviderKey(key)).toEqual({ multihash, provider: peerId })
  expect(key.subarray(0, providersPrefix(multihash).length)).toEqual(providersPrefix(multihash))
  const text = new TextDecoder().decode(key)
  for (const wrong of [
    text.toUpperCase(),
    `${text}/`,
    `${text}x`,
    text.replace('/providers/', '/providers//'),
    '/providers/',
    '/providers/aa'
  ]) {
    const path = wrong.slice('/providers/'.length)
    expect(() => splitProviderKey(joinRecordKey('providers', path)), wrong).toThrow(
      expect.objectContaining({ name: 'RecordError' }) as Error
    )
  }
})
