import { flushMicrotasks } from '@recordkit/record-conformance'
import { createIpnsRecord } from '@recordkit/record-crypto'
import { hour, second } from '@recordkit/testing'
import type { AccessControl } from '@recordkit/record-types'
import type { StoredRecord } from '@recordkit/record-store'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { bytes, house } from './test-manager.ts'

describe('who handed a record over', () => {
  test('is told of as accepted, ignored or rejected', async () => {
    const reports: string[] = []
    const access: AccessControl = {
      admit: () => undefined,
      report: (_peer, verdict) => void reports.push(verdict)
    }
    const { local, name, signer, time } = await house({ access })
    const of = async (sequence: bigint, validity = time.now + hour): Promise<Uint8Array> =>
      createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity }, { signer })
    const sender = Uint8Array.of(0, 1, 7)
    for (const value of [await of(2n), await of(2n), await of(1n), await of(3n, time.now - 1n), Uint8Array.of(1)])
      await local.receive(name, value, { sender })
    expect(reports).toEqual(['accept', 'accept', 'ignore', 'ignore', 'reject'])
    await local.receive(name, await of(4n))
    expect(reports.length).toBe(5)
  })

  test('may lack whoever keeps count of it', async () => {
    const { local, name } = await house({ access: { admit: () => undefined } })
    expect(await local.receive(name, Uint8Array.of(1), { sender: Uint8Array.of(0, 1, 7) })).toMatchObject({
      status: 'rejected'
    })
  })

  test('a signal goes to who is asked about a sender, and to the store', async () => {
    const { signal } = new AbortController()
    const given: unknown[] = []
    const { local, calls, name, signer, time } = await house({
      access: {
        admit: (_sender, _key, options) => {
          given.push(options)
          return undefined
        }
      }
    })
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer }
    )
    await local.receive(name, value, { sender: Uint8Array.of(0, 1, 7), signal })
    expect(given).toEqual([{ signal }])
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

describe('what a manager tells of itself', () => {
  test('figures of store, verdicts, reads, watchers and schedule', async () => {
    const { manager, local, key } = await house()
    await manager.put(key, bytes('green'))
    await manager.get('/ipns/none').catch(() => undefined)
    const watching = manager.watch(key)
    const next = watching.next()
    await flushMicrotasks()
    const stats = await manager.stats()
    expect(stats).toMatchObject({ store: { entries: 1 }, watchers: 1, scheduled: 1, reads: { asking: 0 } })
    expect(stats.verdicts.entries).toBeGreaterThan(0)
    expect((await local.stats()).reads).toEqual({ asking: 0, remembered: 0 })
    expect((await local.stats()).scheduled).toBe(0)
    expect(local.republishQueue).toEqual([])
    await manager.stop()
    await next
  })
})

describe('a manager that is started', () => {
  test('sweeps every ten minutes, or as told, and once for all starts', async () => {
    for (const [given, milliseconds] of [
      [{}, 600_000],
      [{ sweepInterval: 1000 }, 1000]
    ] as const) {
      const { local, calls, time } = await house(given)
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

  test('goes on sweeping when a sweep failed', async () => {
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
    const { local, time } = await house({ store: failing, sweepInterval: 1000 })
    await local.start()
    await time.advance(3n * second)
    expect(sweeps).toBe(3)
    await local.stop()
  })

  test('keeps alive what is ours and nothing else, from when it was last published', async () => {
    const { manager, store, key, name, signer, time } = await house()
    const published = time.now - hour
    await manager.put(key, bytes('green'), { offline: true })
    await store.put({ ...((await store.get(key)) as StoredRecord), local: true, published })
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer }
    )
    await manager.receive(name, value)
    await manager.start()
    expect(manager.republishQueue).toEqual([{ key, next: published + 22n * hour, failures: 0 }])
    await manager.stop()
  })

  test('can be stopped, closed and disposed of; closing closes the store', async () => {
    const { local, calls, time } = await house()
    await local.start()
    await local[Symbol.asyncDispose]()
    expect(calls.map(([name]) => name)).toContain('close')
    expect(time.pending).toBe(0)
    await expect(local.get('/ipns/x')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })
})
