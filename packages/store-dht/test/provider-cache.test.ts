import { encodeProviderAddresses } from '@recordkit/record-codec'
import { expect, test } from 'vitest'
import { limitAddresses, limitOwnAddresses } from '../src/address-limits.ts'
import { ProviderCache } from '../src/provider-cache.ts'

const options = { clock: () => 1n, maxProviderAge: 10n, maxAddressAge: 10n, maxProviders: 20, maxMultihashes: 1024 }
const addresses = (count: number, size: number): Uint8Array[] =>
  Array.from({ length: count }, () => new Uint8Array(size).fill(1))
const id = (number: number): Uint8Array => Uint8Array.of(number >> 8, number)

test('providers with many short addresses, and without any, count with the memory that they take', () => {
  for (const [count, kept] of [
    [32, 1_771],
    [0, 16_384]
  ] as const) {
    const cache = new ProviderCache(options)
    for (let number = 0; number < 1024; number++)
      for (let provider = 0; provider < 20; provider++)
        cache.add(id(number), { id: id(provider), addresses: addresses(count, 8) }, false)
    let providers = 0
    for (let number = 0; number < 1024; number++) providers += cache.get(id(number)).length
    expect(providers).toBeGreaterThan(kept - 20)
    expect(providers).toBeLessThanOrEqual(kept)
    expect(cache.get(id(1023))).toHaveLength(20)
  }
})

test('cached providers use at most 16 MiB, and the multihashes found longest ago go first', () => {
  const cache = new ProviderCache(options)
  for (let number = 0; number < 1024; number++)
    for (let provider = 0; provider < 20; provider++)
      cache.add(id(number), { id: id(provider), addresses: addresses(32, 512) }, false)
  expect(cache.bytes).toBeLessThanOrEqual(16 * 1024 * 1024)
  expect(cache.bytes).toBeGreaterThan(15 * 1024 * 1024)
  expect(cache.get(id(0))).toEqual([])
  expect(cache.get(id(1023))).toHaveLength(20)
})

test('the bytes of replaced, evicted and displaced providers are released', () => {
  const cache = new ProviderCache({ ...options, maxProviders: 2, maxMultihashes: 2 })
  for (let number = 0; number < 50; number++) {
    for (let provider = 0; provider < 5; provider++)
      cache.add(id(number), { id: id(provider), addresses: addresses(1 + (provider % 3), 10) }, provider > 2)
    cache.add(id(number), { id: id(4), addresses: addresses(1, 10) }, false)
  }
  // the two providers that signed, of two multihashes
  expect(cache.get(id(49)).map((each) => each.addresses.length)).toEqual([1, 1])
  expect(cache.bytes).toBe(4 * (1024 + 256 + 10))
})

test('a node with hundreds of addresses announces as many as a record may contain', () => {
  for (const own of [addresses(65, 8), addresses(500, 512), addresses(3, 5000)]) {
    const limited = limitOwnAddresses(own)
    expect(limited.length).toBeLessThanOrEqual(32)
    expect(() => encodeProviderAddresses(limited)).not.toThrow()
  }
  expect(limitOwnAddresses(addresses(65, 8))).toHaveLength(32)
})

test('providers that did not sign never displace one that did, of any multihash, by their number or their addresses', () => {
  const cache = new ProviderCache(options)
  cache.add(id(0), { id: id(1), addresses: addresses(1, 10) }, true)
  for (let number = 1; number < 1500; number++)
    for (let provider = 0; provider < 4; provider++)
      cache.add(id(number), { id: id(provider), addresses: addresses(32, 512) }, false)
  expect(cache.get(id(0))).toHaveLength(1)
  expect(cache.get(id(1))).toEqual([])
  expect(cache.get(id(1499))).toHaveLength(4)
  expect(cache.bytes).toBeLessThanOrEqual(16 * 1024 * 1024)
})

test('a cached provider does not keep the message that named it in memory', () => {
  const cache = new ProviderCache(options)
  const message = new Uint8Array(1_000_000)
  cache.add(id(1), { id: message.subarray(0, 4), addresses: limitAddresses([message.subarray(4, 12)]) }, false)
  const [cached] = cache.get(id(1))
  expect([cached?.id, ...(cached?.addresses ?? [])].map((bytes) => bytes?.buffer.byteLength)).toEqual([4, 8])
})
