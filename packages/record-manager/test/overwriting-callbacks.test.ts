import { joinRecordKey } from '@recordkit/record-codec'
import { FakeTimers } from '@recordkit/record-conformance'
import { sealSignedRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { exportRecords, importRecords, RecordManager, replication } from '@recordkit/record-manager'
import type { ManagerEventDetails, ManagerProgress, RecordView } from '@recordkit/record-manager'
import type { AccessControl, AuthorPolicy, NetworkRecord, RecordMetrics, RecordNetwork } from '@recordkit/record-types'
import { isRefusal } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { anyAuthor, signed, unsigned, ValidationEngine, withContent } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { hour, portableSigner } from '@recordkit/testing'
import { overwrite } from '@recordkit/testing/overwrite'
import { describe, expect, test } from 'vitest'
import { bytes, text } from './test-manager.ts'

const algorithms = [ed25519Portable]
const signer = portableSigner(new Uint8Array(32).fill(33))
const other = portableSigner(new Uint8Array(32).fill(44))
const sender = Uint8Array.of(0, 1, 7)
const eventTypes = [
  'record:stored',
  'record:refused',
  'record:equivocation',
  'record:displaced',
  'record:published',
  'record:unrenewed',
  'record:unpublished',
  'record:renewed',
  'record:lapsed',
  'record:dropped'
] as const satisfies readonly (keyof ManagerEventDetails)[]

/** A peer that has one value of each key. It overwrites what it receives after it has read it. */
class OverwritingNetwork implements RecordNetwork {
  readonly values = new Map<string, Uint8Array>()
  readonly sent: { readonly key: Uint8Array; readonly value: Uint8Array }[] = []
  readonly #engine: ValidationEngine

  constructor(engine: ValidationEngine) {
    this.#engine = engine
  }

  async get(key: Uint8Array, options: Parameters<RecordNetwork['get']>[1] = {}): Promise<NetworkRecord | undefined> {
    const { onImproved, local } = options
    const value = this.values.get(mapKey(key))
    const result = value && (await this.#engine.validate(key, value))
    overwrite([key, local])
    if (result === undefined || isRefusal(result)) return undefined
    onImproved?.(result)
    return { record: result, valid: 1, complete: true, from: [sender.slice()], refused: [] }
  }

  async put(key: Uint8Array, value: Uint8Array, options: Parameters<RecordNetwork['put']>[2] = {}) {
    this.sent.push({ key: key.slice(), value: value.slice() })
    this.values.set(mapKey(key), value.slice())
    overwrite([key, value, options.verified])
    const receipt = {
      copies: { requested: 1, reached: 12 },
      peers: [{ from: sender.slice(), status: 'stored' as const }]
    }
    return { ...receipt, complete: Promise.resolve(receipt) }
  }
}

/** Managers whose callbacks overwrite everything that they receive. */
function setUp() {
  const time = new FakeTimers()
  const { clock, setTimer } = time
  const called = new Set<string>()
  /** A callback that overwrites its arguments. */
  const overwriting =
    <Result>(name: string, result: Result) =>
    (...given: readonly unknown[]): Result => {
      called.add(name)
      overwrite(given)
      return result
    }
  const access: AccessControl = {
    checkSender: overwriting('checkSender', undefined),
    checkRecord: overwriting('checkRecord', undefined),
    isBanned: overwriting('isBanned', false),
    report: overwriting('report', undefined)
  }
  const authors: AuthorPolicy = {
    revocable: false,
    check: overwriting('policy', undefined),
    ownerOf: overwriting('ownerOf', undefined)
  }
  const metrics: RecordMetrics = {
    count: overwriting('count', undefined),
    observe: overwriting('observe', undefined),
    readStats: (stats) => void stats().then(overwriting('readStats', undefined))
  }
  const checkContent = overwriting('content', undefined)
  const sequence = (value: Uint8Array, key: Uint8Array): bigint => {
    const result = BigInt(value[0] ?? 0)
    overwriting('sequence', undefined)(value, key)
    return result
  }
  const typed = signed('typed', {
    authors: anyAuthor(),
    algorithms,
    // what it returns contains the bytes that it receives
    decode: (content: Uint8Array) => ({ content }),
    encode: ({ content }: { readonly content: Uint8Array }) => content,
    schema: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => ({ value: value as { readonly content: Uint8Array } })
      }
    }
  })
  const engine = new ValidationEngine(
    [
      withContent(signed('shared', { authors, algorithms, futureSequences: true }), checkContent),
      unsigned('plain', { sequence }),
      typed
    ],
    { clock, access }
  )
  /** without access control */
  const open = new ValidationEngine(engine.namespaces, { clock })
  const network = new OverwritingNetwork(open)
  const store = new MemoryRecordStore({ clock })
  const manager = new RecordManager({
    engine,
    store,
    signer: {
      publicKey: signer.publicKey,
      sign: (input) => {
        const signature = signer.sign(input.slice())
        overwriting('sign', undefined)(input)
        return signature
      }
    },
    clock,
    setTimer,
    metrics,
    groupOf: overwriting('groupOf', Uint8Array.of(9)),
    network: replication(network, {
      random: () => 0,
      republish: {
        interval: (key) => {
          overwriting('interval', undefined)(key)
          return 3_600_000
        }
      }
    })
  })
  const seen: { readonly type: string; readonly detail: unknown }[] = []
  for (const type of eventTypes) {
    manager.events.addEventListener(type, ({ detail }) => overwriting(type, undefined)(detail))
    manager.events.addEventListener(type, ({ detail }) => seen.push({ type, detail }))
  }
  const progress: ManagerProgress[] = []
  const onProgress = (event: ManagerProgress): void => {
    progress.push(structuredClone({ ...event, detail: withoutPromises(event.detail) }) as never)
    overwriting('onProgress', undefined)(event)
  }
  const improved: RecordView[] = []
  const onImproved = (record: RecordView): void => {
    improved.push(structuredClone(record))
    overwriting('onImproved', undefined)(record)
  }
  const seal = (key: Uint8Array, content: string, sequence: bigint, by = other): Promise<Uint8Array> =>
    sealSignedRecord(
      {
        key,
        content: bytes(content),
        sequence,
        issued: time.now,
        expires: time.now + 400n * hour,
        ttl: 0n,
        revoked: false
      },
      { signer: by, now: time.now }
    )
  return {
    time,
    called,
    manager,
    store,
    network,
    open,
    seen,
    progress,
    onProgress,
    improved,
    onImproved,
    seal,
    typed
  }
}

