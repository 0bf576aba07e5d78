import { equalBytes } from '@recordkit/record-types'
import { expect, test } from 'vitest'
import { startRecords, text } from './record-network.ts'

test('two halves of a network with different records of one key agree after a partition heals', async () => {
  // all nodes have the key of the author, like devices of one person
  const { network, records, key } = await startRecords(8, [], (pairs) => pairs[0] as (typeof pairs)[0])
  await using _network = network
  const half = network.honest.slice(0, 4).map(({ peerId }) => peerId)
  const [left, , , , right] = records
  if (left === undefined || right === undefined) throw new Error('the network has too few nodes')
  await (
    await left.manager.put(key, text('before'))
  ).receipt?.complete

  await network.partition((peer) => half.some((other) => other.equals(peer)))
  // the sequences are equal, so that the rest of the rank decides
  const sequence = 1n << 53n
  const onLeft = await left.manager.put(key, text('left'), { sequence })
  const onRight = await right.manager.put(key, text('right'), { sequence })
  expect((await onLeft.receipt?.complete)?.copies.reached).toBe(3)
  expect((await onRight.receipt?.complete)?.copies.reached).toBe(3)
  const divided = await Promise.all(records.map((node) => node.manager.get(key, { noCache: true })))
  const contents = divided.map((bytes) => new TextDecoder().decode(bytes))
  expect(contents).toEqual(['left', 'left', 'left', 'left', 'right', 'right', 'right', 'right'])

  await network.heal()
  await left.manager.getRecord(key, { noCache: true })
  await left.network.settled()
  const after = await Promise.all(records.map((node) => node.manager.getRecord(key, { offline: true })))
  const winner = after[0]?.value ?? new Uint8Array()
  expect([onLeft.record.value, onRight.record.value].some((bytes) => equalBytes(bytes, winner))).toBe(true)
  expect(after.every((record) => record !== undefined && equalBytes(record.value, winner))).toBe(true)
})
