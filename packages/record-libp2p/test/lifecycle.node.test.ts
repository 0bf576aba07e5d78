import { expect, test } from 'vitest'
import { startRecords, text } from './record-network.ts'

test('a node that stops while it publishes aborts the publication and keeps the record', async () => {
  const { network, records, key } = await startRecords(1, [], undefined, 600_000)
  const [alone] = records
  if (alone === undefined) throw new Error('the network has no node')
  await alone.manager.put(key, text('first'), { offline: true })
  const publishing = alone.manager.put(key, text('second'), { checkNetwork: false }).catch((error: unknown) => error)
  await new Promise(setImmediate)
  await network[Symbol.asyncDispose]()
  expect(await publishing).toMatchObject({ code: 'TOO_FEW_COPIES' })
  expect(new TextDecoder().decode(await alone.manager.get(key, { offline: true }))).toBe('second')
  expect(alone.manager.republishQueue).toHaveLength(1)
  await alone.close()
})

test('a node that stops ends the background of its puts', async () => {
  const { network, records, key } = await startRecords(3, ['silent'])
  await using _network = network
  const [author] = records
  if (author === undefined) throw new Error('the network has no node')
  const { receipt } = await author.manager.put(key, text('content'))
  expect(receipt?.copies.reached).toBe(2)
  let isComplete = false
  void receipt?.complete.then(() => (isComplete = true))
  await network.honest[0]?.stop()
  expect(isComplete).toBe(true)
})
