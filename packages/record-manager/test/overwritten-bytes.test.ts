import { joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { RecordManager } from '@recordkit/record-manager'
import { anyAuthor, signed, ValidationEngine } from '@recordkit/record-validators'
import { turns } from '@recordkit/record-types/internal'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test, vi } from 'vitest'

const now = 1_790_000_000_000_000_000n
const clock = (): bigint => now
const config = signed('config', { authors: anyAuthor() })

/** A manager, a valid record, and buffers with its bytes that the test overwrites. */
async function setUp() {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const store = new MemoryRecordStore({ clock })
  // access control that waits, as one with a database does
  const access = { checkSender: async () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined))) }
  const manager = new RecordManager({ engine: new ValidationEngine([config], { clock, access }), store, signer, clock })
  const key = joinRecordKey('config', 'x')
  const value = await config.seal({ key, content: new Uint8Array(300).fill(7), sequence: 1n }, { now, signer })
  return { manager, store, key, value }
}

describe('bytes that the caller overwrites during a call', () => {
  test('are not stored by receive', async () => {
    const { manager, store, key, value } = await setUp()
    const [keyBuffer, valueBuffer] = [key.slice(), value.slice()]
    const [sender, group] = [Uint8Array.of(0, 1, 7), Uint8Array.of(4, 203, 0, 113)]
    const receiving = manager.receive(keyBuffer, valueBuffer, { sender, group })
    for (const buffer of [keyBuffer, valueBuffer, sender, group]) buffer.fill(0)
    expect(await receiving).toMatchObject({ status: 'stored' })
    const stored = await store.get(key)
    expect(stored?.value).toEqual(value)
    expect(stored?.sender).toEqual(Uint8Array.of(0, 1, 7))
  })

  test('are not stored by putSigned', async () => {
    const { manager, store, key, value } = await setUp()
    const [keyBuffer, valueBuffer] = [key.slice(), value.slice()]
    const putting = manager.putSigned(keyBuffer, valueBuffer)
    keyBuffer.fill(0)
    valueBuffer.fill(0)
    expect((await putting).record.value).toEqual(value)
    expect((await store.get(key))?.value).toEqual(value)
  })

  test('are not signed by put', async () => {
    const { manager, key } = await setUp()
    const [keyBuffer, content] = [key.slice(), Uint8Array.of(1, 2, 3)]
    const putting = manager.put(keyBuffer, content)
    keyBuffer.fill(0)
    content.fill(0)
    expect((await putting).record.content).toEqual(Uint8Array.of(1, 2, 3))
    expect(await manager.get(key)).toEqual(Uint8Array.of(1, 2, 3))
  })

  test('are not read by get while it waits for a turn', async () => {
    const { manager, key, value } = await setUp()
    await manager.receive(key, value)
    let time = performance.now()
    // no turn has time for a second call
    const slow = vi.spyOn(turns, 'now').mockImplementation(() => (time += 5))
    const buffers = Array.from({ length: 8 }, () => key.slice())
    const getting = buffers.map((buffer) => manager.get(buffer))
    expect(turns.waiting).toBeGreaterThan(0)
    for (const buffer of buffers) buffer.fill(0)
    for (const content of await Promise.all(getting)) expect(content).toEqual(new Uint8Array(300).fill(7))
    slow.mockRestore()
  })
})
