import { joinRecordKey, ipnsNameToString } from '@recordkit/record-codec'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { exportRecords, importRecords, RecordManager, replication } from '@recordkit/record-manager'
import type { ArchiveProgress, ExportOptions, ImportOptions, ImportRefusal } from '@recordkit/record-manager'
import type { HighWaterMark, Publication, RecordStore } from '@recordkit/record-store'
import { RecordError } from '@recordkit/record-types'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { portableSigner } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager, text } from './test-manager.ts'

type Setup = Awaited<ReturnType<typeof createTestManager>>

const headerSize = 'recordkit-records 2\n'.length
const hour = 3_600_000_000_000n
const day = 24n * hour

const configKey = (setup: Setup, path: string): Uint8Array =>
  joinRecordKey('config', `${ipnsNameToString(peerIdFromPublicKey(setup.signer.publicKey))}/${path}`)

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function archiveOf(manager: RecordManager, options: ExportOptions = {}): Promise<Uint8Array> {
  const chunks = await collect(exportRecords(manager, options))
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer())
}

/** Another machine with the same key and clock, whose store is empty. */
function emptyMachine({ engine, time, signer, network }: Setup, wrap = (store: RecordStore): RecordStore => store) {
  const { clock, setTimer } = time
  const store = new MemoryRecordStore({ clock })
  const replicated = replication(network, { random: () => 0 })
  const manager = new RecordManager({ engine, store: wrap(store), signer, network: replicated, clock, setTimer })
  return { store, manager }
}

const trusted = { publications: true, marks: true }
/** What a store contains, without the times of receipt. */
async function contents(store: RecordStore) {
  const records = await collect(store.iterate({ expired: true }))
  return {
    records: records.map(({ key, value, rank, expires }) => ({ key, value, rank, expires })),
    publications: await collect(store.publications()),
    marks: (await collect(store.marks())).map(({ key, rank }) => ({ key, rank }))
  }
}

/** A machine with records of every kind: published, offline, of another author, deleted. */
async function setUp() {
  const setup = await createTestManager()
  const { manager, name } = setup
  await manager.put(name, bytes('/ipfs/bafkqaaa'), { lifetime: 172_800_000, ttl: 60_000 })
  await manager.put(configKey(setup, 'offline'), bytes('private'), { offline: true })
  await manager.put(configKey(setup, 'gone'), bytes('deleted'))
  await manager.delete(configKey(setup, 'gone'))
  const other = await createTestManager({ store: new MemoryRecordStore({ clock: setup.time.clock }) })
  const otherSigner = portableSigner(new Uint8Array(32).fill(44))
  const theirs = new RecordManager({
    engine: setup.engine,
    store: other.store,
    signer: otherSigner,
    clock: setup.time.clock
  })
  const theirKey = joinRecordKey('config', `${ipnsNameToString(peerIdFromPublicKey(otherSigner.publicKey))}/x`)
  const { record } = await theirs.put(theirKey, bytes('theirs'))
  await manager.receive(theirKey, record.value)
  return { ...setup, theirKey }
}

