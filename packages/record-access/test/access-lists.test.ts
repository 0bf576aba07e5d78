import { ipnsNameToString, joinRecordKey, peerIdFromDigest } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { AccessLists } from '@recordkit/record-access'
import type { AccessListKind, AccessListStorage } from '@recordkit/record-access'
import { toHex } from '@recordkit/record-types/internal'
import { countWork } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'

const peer = (number: number): Uint8Array => peerIdFromDigest(new Uint8Array(32).fill(number))
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const key = joinRecordKey('config', 'x')

describe('access lists', () => {
  test('accept peers and authors as text', async () => {
    const { peerId } = await keyPairFromSeed(new Uint8Array(32).fill(5))
    const lists = new AccessLists()
    await lists.deny('peers', ipnsNameToString(peerId))
    await lists.deny('authors', ipnsNameToString(peerId))
    expect(lists.checkSender(peerId)).toMatchObject({ status: 'ignore', code: 'SENDER_DENIED' })
    expect(lists.isDenied(peerId)).toBe(true)
    expect(lists.checkRecord({ key, author: peerId })).toMatchObject({ status: 'ignore', code: 'AUTHOR_DENIED' })
    expect(lists.checkSender(peer(1))).toBeUndefined()
    expect(lists.isDenied(peer(1))).toBe(false)
    expect(lists.checkRecord({ key, author: peer(1) })).toBeUndefined()
    expect(lists.checkRecord({ key })).toBeUndefined()
  })

  test('refuse records without an author while the allow list of authors has an entry', async () => {
    const lists = new AccessLists()
    await lists.allow('authors', peer(1))
    expect(lists.checkRecord({ key, author: peer(1) })).toBeUndefined()
    expect(lists.checkRecord({ key, author: peer(2) })).toMatchObject({ code: 'AUTHOR_DENIED' })
    expect(lists.checkRecord({ key })).toMatchObject({ code: 'AUTHOR_DENIED' })
    await lists.deny('authors', peer(1))
    expect(lists.checkRecord({ key, author: peer(1) })).toMatchObject({ code: 'AUTHOR_DENIED' })
    await lists.remove('deny', 'authors', peer(1))
    await lists.remove('allow', 'authors', peer(1))
    expect(lists.checkRecord({ key })).toBeUndefined()
  })

  test('apply an entry of keys to every key that begins with it, including the entry itself', async () => {
    const lists = new AccessLists()
    await lists.allow('keys', '/config/')
    await lists.allow('keys', '/other')
    expect(lists.checkRecord({ key })).toBeUndefined()
    expect(lists.checkRecord({ key: bytes('/other') })).toBeUndefined()
    expect(lists.checkRecord({ key: bytes('/othe') })).toMatchObject({ code: 'KEY_DENIED' })
    await lists.deny('keys', key)
    expect(lists.checkRecord({ key })).toMatchObject({ code: 'KEY_DENIED' })
    expect(lists.checkRecord({ key: joinRecordKey('config', 'y') })).toBeUndefined()
  })

  test('refuse senders that are not on a non-empty allow list, and prefer the deny list', async () => {
    const lists = new AccessLists()
    await lists.allow('peers', peer(1))
    expect(lists.checkSender(peer(2))).toMatchObject({ status: 'ignore', code: 'SENDER_NOT_ALLOWED' })
    expect(lists.isDenied(peer(2))).toBe(false)
    await lists.deny('peers', peer(1))
    expect(lists.checkSender(peer(1))).toMatchObject({ code: 'SENDER_DENIED' })
    await lists.remove('deny', 'peers', peer(1))
    expect(lists.checkSender(peer(1))).toBeUndefined()
  })

  test('are stored as JSON of hex, and loaded into the same list and kind', async () => {
    let stored: string | undefined
    const storage = { load: () => stored, save: (text: string) => void (stored = text) }
    const lists = await AccessLists.load(storage)
    await lists.deny('peers', peer(255))
    await lists.allow('authors', peer(10))
    await lists.deny('keys', '/a')
    expect(JSON.parse(stored ?? '')).toEqual({
      allow: { peers: [], authors: [toHex(peer(10))], keys: [] },
      deny: { peers: [toHex(peer(255))], authors: [], keys: ['2f61'] }
    })
    const loaded = await AccessLists.load(storage)
    expect(loaded.checkSender(peer(255))?.code).toBe('SENDER_DENIED')
    expect(loaded.checkSender(peer(15))).toBeUndefined()
    expect(loaded.checkRecord({ key, author: peer(10) })).toBeUndefined()
    expect(loaded.checkRecord({ key, author: peer(255) })?.code).toBe('AUTHOR_DENIED')
    expect(loaded.checkRecord({ key: bytes('/ab') })?.code).toBe('KEY_DENIED')
  })

  test('load text in which lists are missing', async () => {
    let stored = '{"deny":{"peers":["0001"]}}'
    const storage = { load: () => stored, save: () => undefined }
    const partial = await AccessLists.load(storage)
    expect(partial.checkSender(Uint8Array.of(0, 1))?.code).toBe('SENDER_DENIED')
    expect(partial.checkRecord({ key })).toBeUndefined()
    stored = '{}'
    expect((await AccessLists.load(storage)).checkSender(peer(1))).toBeUndefined()
  })

  test('are loaded again as they were after concurrent changes', async () => {
    let stored: string | undefined
    const storage: AccessListStorage = { load: () => stored, save: async (text) => void (stored = text) }
    const lists = await AccessLists.load(storage)
    await Promise.all([lists.deny('peers', peer(1)), lists.deny('peers', peer(2)), lists.allow('keys', '/a/')])
    await lists.remove('deny', 'peers', peer(2))
    const loaded = await AccessLists.load(storage)
    expect(loaded.checkSender(peer(1))?.code).toBe('SENDER_DENIED')
    expect(loaded.checkSender(peer(2))).toBeUndefined()
    expect(loaded.checkRecord({ key: bytes('/ipns/x') })?.code).toBe('KEY_DENIED')
  })

  test('copy their entries, so that callers may reuse the bytes', async () => {
    const lists = new AccessLists()
    const given = peer(1)
    await lists.deny('peers', given)
    given.fill(9)
    expect(lists.checkSender(peer(1))?.code).toBe('SENDER_DENIED')
    const saved: string[] = []
    const stored = await AccessLists.load({ load: () => undefined, save: (text: string) => void saved.push(text) })
    const entry = peer(1)
    await stored.deny('peers', entry)
    entry.fill(9)
    await stored.deny('authors', peer(2))
    expect(saved.at(-1)).toContain(toHex(peer(1)))
  })

  test('save one change after another when the storage is slow', async () => {
    const saved: string[] = []
    const ends: (() => void)[] = []
    const lists = new AccessLists({
      load: () => undefined,
      save: async (text) => {
        saved.push(text)
        await new Promise<void>((resolve) => ends.push(resolve))
      }
    })
    const first = lists.deny('peers', peer(1))
    const second = lists.deny('peers', peer(2))
    await Promise.resolve()
    await Promise.resolve()
    expect(saved.length).toBe(1)
    ends[0]?.()
    await first
    for (let turn = 0; turn < 10 && ends.length < 2; turn++) await Promise.resolve()
    expect(saved.length).toBe(2)
    ends[1]?.()
    await second
    expect(saved[1]).toContain(toHex(peer(2)))
  })

  test('save changes that wait for the same save once', async () => {
    const saved: string[] = []
    const lists = new AccessLists({ load: () => undefined, save: async (text) => void saved.push(text) })
    await Promise.all(Array.from({ length: 200 }, async (_, number) => lists.deny('peers', peer(number))))
    expect(saved.length).toBeLessThan(4)
    expect(JSON.parse(saved.at(-1) ?? '')).toMatchObject({ deny: { peers: { length: 200 } } })
  })

  test('reject only the change that could not be saved, and save later ones', async () => {
    let full = true
    let stored = ''
    const lists = new AccessLists({
      load: () => undefined,
      save: (text) => {
        if (full) throw new Error('disk full')
        stored = text
      }
    })
    await expect(lists.deny('peers', peer(1))).rejects.toThrow('disk full')
    full = false
    await lists.deny('peers', peer(2))
    expect(stored).toContain(toHex(peer(2)))
  })

  test('reject entries that are not peer IDs, names or key prefixes, and stay unchanged', async () => {
    const saved: string[] = []
    const lists = new AccessLists({ load: () => undefined, save: (text) => void saved.push(text) })
    const signer = await keyPairFromSeed(new Uint8Array(32).fill(5))
    for (const [kind, entry, shown] of [
      ['peers', signer, 'entry is an object; a peer ID'],
      ['authors', 5, 'entry is a number; a peer ID'],
      ['authors', null, 'entry is null; a peer ID'],
      ['peers', undefined, 'entry is undefined; a peer ID'],
      ['peers', Uint8Array.of(1), 'entry is 1 bytes; a peer ID or IPNS name is expected'],
      ['authors', new Uint8Array(0), 'entry is 0 bytes; a peer ID'],
      ['keys', '', 'entry is empty; a key prefix is expected'],
      ['keys', new Uint8Array(0), 'entry is empty; a key prefix'],
      ['keys', 5, 'entry is a number; a key prefix is expected'],
      ['sender', peer(1), 'kind is sender; allow or deny, and peers, authors or keys are expected'],
      ['toString', peer(1), 'kind is toString; '],
      [undefined, peer(1), 'kind is undefined; ']
    ] as [AccessListKind, string, string][]) {
      const error = { code: 'INVALID_ARGUMENT', message: expect.stringContaining(shown) as string }
      await expect(lists.deny(kind, entry)).rejects.toMatchObject(error)
      await expect(lists.allow(kind, entry)).rejects.toMatchObject(error)
      await expect(lists.remove('deny', kind, entry)).rejects.toMatchObject(error)
    }
    await expect(lists.deny('peers', '')).rejects.toMatchObject({ code: 'IPNS_NAME_INVALID' })
    await expect(lists.remove('denied' as 'deny', 'peers', peer(1))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'list is denied and kind is peers; allow or deny, and peers, authors or keys are expected'
    })
    expect(saved).toEqual([])
    expect(lists.checkRecord({ key })).toBeUndefined()
  })

  test('check a record in as many steps as there are lengths of entries, whatever the number of entries', async () => {
    const lists = new AccessLists()
    for (let number = 0; number < 2000; number++)
      await lists.deny('keys', Uint8Array.of(47, number >> 8, number & 255, ...new Uint8Array(number % 3)))
    const { mapSteps } = await countWork(() => {
      expect(lists.checkRecord({ key })).toBeUndefined()
    })
    expect(mapSteps).toBeLessThan(10)
    for (let number = 0; number < 1999; number++)
      await lists.remove('deny', 'keys', Uint8Array.of(47, number >> 8, number & 255, ...new Uint8Array(number % 3)))
    const last = Uint8Array.of(47, 1999 >> 8, 1999 & 255, 0, 7)
    expect(lists.checkRecord({ key: last })?.code).toBe('KEY_DENIED')
    await lists.remove('deny', 'keys', Uint8Array.of(47, 1999 >> 8, 1999 & 255, 0))
    expect(lists.checkRecord({ key: last })).toBeUndefined()
  })
})
