import { flushMicrotasks } from '@recordkit/record-conformance'
import { createIpnsRecord } from '@recordkit/record-crypto'
import { hour, second } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { bytes, house, text } from './test-manager.ts'

describe('watching', () => {
  test('a record that was stored is told, one that was refreshed is not', async () => {
    const { local, name, signer, time } = await house()
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer }
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

  test('a key as bytes is a key, and what is held under it already is not told unless it is asked for', async () => {
    const { local, key } = await house()
    await local.put(key, bytes('green'))
    const watching = local.watch(key)
    const next = watching.next()
    await flushMicrotasks()
    await local.put(key, bytes('blue'))
    expect(text((await next).value?.value)).toBe('blue')
    await watching.return(undefined)
  })

  test('a prefix begins with all that is held under it, a key that holds nothing with nothing', async () => {
    const { local, key } = await house()
    await local.put(key, bytes('green'))
    const seen: string[] = []
    const watching = (async () => {
      for await (const record of local.watch({ prefix: '/config/' }, { initial: true })) seen.push(text(record.content))
    })()
    const none = local.watch('/ipns/none', { initial: true })
    const next = none.next()
    await flushMicrotasks()
    expect(seen).toEqual(['green'])
    await local.stop()
    await watching
    expect((await next).done).toBe(true)
  })

  test('a prefix is not asked for among peers, and a key only as often as told', async () => {
    const { manager, asked, time, key } = await house()
    const all = [
      manager.watch({ prefix: '/config/' }, { pollInterval: 1000 }),
      manager.watch(key, { pollInterval: 2000 })
    ]
    const nexts = all.map(async (one) => one.next())
    await flushMicrotasks()
    expect(time.pending).toBe(1)
    await time.advance(2n * second - 1n)
    expect(asked.length).toBe(0)
    await time.advance(1n)
    expect(asked.length).toBe(1)
    // whatever is remembered of the last time
    await time.advance(2n * second)
    expect(asked.length).toBe(2)
    await manager.stop()
    await Promise.all(nexts)
    await flushMicrotasks()
    expect(time.pending).toBe(0)
  })
})