describe('a backup', () => {
  test('restores records, publications and marks on an empty machine, and can be imported twice', async () => {
    const setup = await setUp()
    const file = await archiveOf(setup.manager)
    const { store, manager } = emptyMachine(setup)
    const result = await importRecords(manager, [file], trusted)
    expect(result).toMatchObject({
      items: 4,
      records: { stored: 3 },
      publications: 2,
      marks: 1,
      skipped: 0,
      refused: 0
    })
    expect(await contents(store)).toEqual(await contents(setup.store))
    expect(await importRecords(manager, [file], trusted)).toMatchObject({
      items: 4,
      records: { refreshed: 3 },
      publications: 0,
      marks: 1,
      skipped: 2,
      refused: 0
    })
    expect(await contents(store)).toEqual(await contents(setup.store))
  })

  test('that is imported goes on to be published by a manager that runs already', async () => {
    const setup = await setUp()
    const file = await archiveOf(setup.manager)
    const { manager } = emptyMachine(setup)
    await manager.start()
    await importRecords(manager, [file], trusted)
    await setup.time.advance(0n)
    expect(manager.republishQueue.map(({ key }) => key)).toContainEqual(setup.name)
    await manager.stop()
  })

  test('without the options is imported as records of peers: nothing is published, nothing is locked', async () => {
    const setup = await setUp()
    const file = await archiveOf(setup.manager)
    const { store, manager } = emptyMachine(setup)
    expect(await importRecords(manager, [file])).toMatchObject({
      records: { stored: 3 },
      publications: 0,
      marks: 0,
      skipped: 3
    })
    const { publications, marks } = await contents(store)
    expect([publications, marks]).toEqual([[], []])
    await manager.start()
    expect(manager.republishQueue).toEqual([])
    await manager.stop()
  })

  test('made public contains neither marks nor publications nor what was put offline', async () => {
    const setup = await setUp()
    const file = await archiveOf(setup.manager, { public: true })
    const { store, manager } = emptyMachine(setup)
    expect(await importRecords(manager, [file], trusted)).toMatchObject({ items: 2, skipped: 0 })
    const { records, publications, marks } = await contents(store)
    expect(records.map(({ key }) => text(key)).toSorted()).toEqual([text(setup.name), text(setup.theirKey)].toSorted())
    expect([publications, marks]).toEqual([[], []])
    expect(text(file)).not.toContain('private')
  })

  test('made public leaves out what is put offline while it is written', async () => {
    const setup = await setUp()
    const key = configKey(setup, 'z')
    await setup.manager.put(configKey(setup, 'a'), bytes('first'))
    await setup.manager.put(key, bytes('for all'))
    const written: Uint8Array[] = []
    for await (const chunk of exportRecords(setup.manager, { public: true })) {
      if (written.length === 1) await setup.manager.put(key, bytes('private'), { offline: true })
      written.push(chunk)
    }
    const all = written.map((chunk) => text(chunk)).join('')
    expect(all).not.toContain('private')
    expect(all).not.toContain('for all')
  })

  test('of a prefix contains the entries of the keys below it', async () => {
    const setup = await setUp()
    const { store, manager } = emptyMachine(setup)
    await importRecords(manager, [await archiveOf(setup.manager, { prefix: '/ipns/' })], trusted)
    const { records, publications, marks } = await contents(store)
    expect([records.length, publications.length, marks.length]).toEqual([1, 1, 0])
  })

  test('with a published record that has lapsed restores it, hidden, with its publication', async () => {
    const setup = await setUp()
    await setup.time.advance(3n * day)
    const file = await archiveOf(setup.manager)
    const { store, manager } = emptyMachine(setup)
    expect(await importRecords(manager, [file], trusted)).toMatchObject({ publications: 2, refused: 0 })
    expect(await manager.get(setup.name, { offline: true })).toBeUndefined()
    expect((await contents(store)).publications).toEqual((await contents(setup.store)).publications)
    const lapsed = await collect(store.iterate({ prefix: setup.name, expired: true }))
    expect(lapsed).toHaveLength(1)
    expect((await importRecords(emptyMachine(setup).manager, [file])).records).toEqual({ ignored: 2 })
  })

  test('changes no publication and no record that the machine has: they are later', async () => {
    const setup = await setUp()
    const file = await archiveOf(setup.manager)
    const { store, manager } = emptyMachine(setup)
    await setup.time.advance(hour)
    await manager.put(setup.name, bytes('/ipfs/bafkqabi'), { offline: true, lifetime: 1_000_000 })
    const before = await store.publication(setup.name)
    const result = await importRecords(manager, [file], trusted)
    expect(result.records.stale).toBe(1)
    expect(await store.publication(setup.name)).toEqual(before)
    expect(text(await manager.get(setup.name, { offline: true }))).toBe('/ipfs/bafkqabi')
  })

  test('is the state of its time: what was deleted since comes back, unless a later record was stored in between', async () => {
    const setup = await setUp()
    const file = await archiveOf(setup.manager)
    await setup.manager.delete(setup.name)
    expect((await importRecords(setup.manager, [file], trusted)).publications).toBe(1)
    await setup.time.advance(hour)
    await setup.manager.put(setup.name, bytes('/ipfs/bafkqabi'))
    await setup.manager.delete(setup.name)
    expect(await importRecords(setup.manager, [file], trusted)).toMatchObject({
      publications: 0,
      records: { stale: 1 }
    })
    expect(await setup.store.publication(setup.name)).toBeUndefined()
  })
})