function withoutPromises(detail: unknown): unknown {
  return typeof detail === 'object' && detail !== null ? { ...detail, complete: undefined } : detail
}

const key = joinRecordKey('shared', 'colour')
const later = (now: bigint): bigint => now / 1_000_000n + 1n

describe('callbacks that overwrite everything that they receive', () => {
  test('change neither what a put stores, sends and returns, nor what later callbacks receive', async () => {
    const { manager, store, network, seen, progress, onProgress, open, called } = setUp()
    const watched = [manager.watch(key), manager.watch({ prefix: '/shared/' })]
    const first = watched.map(async (records) => records.next())
    const { record, receipt } = await manager.put(key, bytes('green'), { onProgress })
    expect(text(record.content)).toBe('green')
    const value = record.value.slice()
    expect((await store.get(key))?.value).toEqual(value)
    expect(network.sent).toEqual([{ key, value }])
    expect(isRefusal(await open.validate(key, value))).toBe(false)
    expect(progress).toMatchObject([
      { type: 'record:put:stored', detail: { key, value, content: bytes('green') } },
      { type: 'record:put:copied', detail: { copies: { reached: 12 } } }
    ])
    expect(receipt).toMatchObject({ copies: { reached: 12 }, peers: [{ from: sender, status: 'stored' }] })
    expect(seen).toMatchObject([
      { type: 'record:stored', detail: { key, value, content: bytes('green') } },
      { type: 'record:published', detail: { key, copies: 12 } }
    ])
    for (const next of first) {
      const { value: view } = (await next) as { readonly value: RecordView }
      expect(view).toMatchObject({ key, value, content: bytes('green') })
      overwrite(view)
    }
    // the caller overwrites what was returned
    overwrite([record, receipt, manager.republishQueue])
    expect(text(await manager.get(key, { offline: true }))).toBe('green')
    expect(manager.republishQueue.map((entry) => entry.key)).toEqual([key])
    for (const records of watched) await records.return(undefined)
    expect([...called]).toEqual(
      expect.arrayContaining(['checkRecord', 'policy', 'ownerOf', 'content', 'sign', 'interval', 'count', 'onProgress'])
    )
  })

  test('change neither what a peer sent, nor whose record and share it is', async () => {
    const { manager, store, network, seen, seal, time, called } = setUp()
    await manager.put(key, bytes('ours'))
    const value = await seal(key, 'theirs', later(time.now))
    const result = await manager.receive(key, value, { sender })
    expect(result.status).toBe('stored')
    overwrite(result)
    const stored = await store.get(key)
    expect(stored).toMatchObject({ key, value, sender })
    expect(text(await manager.get(key, { offline: true }))).toBe('theirs')
    const twin = await seal(key, 'other', later(time.now))
    const second = await manager.receive(key, twin, { sender })
    const values = expect.arrayContaining([value, twin]) as Uint8Array[]
    expect(second.equivocation).toEqual({ key, values })
    const refused = await manager.receive(key, await seal(key, 'old', 1n), { sender })
    expect(refused).toMatchObject({ status: 'stale', record: { key, sequence: 1n } })
    expect(text(refused.record?.signed?.())).toContain('old')
    expect(seen).toMatchObject([
      { type: 'record:stored' },
      { type: 'record:published', detail: { key } },
      { type: 'record:stored', detail: { key, value, content: bytes('theirs') } },
      { type: 'record:displaced', detail: { key, value } },
      { type: 'record:equivocation', detail: { key, values } },
      ...(second.status === 'stored' ? [{ type: 'record:stored', detail: { key, value: twin } }] : []),
      ...(second.status === 'stored' ? [] : [{ type: 'record:refused', detail: { key } }]),
      { type: 'record:refused', detail: { key, result: { status: 'stale', record: { key, sequence: 1n } } } }
    ])
    expect(network.sent).toHaveLength(1)
    expect([...called]).toEqual(expect.arrayContaining(['checkSender', 'report', 'groupOf', 'record:refused']))
  })

  test('do not change what concurrent and later callers of a look-up get, nor what is cached', async () => {
    const { manager, network, seal, time, progress, onProgress, improved, onImproved, store } = setUp()
    await manager.put(key, bytes('ours'))
    const value = await seal(key, 'theirs', later(time.now))
    network.values.set(mapKey(key), value.slice())
    const options = { noCache: true, onProgress, onImproved }
    const first = manager.getRecord(key, options).then((record) => {
      const copy = structuredClone(record)
      overwrite(record)
      return copy
    })
    const records = await Promise.all([
      first,
      manager.getRecord(key, options),
      manager.getRecord(key, { noCache: true })
    ])
    for (const record of records) expect(record).toMatchObject({ key, value, content: bytes('theirs') })
    records.forEach(overwrite)
    expect((await store.get(key))?.value).toEqual(value)
    for (let time = 0; time < 3; time++) {
      const record = await manager.getRecord(key, { onProgress, onImproved })
      expect(record).toMatchObject({ key, value, content: bytes('theirs') })
      overwrite(record)
    }
    expect(improved.map(({ content }) => text(content)).filter((content) => content !== 'ours')).not.toContain('')
    for (const { content, value: reported } of improved.filter(({ content }) => text(content) === 'theirs'))
      expect([content, reported]).toEqual([bytes('theirs'), value])
    expect(new Set(improved.map(({ content }) => text(content)))).toEqual(new Set(['ours', 'theirs']))
    for (const { detail } of progress) if (detail !== undefined) expect(detail).toMatchObject({ key })
    for await (const record of manager.list('/shared/')) overwrite(record)
    overwrite(await manager.getForPeers(key))
    expect(text(await manager.get(key, { offline: true }))).toBe('theirs')
  })

  test('do not change what is renewed and published again', async () => {
    const { manager, network, seen, time, store, open, called } = setUp()
    await manager.start()
    await manager.put(key, bytes('green'), { lifetime: 6 * 3_600_000 })
    for (let hours = 0; hours < 24; hours++) {
      for await (const publication of manager.publications()) overwrite(publication)
      overwrite([manager.republishQueue, await manager.stats()])
      await time.advance(hour)
    }
    const sent = network.sent.at(-1)
    expect(network.sent.length).toBeGreaterThan(20)
    for (const { key: at } of network.sent) expect(at).toEqual(key)
    const record = await open.validate(key, sent?.value as Uint8Array)
    expect(isRefusal(record)).toBe(false)
    expect((await store.get(key))?.value).toEqual(sent?.value)
    const renewed = seen.filter(({ type }) => type === 'record:renewed')
    expect(renewed.length).toBeGreaterThan(3)
    for (const { detail } of renewed) expect(detail).toMatchObject({ key, content: bytes('green') })
    for (const { detail } of seen) expect(detail).toMatchObject({ key })
    expect([...called]).toEqual(expect.arrayContaining(['record:renewed', 'record:published', 'readStats']))
    await manager.stop()
  })

  test('do not change the content of a schema that others receive', async () => {
    const { manager, typed, seen } = setUp()
    const records = manager.namespace(typed)
    const watched = [records.watch('a'), records.watch('a')]
    const first = watched.map(async (changes) => changes.next())
    const { record } = await records.put('a', { content: bytes('green') })
    overwrite(record)
    expect(seen[0]).toMatchObject({ detail: { parsedContent: { content: bytes('green') } } })
    for (const next of first) {
      const { value } = (await next) as { readonly value: { readonly content: { readonly content: Uint8Array } } }
      expect(text(value.content.content)).toBe('green')
      overwrite(value)
    }
    for (let time = 0; time < 3; time++) {
      const found = await records.get('a', { offline: true })
      expect(text(found?.content.content)).toBe('green')
      overwrite(found)
    }
    for (const changes of watched) await changes.return(undefined)
  })

  test('do not change the order of unsigned values, or what an archive contains', async () => {
    const { manager, store } = setUp()
    const plain = joinRecordKey('plain', 'a')
    expect((await manager.receive(plain, Uint8Array.of(5, 6), { sender })).status).toBe('stored')
    expect((await manager.receive(plain, Uint8Array.of(4, 6), { sender })).status).toBe('stale')
    expect((await store.get(plain))?.value).toEqual(Uint8Array.of(5, 6))
    const archive: Uint8Array[] = []
    for await (const chunk of exportRecords(manager, { onProgress: overwrite })) {
      archive.push(chunk.slice())
      overwrite(chunk)
    }
    const { manager: another, store: anotherStore } = setUp()
    const result = await importRecords(another, archive, { onProgress: overwrite, onRefused: overwrite })
    expect(result).toMatchObject({ records: { stored: 1 }, refused: 0 })
    expect((await anotherStore.get(plain))?.value).toEqual(Uint8Array.of(5, 6))
  })
})
