import { expect, test } from 'vitest'
import { startRecords, text } from './record-network.ts'

test('a node that stops while it publishes into the void waits for nobody, and keeps its record', async () => {
  const { network, records, key } = await startRecords(1, [], undefined, 600_000)
  const [alone] = records
  if (alone === undefined) throw new Error('no node')
  await alone.manager.put(key, text('mine'), { offline: true })
  const publishing = alone.manager.put(key, text('mine, too'), { checkNetwork: false }).catch((error: unknown) => error)
  await new Promise(setImmediate)
  await network[Symbol.asyncDispose]()
  expect(await publishing).toMatchObject({ code: 'TOO_FEW_COPIES' })
  expect(new TextDecoder().decode(await alone.manager.get(key, { offline: true }))).toBe('mine, too')
  expect(alone.manager.republishQueue).toHaveLength(1)
  await alone.close()
})