describe('what another person wrote into an archive', () => {
  /** The archive of a machine whose store was changed. */
  async function hostile(change: (store: RecordStore, setup: Setup) => Promise<void>) {
    const setup = await setUp()
    await change(setup.store, setup)
    return { setup, file: await archiveOf(setup.manager) }
  }

  test('a publication makes the node sign nothing of another author', async () => {
    const { setup, file } = await hostile(async (store, { signer }) => {
      const self = peerIdFromPublicKey(signer.publicKey)
      const records = await collect(store.iterate())
      const theirs = records.find(({ author }) => author !== undefined && text(author) !== text(self))
      if (theirs === undefined) throw new Error('there is no record of another author')
      const publication: Publication = { key: theirs.key, signer: self, network: true }
      await store.touch(theirs.key, { publication })
    })
    const { manager, store } = emptyMachine(setup)
    const refusals: ImportRefusal[] = []
    await importRecords(manager, [file], { ...trusted, onRefused: (refusal) => refusals.push(refusal) })
    expect(refusals).toMatchObject([{ code: 'AUTHOR_FORBIDDEN', key: setup.theirKey }])
    expect(await store.publication(setup.theirKey)).toBeUndefined()
  })

  test('a mark does not remove a stored record, and without the option locks no key', async () => {
    const key = bytes('/plain/x')
    const { setup, file } = await hostile(async (store, { time }) => {
      const rank = new Uint8Array(63).fill(255)
      const record = { key, rank, value: Uint8Array.of(1), timeReceived: time.now, expires: time.now + 400n * day }
      await store.put(record)
      await store.delete(key)
    })
    const { manager, store } = emptyMachine(setup)
    await importRecords(manager, [file])
    expect(await store.mark(key)).toBeUndefined()
    await manager.receive(key, Uint8Array.of(7, 7))
    await importRecords(manager, [file], trusted)
    expect(await manager.has(key)).toBe(true)
    // the backup of a user's own is trusted: the mark locks the key where nothing is stored
    const locked = emptyMachine(setup)
    await importRecords(locked.manager, [file], trusted)
    expect((await locked.manager.receive(key, Uint8Array.of(7, 7))).status).toBe('stale')
  })

  test('a lapsed record with a forged signature is not restored', async () => {
    const setup = await setUp()
    const [record] = await collect(setup.store.iterate({ prefix: setup.name }))
    const publication = await setup.store.publication(setup.name)
    if (record === undefined || publication === undefined) throw new Error('the record is missing')
    await setup.store.delete(setup.name)
    const value = record.value.slice()
    value[value.length - 80] = (value[value.length - 80] ?? 0) ^ 1
    const rank = Uint8Array.from(record.rank, (byte, index) => (index === 0 ? byte + 1 : byte))
    await setup.store.put({ ...record, value, rank, expires: setup.time.now + hour }, { publication })
    await setup.time.advance(3n * day)
    const { manager, store } = emptyMachine(setup)
    const result = await importRecords(manager, [await archiveOf(setup.manager)], trusted)
    expect(result.refused).toBeGreaterThan(0)
    expect(await store.publication(setup.name)).toBeUndefined()
    expect(await collect(store.iterate({ prefix: setup.name, expired: true }))).toEqual([])
  })

  test('a publication from the future is due when it should be, and does not silence the node', async () => {
    const { setup, file } = await hostile(async (store, { name, time }) => {
      const publication = (await store.publication(name)) as Publication
      await store.touch(name, { publication: { ...publication, published: time.now + 1000n * day } })
    })
    const { manager, store } = emptyMachine(setup)
    await importRecords(manager, [file], trusted)
    expect(await store.publication(setup.name)).toMatchObject({ published: undefined })
    expect(manager.republishQueue[0]?.next).toBe(setup.time.now)
  })
})

