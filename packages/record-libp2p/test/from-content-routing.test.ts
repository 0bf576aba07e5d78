import { fromContentRouting } from '@recordkit/record-libp2p'
import type { ValueRouting } from '@recordkit/record-libp2p'
import { expect, test } from 'vitest'

const key = new TextEncoder().encode('/toy/x')
const value = Uint8Array.of(1, 2)
const from = new Uint8Array(0)

function named(name: string): Error {
  return Object.assign(new Error(name), { name })
}

function routers(error?: Error): ValueRouting {
  return {
    get: async () => {
      if (error !== undefined) throw error
      return value
    },
    put: async () => {
      if (error !== undefined) throw error
    }
  }
}

test('content routers are one peer with one answer and one copy', async () => {
  const routing = fromContentRouting(routers())
  expect(await all(routing.get(key))).toEqual([{ from, value }])
  expect(await all(routing.put(key, value))).toEqual([{ from, outcome: 'stored' }])
})

test('what they do not find is a miss, and not being able to ask is an error', async () => {
  expect(await all(fromContentRouting(routers(named('NotFoundError'))).get(key))).toEqual([{ from }])
  const without = fromContentRouting(routers(named('NoContentRoutersError')))
  await expect(all(without.get(key))).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
  await expect(all(without.put(key, value))).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
})

test('a put that fails is refused', async () => {
  const acks = await all(fromContentRouting(routers(new Error('no'))).put(key, value))
  expect(acks.map(({ outcome }) => outcome)).toEqual(['refused'])
})

test("an aborted question throws the signal's own reason", async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(all(fromContentRouting(routers(new Error('x'))).get(key, { signal }))).rejects.toThrow('enough')
})

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = []
  for await (const item of items) taken.push(item)
  return taken
}
