import type { ContentRouting } from '@libp2p/interface'
import { libp2pContentRouting } from '@recordkit/record-libp2p'
import { expect, test } from 'vitest'

const key = new TextEncoder().encode('/toy/x')
const value = Uint8Array.of(1, 2)
const from = new TextEncoder().encode('content-routing')
const multihash = Uint8Array.of(0, 1, 7)

function named(name: string): Error {
  return Object.assign(new Error(name), { name })
}

/** Content routing as js-libp2p's is, over routers of which each fails with one of `errors`. */
function routers(...errors: readonly (Error | undefined)[]): ContentRouting & { readonly puts: Uint8Array[] } {
  const puts: Uint8Array[] = []
  const mustHaveSome = (): void => {
    if (errors.length === 0) throw named('NoContentRoutersError')
  }
  const each = async (): Promise<void> => {
    for (const error of errors) if (error !== undefined) throw error
  }
  return {
    puts,
    async get() {
      return Promise.any(
        errors.map(async (error) => {
          if (error !== undefined) throw error
          return value
        })
      )
    },
    async put(_key, given) {
      await each()
      puts.push(given)
    },
    async provide() {
      mustHaveSome()
      await each()
    },
    async cancelReprovide() {
      mustHaveSome()
    },
    async *findProviders() {
      mustHaveSome()
      await each()
      yield {
        id: { toMultihash: () => ({ bytes: Uint8Array.of(9) }) },
        multiaddrs: [{ bytes: Uint8Array.of(4) }],
        routing: 'toy'
      } as never
    }
  }
}

test('content routers are one peer with one answer and one copy', async () => {
  const routing = libp2pContentRouting(routers(undefined))
  expect(await all(routing.get(key))).toEqual([{ from, value }])
  expect(await all(routing.put(key, value))).toEqual([{ from, status: 'stored' }])
  expect(await all(routing.provide?.(multihash))).toEqual([{ from, status: 'stored' }])
  expect(await all(routing.findProviders?.(multihash))).toEqual([
    { id: Uint8Array.of(9), addresses: [Uint8Array.of(4)] }
  ])
})

test('one router that answers is an answer, whatever becomes of the others', async () => {
  const routing = libp2pContentRouting(routers(new Error('reset'), undefined))
  expect(await all(routing.get(key))).toEqual([{ from, value }])
})

test('what one router does not find and others cannot say is a miss; what all of them cannot say is an error', async () => {
  const miss = libp2pContentRouting(routers(new Error('reset'), named('NotFoundError')))
  expect(await all(miss.get(key))).toEqual([{ from }])
  const failing = libp2pContentRouting(routers(new Error('reset')))
  expect(await all(failing.get(key))).toMatchObject([{ from, error: { errors: [{ message: 'reset' }] } }])
})

test('without routers there is nobody to ask, to put to, to tell; a put to nobody is not stored', async () => {
  const alone = routers()
  const routing = libp2pContentRouting(alone)
  for (const asked of [
    routing.get(key),
    routing.put(key, value),
    routing.provide?.(multihash),
    routing.findProviders?.(multihash)
  ]) {
    await expect(all<unknown>(asked)).rejects.toMatchObject({ code: 'NO_PEERS' })
  }
  expect(alone.puts).toEqual([])
})

test('a put that one router fails is refused, and providers that one cannot name are an error', async () => {
  const routing = libp2pContentRouting(routers(undefined, new Error('no')))
  const acks = await all(routing.put(key, value))
  expect(acks.map(({ status }) => status)).toEqual(['refused'])
  await expect(all(routing.findProviders?.(multihash))).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
})

test("an aborted question throws the signal's own reason, and puts nothing", async () => {
  const content = routers(undefined)
  const signal = AbortSignal.abort(new Error('enough'))
  const routing = libp2pContentRouting(content)
  await expect(all(routing.get(key, { signal }))).rejects.toThrow('enough')
  await expect(all(routing.put(key, value, { signal }))).rejects.toThrow('enough')
  expect(content.puts).toEqual([])
})

async function all<T>(items: AsyncIterable<T> | undefined): Promise<T[]> {
  const taken: T[] = []
  for await (const item of items ?? []) taken.push(item)
  return taken
}