/** An archive of two config records and a mark, and the offset after each of its items. */
async function smallArchive() {
  const setup = await createTestManager()
  for (const number of [1, 2]) await setup.local.put(configKey(setup, `${number}`), bytes(`${number}`))
  await setup.local.put(configKey(setup, '9'), bytes('9'))
  await setup.local.delete(configKey(setup, '9'))
  const chunks = await collect(exportRecords(setup.local))
  const ends = chunks.map((_, index) => chunks.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0))
  const file = await archiveOf(setup.local)
  return { setup, file, ends: ends.slice(1, -1) }
}

describe('an import', () => {
  test('of a file that is cut off at any byte imports the complete items, then fails with ARCHIVE_INVALID', async () => {
    const { setup, file, ends } = await smallArchive()
    for (let size = 0; size < file.length; size++) {
      const { manager } = emptyMachine(setup)
      const complete = ends.filter((end) => end <= size).length
      const resume = ends.findLast((end) => end <= size)
      const error: unknown = await importRecords(manager, [file.subarray(0, size)], trusted).catch((e: unknown) => e)
      expect(error).toMatchObject({
        code: 'ARCHIVE_INVALID',
        details: { resume: resume ?? 0, result: { items: complete, publications: Math.min(complete, 2) } }
      })
    }
  })

  test('of a file with a changed byte anywhere loses at most what follows a length, and never stores a changed item', async () => {
    const { setup, file, ends } = await smallArchive()
    const whole = await contents(setup.store)
    const starts = [headerSize, ...ends]
    for (let offset = headerSize; offset < file.length; offset++) {
      const { manager, store } = emptyMachine(setup)
      const damaged = file.slice()
      damaged[offset] = (damaged[offset] ?? 0) ^ 0x41
      const refusals: ImportRefusal[] = []
      const options = { ...trusted, onRefused: (refusal: ImportRefusal) => refusals.push(refusal) }
      const result = await importRecords(manager, [damaged], options).catch((error: unknown) => error)
      const start = starts.findLast((each) => each <= offset) as number
      // in a length, or in the end
      if (offset - start < 4 || start === ends.at(-1)) expect(result).toMatchObject({ code: 'ARCHIVE_INVALID' })
      else {
        expect(result).toMatchObject({ items: 3, refused: 1 })
        expect(refusals).toMatchObject([{ offset: start, code: 'ARCHIVE_INVALID' }])
      }
      const restored = await contents(store)
      expect(whole.records).toEqual(expect.arrayContaining(restored.records))
      expect(whole.publications).toEqual(expect.arrayContaining(restored.publications))
      expect(whole.marks).toEqual(expect.arrayContaining(restored.marks))
    }
  })

  test('skips items of a type that a later version adds', async () => {
    const { setup, file, ends } = await smallArchive()
    const { encodeItem } = await import('../src/archive-format.ts')
    const first = ends[0] as number
    const unknown = [file.subarray(0, first), encodeItem(77, bytes('new')), file.subarray(first)]
    const result = await importRecords(emptyMachine(setup).manager, unknown, trusted)
    expect(result).toMatchObject({ items: 4, publications: 2, skipped: 1, refused: 0 })
  })

  test.for<[string, unknown]>([
    ['no map', 1n],
    ['no key', new Map([['rank', new Uint8Array(32)]])],
    [
      'a key that is text',
      new Map<string, unknown>([
        ['key', 'x'],
        ['network', true]
      ])
    ],
    [
      'a time that is text',
      new Map<string, unknown>([
        ['key', bytes('/x')],
        ['network', true],
        ['published', 'now']
      ])
    ],
    [
      'a network that is a number',
      new Map<string, unknown>([
        ['key', bytes('/x')],
        ['network', 1n]
      ])
    ]
  ])('refuses a mark and a publication with %s, and goes on', async ([, value]) => {
    const { encodeItem, itemTypes } = await import('../src/archive-format.ts')
    const { encodeCbor } = await import('@recordkit/record-codec/dag-cbor')
    const { setup, file } = await smallArchive()
    const body = encodeCbor(value as never)
    const items = [encodeItem(itemTypes.mark, body), encodeItem(itemTypes.publication, body)]
    const chunks = [file.subarray(0, headerSize), ...items, file.subarray(headerSize)]
    const codes: string[] = []
    const onRefused = ({ code }: ImportRefusal): number => codes.push(code)
    const result = await importRecords(emptyMachine(setup).manager, chunks, { ...trusted, onRefused })
    expect(result).toMatchObject({ items: 5, refused: 2, publications: 2, marks: 1 })
    expect(codes).toEqual(['ARCHIVE_INVALID', 'ARCHIVE_INVALID'])
  })

  test('rejects wrong options with INVALID_ARGUMENT, and changes nothing', async () => {
    const { setup, file } = await smallArchive()
    const { manager, store } = emptyMachine(setup)
    const wrong: Record<string, unknown>[] = [
      { publications: 1 },
      { marks: 'yes' },
      { resume: -1 },
      { resume: 1.5 },
      { onProgress: true },
      { onRefused: 'x' }
    ]
    for (const options of wrong)
      await expect(importRecords(manager, [file], options as ImportOptions)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT'
      })
    const fake = { receive: async () => ({ status: 'stored' }) as const }
    await expect(importRecords(fake, [file], { marks: true })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(collect(exportRecords({} as RecordManager))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(collect(exportRecords(manager, { onProgress: 1 as never }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT'
    })
    await expect(collect(exportRecords(manager, { public: 1 as never }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT'
    })
    expect((await contents(store)).records).toEqual([])
  })
})

/** A machine with 1000 records. */
async function largeMachine() {
  const setup = await createTestManager()
  for (let number = 0; number < 1000; number++)
    await setup.local.receive(bytes(`/plain/${number}`), Uint8Array.of(1 + (number % 200), 7))
  return setup
}

describe('an import of many records', () => {
  test('reports its progress, and so does the export', async () => {
    const setup = await largeMachine()
    const written: ArchiveProgress[] = []
    const file = await archiveOf(setup.local, { onProgress: (progress) => written.push(progress) })
    expect(written.map(({ items }) => items)).toEqual([256, 512, 768, 1000])
    expect(written.at(-1)?.bytes).toBe(file.length)
    const read: ArchiveProgress[] = []
    const { manager } = emptyMachine(setup)
    const result = await importRecords(manager, [file], { onProgress: (progress) => read.push(progress) })
    expect(read.map(({ items }) => items)).toEqual([256, 512, 768, 1000])
    expect(read.slice(0, 3)).toEqual(written.slice(0, 3))
    expect(result).toMatchObject({ items: 1000, bytes: read.at(-1)?.bytes })
  })

  test('ends with the reason of its signal, and is continued at its last progress', async () => {
    const setup = await largeMachine()
    const file = await archiveOf(setup.local)
    const { manager, store } = emptyMachine(setup)
    const controller = new AbortController()
    const reason = new Error('enough')
    let resume = 0
    const onProgress = ({ items, bytes }: ArchiveProgress): void => {
      resume = bytes
      if (items >= 512) controller.abort(reason)
    }
    const chunks = Array.from({ length: Math.ceil(file.length / 100) }, (_, index) =>
      file.subarray(100 * index, 100 * index + 100)
    )
    await expect(importRecords(manager, chunks, { onProgress, signal: controller.signal })).rejects.toBe(reason)
    const before = (await store.stats()).entries
    expect(before).toBeGreaterThanOrEqual(512)
    expect(before).toBeLessThan(600)
    const result = await importRecords(manager, chunks, { resume })
    expect(result.items).toBe(1000 - 512)
    expect((await store.stats()).entries).toBe(1000)
  })

  test('can be continued at its end, where nothing is left', async () => {
    const setup = await largeMachine()
    const file = await archiveOf(setup.local)
    const { manager } = emptyMachine(setup)
    const { bytes } = await importRecords(manager, [file])
    expect(await importRecords(manager, [file], { resume: bytes })).toMatchObject({ items: 0, bytes })
    await expect(importRecords(manager, [file], { resume: file.length + 1 })).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID'
    })
  })

  test.for(['STORE_IO', 'STORE_UNKNOWN', 'TIMEOUT'])(
    'stops with %s and the place to continue when the store fails, and loses nothing that was acknowledged',
    async (code) => {
      const setup = await largeMachine()
      const file = await archiveOf(setup.local)
      let puts = 0
      let isFull = true
      const acknowledged: Uint8Array[] = []
      const { manager, store } = emptyMachine(
        setup,
        (inner) =>
          new Proxy(inner, {
            get(target, name) {
              const member: unknown = Reflect.get(target, name, target)
              if (name !== 'put') return typeof member === 'function' ? (member.bind(target) as unknown) : member
              return async (...parameters: Parameters<RecordStore['put']>) => {
                if (isFull && ++puts > 300) throw new RecordError(code, 'the disk is full')
                const result = await target.put(...parameters)
                acknowledged.push(parameters[0].key)
                return result
              }
            }
          })
      )
      const error = await importRecords(manager, [file]).then(
        () => undefined,
        (reason: unknown) => reason as RecordError
      )
      expect(error).toMatchObject({ code, details: { result: { items: 300 } } })
      for (const key of acknowledged) expect(await store.has(key)).toBe(true)
      isFull = false
      const { resume } = (error as RecordError).details as { resume: number }
      expect((await importRecords(manager, [file], { resume })).items).toBe(700)
      expect((await store.stats()).entries).toBe(1000)
    }
  )

  test('counts records for which there is no space, and goes on', async () => {
    const setup = await largeMachine()
    const file = await archiveOf(setup.local)
    const codes = new Set<string>()
    const { clock } = setup.time
    const store = new MemoryRecordStore({ clock, maxRecords: 1000, maxRecordsPerNamespace: 100 })
    const manager = new RecordManager({ engine: setup.engine, store, clock })
    const result = await importRecords(manager, [file], { onRefused: ({ code }) => codes.add(code) })
    expect(result).toMatchObject({ items: 1000, refused: result.records.quota ?? 0 })
    expect([...codes].filter((code) => code !== 'QUOTA')).toEqual([])
    expect((await store.stats()).entries).toBe(100)
  })
})

describe('two machines with one key', () => {
  test('publish one name in turns, each above the other, after one was cloned from a backup', async () => {
    const setup = await setUp()
    const clone = emptyMachine(setup)
    await importRecords(clone.manager, [await archiveOf(setup.manager)], trusted)
    const sequences: bigint[] = []
    for (const [turn, manager] of [clone.manager, setup.manager, clone.manager, setup.manager].entries()) {
      await setup.time.advance(hour)
      const { record } = await manager.put(setup.name, bytes(`/ipfs/bafkqa${turn}`))
      sequences.push(record.sequence ?? 0n)
    }
    expect(sequences).toEqual(sequences.toSorted((a, b) => Number(a - b)))
    expect(new Set(sequences).size).toBe(4)
  })
})

test('a mark of a store outlives its export and import by at most 30 days, or until its own time', async () => {
  const setup = await setUp()
  const { manager, store } = emptyMachine(setup)
  await importRecords(manager, [await archiveOf(setup.manager)], trusted)
  const key = configKey(setup, 'gone')
  const [before, after] = [await setup.store.mark(key), await store.mark(key)] as [HighWaterMark, HighWaterMark]
  expect(after.rank).toEqual(before.rank)
  expect(after.until).toBeGreaterThanOrEqual(before.until)
  expect(after.until - before.until).toBeLessThan(day)
})
