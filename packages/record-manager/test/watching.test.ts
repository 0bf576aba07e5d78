import { flushMicrotasks } from '@recordkit/record-conformance'
import { createIpnsRecord } from '@recordkit/record-crypto'
import { hour, second } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager, text } from './test-manager.ts'

describe('watching records', () => {
  test('returns a record that was stored, and not one that was refreshed', async () => {
    const { local, name, signer, time } = await createTestManager()
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer, now: 0n }
    )
    const seen: string[] = []
    const stored: string[] = []
    local.events.addEventListener('record:stored', ({ detail }) => stored.push(text(detail.content)))
    const watching = (async () => {
      for await (const record of local.watch(name)) seen.push(text(record.content))
    })()
    await flushMicrotasks()
    await local.receive(name, value)
    await local.receive(name, value)
    await flushMicrotasks()
    expect(seen.length).toBe(1)
    expect(stored.length).toBe(2)
    await local.stop()
    await watching
  })

  test('accepts a key as bytes, and does not return the stored record without initial', async () => {
    const { local, key } = await createTestManager()
    await local.put(key, bytes('green'))
    const watching = local.watch(key)
    const next = watching.next()
    await flushMicrotasks()
    await local.put(key, bytes('blue'))
    expect(text((await next).value?.content)).toBe('blue')
    await watching.return(undefined)
  })

  test('begins with the stored records of a prefix, and with none of an unknown key', async () => {
    const { local, key } = await createTestManager()
    await local.put(key, bytes('green'))
    const seen: string[] = []
    const watching = (async () => {
      for await (const record of local.watch({ prefix: '/config/' }, { initial: true })) seen.push(text(record.content))
    })()
    const none = local.watch('/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8', { initial: true })
    const next = none.next()
    await flushMicrotasks()
    expect(seen).toEqual(['green'])
    await local.stop()
    await watching
    expect((await next).done).toBe(true)
  })

  test('asks peers for a key at its pollInterval', async () => {
    const { manager, getCalls, time, key } = await createTestManager()
    const next = manager.watch(key, { pollInterval: 2000 }).next()
    await flushMicrotasks()
    expect(time.pending).toBe(1)
    await time.advance(2n * second - 1n)
    expect(getCalls.length).toBe(0)
    await time.advance(1n)
    expect(getCalls.length).toBe(1)
    // although the miss is cached
    await time.advance(2n * second)
    expect(getCalls.length).toBe(2)
    await manager.stop()
    await next
    await flushMicrotasks()
    expect(time.pending).toBe(0)
  })
})

test('watching a manager that was closed is STORE_CLOSED', async () => {
  const { local, name } = await createTestManager()
  await local.close()
  await expect(local.watch(name)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'STORE_CLOSED'
  })
})
