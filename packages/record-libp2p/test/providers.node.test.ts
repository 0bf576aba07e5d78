import { equalBytes } from '@recordkit/record-types'
import { expect, test } from 'vitest'
import { startRecords } from './record-network.ts'

test('a provider is found by another node, and confirmed by its signed provider record', async () => {
  const { network, records } = await startRecords(4)
  await using _network = network
  const [provider, , seeker] = records
  const self = network.honest[0]?.peerId.toMultihash().bytes
  if (provider === undefined || seeker === undefined || self === undefined)
    throw new Error('the network has too few nodes')
  const multihash = Uint8Array.of(0x12, 0x20, ...new Uint8Array(32).fill(7))
  const receipt = await provider.providers.addProvider(multihash)
  expect(receipt.copies.reached).toBe(3)
  const found = await seeker.providers.getProviders(multihash)
  expect(found.map(({ id, signed }) => [equalBytes(id, self), signed])).toEqual([[true, true]])
  expect(found[0]?.addresses.length).toBeGreaterThan(0)
})
