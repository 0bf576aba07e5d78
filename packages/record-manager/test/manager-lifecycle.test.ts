import { flushMicrotasks } from '@recordkit/record-conformance'
import { createIpnsRecord } from '@recordkit/record-crypto'
import { hour, second } from '@recordkit/testing'
import type { AccessControl } from '@recordkit/record-types'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager } from './test-manager.ts'

describe('access control of a manager', () => {
  test('receives a report of accept, ignore or reject for every record with a sender', async () => {
    const reports: string[] = []
    const access: AccessControl = {
      checkSender: () => undefined,
      report: (_peer, status) => void reports.push(status)
    }
    const { local, name, signer, time } = await createTestManager({ access })
    const sign = async (sequence: bigint, validity = time.now + hour): Promise<Uint8Array> =>
      createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity }, { signer, now: 0n })
    const sender = Uint8Array.of(0, 1, 7)
    for (const value of [
      await sign(2n),
      await sign(2n),
      await sign(1n),
      await sign(3n, time.now - 1n),
      Uint8Array.of(1),
      // a record without signature and data
      new Uint8Array(0)
    ])
      await local.receive(name, value, { sender })
    expect(reports).toEqual(['accept', 'accept', 'ignore', 'ignore', 'ignore', 'reject'])
    await local.receive(name, await sign(4n))
    expect(reports.length).toBe(6)
  })

  test('may have no report method', async () => {
    const { local, name } = await createTestManager({ access: { checkSender: () => undefined } })
    expect(await local.receive(name, Uint8Array.of(1), { sender: Uint8Array.of(0, 1, 7) })).toMatchObject({
      status: 'ignored'
    })
  })

  test('receives the signal of a call in checkSender, as does the store', async () => {
    const { signal } = new AbortController()
    const received: unknown[] = []
    const { local, calls, name, signer, time } = await createTestManager({
      access: {
        checkSender: (_sender, _key, options) => {
          received.push(options)
          return undefined
        }
      }
    })
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer, now: 0n }
    )
    await local.receive(name, value, { sender: Uint8Array.of(0, 1, 7), signal })
    expect(received).toEqual([{ signal }])
    expect(calls.find(([method]) => method === 'put')?.[2]).toEqual({ signal })
    calls.length = 0
    await local.get(name, { signal })
    await local.has(name, { signal })
    await local.delete(name, { signal })
    expect(calls.map(([method, , options]) => [method, options])).toEqual([
      ['get', { signal }],
      ['get', { signal }],
      ['delete', { signal }]
    ])
  })
})

describe('the stats of a manager', () => {
  test('contain numbers of the store, cached verdicts, look-ups, watchers and republished records', async () => {
    const { manager, local, key } = await createTestManager()
    await manager.put(key, bytes('green'))
    await manager.get('/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8').catch(() => undefined)
    const watching = manager.watch(key)
    const next = watching.next()
    await flushMicrotasks()
    const stats = await manager.stats()
    expect(stats).toMatchObject({
      store: { entries: 1 },
      watchers: 1,
      queue: { size: 1, failing: 0, lag: 0n },
      lookups: { running: 0 }
    })
    expect(stats.verdicts.entries).toBeGreaterThan(0)
    expect((await local.stats()).lookups).toEqual({ running: 0, cached: 0 })
    expect((await local.stats()).queue.size).toBe(0)
    expect(local.republishQueue).toEqual([])
    await manager.stop()
    await next
  })
})

describe('a started manager', () => {
  test('sweeps every 10 minutes or at its sweepInterval, also after two starts', async () => {
    for (const [options, milliseconds] of [
      [{}, 600_000],
      [{ sweepInterval: 1000 }, 1000]
    ] as const) {
      const { local, calls, time } = await createTestManager(options)
      await local.start()
      await local.start()
      const sweeps = (): number => calls.filter(([name]) => name === 'sweep').length
      await time.advance(BigInt(milliseconds) * 1_000_000n - 1n)
      expect(sweeps()).toBe(0)
      await time.advance(1n)
      expect(sweeps()).toBe(1)
      await time.advance(BigInt(milliseconds) * 1_000_000n)
      expect(sweeps()).toBe(2)
      await local.stop()
      expect(time.pending).toBe(0)
    }
  })

  test('never sweeps at a sweepInterval of Infinity, and rejects an invalid one with INVALID_ARGUMENT', async () => {
    const { local, calls, time } = await createTestManager({ sweepInterval: Number.POSITIVE_INFINITY })
    await local.start()
    await time.advance(100n * hour)
    expect(calls.map(([name]) => name)).not.toContain('sweep')
    await local.stop()
    for (const sweepInterval of [0, -1, Number.NaN, 1n as never])
      await expect(createTestManager({ sweepInterval })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('sweepInterval is') as unknown
      })
  })

  test('continues to sweep after a failed sweep', async () => {
    let sweeps = 0
    const store = new MemoryRecordStore()
    const failing = new Proxy(store, {
      get(target, name) {
        if (name === 'sweep')
          return async () => {
            sweeps++
            throw new Error('disk full')
          }
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      }
    })
    const { local, time } = await createTestManager({ store: failing, sweepInterval: 1000 })
    await local.start()
    await time.advance(3n * second)
    expect(sweeps).toBe(3)
    await local.stop()
  })

  test('republishes records with a publication only, counted from when they were last published', async () => {
    const { manager, store, key, name, signer, time } = await createTestManager()
    const published = time.now - hour
    await manager.put(key, bytes('green'), { offline: true })
    await store.touch(key, { publication: { key, network: true, published } })
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer, now: 0n }
    )
    await manager.receive(name, value)
    await manager.start()
    expect(manager.republishQueue).toEqual([{ key, next: published + 22n * hour, failures: 0 }])
    await manager.stop()
  })

  test('does not publish what was put offline', async () => {
    const { manager, network, key, time } = await createTestManager()
    await manager.put(key, bytes('green'), { offline: true })
    await manager.start()
    await time.advance(23n * hour)
    expect(manager.republishQueue).toMatchObject([{ key, next: time.now + 21n * hour }])
    await time.advance(100n * hour)
    expect(network.values.size).toBe(0)
    await manager.stop()
  })

  test('closes its store and leaves no timer when it is disposed of', async () => {
    const { local, calls, time } = await createTestManager()
    await local.start()
    await local[Symbol.asyncDispose]()
    expect(calls.map(([name]) => name)).toContain('close')
    expect(time.pending).toBe(0)
    await expect(
      local.get('/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8')
    ).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })
})
