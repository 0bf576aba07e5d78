import { ipnsRoutingKey } from '@recordkit/record-codec'
import { createIpnsRecord, generateKeyPair, openIpnsRecord } from '@recordkit/record-crypto'
import { exportRecords, importRecords, RecordManager, replication } from '@recordkit/record-manager'
import type { RecordManagerOptions } from '@recordkit/record-manager'
import { publishIpns, resolveIpns } from '@recordkit/record-manager/ipns'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { systemClock } from '@recordkit/record-types'
import { ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { beforeEach, describe, expect, test } from 'vitest'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const signer = await generateKeyPair()
const engine = new ValidationEngine([ipns()])
const config = signed('config', { authors: ownerInKey() })
const content = bytes('/ipfs/bafkqaaa')
const cidText = 'bafkqaaa'
let manager: RecordManager
let key: Uint8Array

beforeEach(async () => {
  manager = await createRecordManager({ signer, namespaces: [config] })
  key = manager.namespace(config).keyFor('app')
  await manager.put(key, content)
})

/** Expects one sentence that says what is wrong and what is expected. */
async function expectMistake(call: () => unknown, message: RegExp, code = 'INVALID_ARGUMENT'): Promise<void> {
  await expect((async () => call())()).rejects.toMatchObject({
    name: 'RecordError',
    code,
    message: expect.stringMatching(message) as unknown
  })
}

describe('a manager is not created', () => {
  const store = new MemoryRecordStore()
  test.each<[string, unknown, RegExp]>([
    ['without options', undefined, /^options is undefined; an object is expected$/],
    ['without an engine', { store }, /^engine is undefined; a ValidationEngine, such as .* is expected$/],
    ['with namespaces instead of an engine', { engine: [ipns()], store }, /^engine is an array; a ValidationEngine/],
    ['without a store', { engine }, /^store is undefined; a RecordStore, such as .* is expected$/],
    ['with a path instead of a store', { engine, store: './records' }, /^store is a string; a RecordStore/],
    ['with a Map instead of a store', { engine, store: new Map() }, /^store is a Map; a RecordStore/],
    [
      'with a store that was not awaited',
      { engine, store: Promise.resolve(store) },
      /^store is a promise, which must be awaited; /
    ],
    [
      'with a signer that was not awaited',
      { engine, store, signer: Promise.resolve(signer) },
      /^signer is a promise, which must be awaited; /
    ],
    ['with a path instead of a signer', { engine, store, signer: './author.key' }, /^signer is a string; an object/],
    ['with one signer as signers', { engine, store, signers: signer }, /^signers is an object; an array of signers/],
    ['with a network that is not replicated', { engine, store, network: {} }, /^network is an object; .*`replication/],
    [
      'with a time instead of a clock',
      { engine, store, clock: 5n },
      /^clock is the bigint 5n; a function is expected$/
    ],
    [
      'with metrics that cannot count',
      { engine, store, metrics: {} },
      /^metrics is an object; a RecordMetrics, such as/
    ],
    [
      'with a clock in milliseconds',
      { engine, store, clock: Date.now },
      /^clock returned \d+; a bigint of nanoseconds since the Unix epoch is expected$/
    ],
    [
      'with an access control that can do nothing',
      { engine, store, access: {} },
      /^access is an object; an AccessControl with at least one of checkSender, .*`createAccessControl\(…\)`/
    ],
    [
      'with a misspelled option',
      { engine, store, sweepinterval: 5 },
      /^unknown option "sweepinterval"; did you mean "sweepInterval"\? The options are engine, store, /
    ],
    [
      'with a bigint as an interval',
      { engine, store, sweepInterval: 5n },
      /^sweepInterval is the bigint 5n; a number of m/
    ]
  ])('%s', async (_, options, message) => {
    await expectMistake(() => new RecordManager(options as RecordManagerOptions), message)
  })

  test('with a replication of something else than a network', async () => {
    await expectMistake(
      () => replication({} as never),
      /^network is an object; a RecordNetwork, such as .* is expected$/
    )
  })
})

describe('a put is refused', () => {
  test.each<[string, unknown, RegExp]>([
    ['a number as ifSequence', { ifSequence: 1 }, /^ifSequence is the number 1; null, or a bigint .*, such as 1n,/],
    ['a number as sequence', { sequence: 1 }, /^sequence is the number 1; a bigint .*, such as 1n,/],
    [
      'nanoseconds as lifetime',
      { lifetime: 3_600_000_000_000n },
      /^lifetime is the bigint .*; a number of milliseconds/
    ],
    [
      'a number of nanoseconds as lifetime',
      { lifetime: 3600e9 },
      /^lifetime is 3600000000000; a number of milliseconds above 0 and up to a hundred years, or Infinity, is expected$/
    ],
    [
      'a misspelled option',
      { lifeTime: 1000 },
      /^unknown option "lifeTime"; did you mean "lifetime"\? The options are/
    ],
    ['an option of a get', { quorum: 3 }, /^unknown option "quorum"; the options are signer, /],
    ['a text as offline', { offline: 'yes' }, /^offline is a string; a boolean is expected$/],
    ['a Date as lifetime', { lifetime: new Date() }, /^lifetime is a Date; a number of milliseconds/],
    ['a ttl above the lifetime', { lifetime: 1000, ttl: 2000 }, /^ttl is 2000; at most the lifetime .*, 1000 ms,/],
    [
      'a controller as signal',
      { signal: new AbortController() },
      /^signal is an AbortController; .*the `signal` of the controller/
    ],
    [
      'copies without a network',
      { copies: 3 },
      /^copies is 3, but this manager has no network to ask; pass the option/
    ],
    ['a number as options', 5, /^options is 5; an object is expected$/],
    ['null as options', null, /^options is null; an object is expected$/]
  ])('with %s', async (_, options, message) => {
    await expectMistake(() => manager.put(key, content, options as never), message)
  })

  test.each([
    [
      'text',
      'hello',
      /^content is a string; a Uint8Array, such as `new TextEncoder\(\)\.encode\(text\)`, is expected$/
    ],
    ['an object', { colour: 'green' }, /^content is an object; a Uint8Array is expected$/],
    ['nothing', undefined, /^content is undefined; a Uint8Array is expected$/]
  ])('with %s as content', async (_, wrong, message) => {
    await expectMistake(() => manager.put(key, wrong as never), message)
  })

  test('under a key that does not name its owner', async () => {
    const message = /^"\/config\/app" is not a record key of config: .*as in k51…\/app, and "app" is neither; .*keyFor/
    await expectMistake(() => manager.put('/config/app', content), message, 'RECORD_KEY_INVALID')
  })

  test('under a path that is a whole key, or begins with a slash', async () => {
    const mine = manager.namespace(config)
    await expectMistake(() => mine.put('/app', content), /^path is "\/app"; text without a slash at its beginning/)
    await expectMistake(() => mine.put(key as never, content), /^path is a Uint8Array; text without a slash/)
  })

  test('when its value is an HTML page', async () => {
    const page = bytes('\n<!DOCTYPE html><html></html>')
    const message = /^the value is text that begins with "<!DOCTYPE html>.*"; the bytes of a record are expected$/
    await expectMistake(() => manager.putSigned(key, page), message, 'PROTOBUF_TRUNCATED')
    expect((await manager.receive(key, page)).message).toMatch(message)
  })
})

test('every method with options refuses an unknown one', async () => {
  const wrong = { tiemout: 1 } as never
  const mine = manager.namespace(config)
  const calls: (() => unknown)[] = [
    () => manager.get(key, wrong),
    () => manager.getForPeers(key, wrong),
    () => manager.has(key, wrong),
    () => manager.delete(key, wrong),
    () => manager.list('/config/', wrong).next(),
    () => manager.watch(key, wrong).next(),
    () => manager.putSigned(key, content, wrong),
    () => manager.receive(key, content, wrong),
    () => manager.revoke(key, wrong),
    () => manager.republish(key, wrong),
    () => manager.unpublish(key, wrong),
    () => manager.publications('', wrong).next(),
    () => manager.signers.add(signer, wrong),
    () => mine.keyFor('app', wrong),
    () => mine.put('app', content, wrong),
    () => mine.get('app', wrong),
    () => mine.watch('app', wrong).next(),
    () => mine.list(wrong).next(),
    () => mine.delete('app', wrong),
    () => publishIpns(manager, 'bafkqaaa', wrong),
    () => resolveIpns(manager, signer.peerId, wrong),
    () => replication({ get: () => {}, put: () => {} } as never, wrong),
    () => createRecordManager(wrong),
    () => importRecords(manager, [], wrong),
    () => exportRecords(manager, wrong).next()
  ]
  for (const call of calls) await expectMistake(call, /^unknown option "tiemout"; /)
})

test('createRecordManager refuses namespaces and algorithms that it would not use', async () => {
  await expectMistake(
    () => createRecordManager({ engine, namespaces: [config] }),
    /^engine is given together with namespaces or algorithms, which belong to the default engine; pass them to the engine$/
  )
  await expectMistake(
    () => createRecordManager({ namespaces: config as never }),
    /^namespaces is an object; an array such as \[signed\('config', …\)\] is expected$/
  )
  await expectMistake(
    () => createRecordManager({ algorithms: ['rsa'] as never }),
    /^algorithms\[0\] is the text "rsa"; an algorithm such as `rsa` of @recordkit\/record-crypto\/rsa is expected$/
  )
})

test('a name with a path is refused as a key, and says what resolves it', async () => {
  await expectMistake(
    () => manager.get('/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8/docs/a.html'),
    /^"\/ipns\/k51.*" is not a record key of ipns: the path "docs\/a.html" follows the name; omit it, or pass name and path to `resolveIpns`/,
    'RECORD_KEY_INVALID'
  )
})

test('a revocation of an IPNS name says where to read what can be done', async () => {
  await expectMistake(
    () => manager.revoke(ipnsRoutingKey(signer.peerId)),
    /^an IPNS name cannot be revoked; docs\/guides\/leaked-ipns-key.md /,
    'REVOCATION_UNSUPPORTED'
  )
})

test('watch rejects a pollInterval when there is no network to ask', async () => {
  const message =
    /^pollInterval is given, but this manager has no network to ask; pass the option `network`, or omit it$/
  await expectMistake(() => manager.watch(key, { pollInterval: 1000 }).next(), message)
})

describe('a key or prefix of a namespace that the manager does not have is refused', () => {
  const manager = new RecordManager({
    engine: new ValidationEngine([ipns(), config]),
    store: new MemoryRecordStore(),
    signer
  })
  const unknown = '/confg/app'
  const message = /^the namespace "confg" is unknown; expected one of: ipns, config$/
  const first = async (records: AsyncIterable<unknown>): Promise<unknown> => {
    for await (const record of records) return record
    return undefined
  }
  test.each<[string, (at: string | Uint8Array) => unknown]>([
    ['put', async (at) => manager.put(at, content)],
    ['putSigned', async (at) => manager.putSigned(at, content)],
    ['revoke', async (at) => manager.revoke(at)],
    ['get', async (at) => manager.get(at)],
    ['getRecord', async (at) => manager.getRecord(at, { offline: true })],
    ['has', async (at) => manager.has(at)],
    ['delete', async (at) => manager.delete(at)],
    ['republish', async (at) => manager.republish(at)],
    ['unpublish', async (at) => manager.unpublish(at)],
    ['list', async (at) => first(manager.list(at))],
    ['watch', async (at) => first(manager.watch(at))],
    ['watch of a prefix', async (at) => first(manager.watch({ prefix: at }))]
  ])('by %s', async (_, call) => {
    await expectMistake(() => call(unknown), message, 'NAMESPACE_UNKNOWN')
    await expectMistake(() => call(bytes(unknown)), message, 'NAMESPACE_UNKNOWN')
  })

  test('and a key without a namespace is not a record key', async () => {
    await expectMistake(() => manager.get('app'), /^record key ".*" is not \/namespace\/path/, 'RECORD_KEY_INVALID')
  })

  test('but a prefix may end within the name of a namespace, and peers may ask for any key', async () => {
    expect(await first(manager.list('/confg'))).toBeUndefined()
    expect(await manager.getForPeers(unknown)).toBeUndefined()
    for await (const publication of manager.publications('/confg/')) expect(publication).toBeUndefined()
  })

  test('but a record of a namespace that the manager had before is deleted and unpublished', async () => {
    const store = new MemoryRecordStore()
    const before = new RecordManager({ engine: new ValidationEngine([ipns(), config]), store, signer })
    await before.put(key, content)
    const after = new RecordManager({ engine, store, signer })
    expect(await after.unpublish(key)).toBe(true)
    expect(await after.delete(key)).toBe(true)
    await expectMistake(
      () => after.delete(key),
      /^the namespace "config" is unknown; expected one of: ipns$/,
      'NAMESPACE_UNKNOWN'
    )
  })
})

test('a namespace that the engine does not contain is named', async () => {
  await expectMistake(
    () => manager.namespace(signed('other', { authors: ownerInKey() })),
    /^the engine of this manager does not contain the namespace "other"; pass it to/
  )
  await expectMistake(() => manager.namespace('config' as never), /does not contain the namespace \(found a string\)/)
})

test('publishIpns and resolveIpns name a wrong manager, value and name', async () => {
  await expectMistake(
    () => publishIpns(undefined as never, 'bafkqaaa'),
    /^manager is undefined; a RecordManager, such as `libp2p.services.records.manager` of a node, is expected$/
  )
  await expectMistake(
    () => resolveIpns({ manager } as never, 'k51'),
    /^manager is an object; a RecordManager, such as `libp2p.services.records.manager` of a node, is expected$/
  )
  await expectMistake(
    () => publishIpns(manager, 'bafkqaaa', { signer: {} as never }),
    /^signer is an object; an object with publicKey and sign, such as a key pair of generateKeyPair\(\), is expected$/
  )
  await expectMistake(
    () => publishIpns(manager, 5 as never),
    /^value is a number; a path, a CID or bytes are expected$/
  )
  await expectMistake(
    () => publishIpns(manager, 'hello'),
    /^IPNS value is "hello"; a path such as/,
    'IPNS_VALUE_INVALID'
  )
  await expectMistake(
    () => resolveIpns(manager, 5 as never),
    /^name is a number; text such as k51… or `peerId.toString\(\)`, or the bytes of a peer ID are expected$/
  )
  await expectMistake(() => resolveIpns(manager, 'example.org'), /^"example.org" is a domain; pass the option `dns`/)
  for (const dns of [null, 'dns', {}, () => undefined])
    await expectMistake(
      () => resolveIpns(manager, 'example.org', { dns: dns as never }),
      /^dns is .*; a resolver, such as `dns\(\)` of @multiformats\/dns, is expected$/
    )
})

test('importRecords and exportRecords name a wrong manager and file', async () => {
  const expected = 'an iterable of Uint8Array is expected, such as `createReadStream(path)` or `[bytes]`'
  for (const [file, shown] of [
    ['backup.archive', 'a string'],
    [bytes('recordkit'), 'a Uint8Array'],
    [Promise.resolve([]), 'a promise, which must be awaited'],
    [undefined, 'undefined']
  ] as const)
    await expect(importRecords(manager, file as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `file is ${shown}; ${expected}`
    })
  await expectMistake(() => importRecords({} as never, []), /^manager is an object; a RecordManager is expected$/)
  await expectMistake(() => exportRecords({} as never).next(), /^manager must be a RecordManager$/)
})

test('a validity in milliseconds is refused with the year that it means', async () => {
  const validity = BigInt(Date.now() + 3_600_000)
  await expectMistake(
    () => createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 1n, validity }, { signer }),
    /^the validity 1970-.* is in the past; the current time is /,
    'EXPIRED'
  )
})

test('a TTL of createIpnsRecord in milliseconds or seconds is refused with the unit that is expected', async () => {
  const at = { value: '/ipfs/bafkqaaa', sequence: 1n, validity: systemClock() + 3_600_000_000_000n }
  for (const ttl of [300n, 3600n, 86_400n, 60_000n, 300_000n, 3_600_000n, 86_400_000n])
    await expectMistake(
      () => createIpnsRecord({ ...at, ttl }, { signer }),
      /^ttl is \d+n, less than a second; nanoseconds, such as 300_000_000_000n for 5 minutes, are expected$/
    )
  for (const ttl of [0n, 1_000_000n, 500_000_000n, 1_000_000_001n]) await createIpnsRecord({ ...at, ttl }, { signer })
})

test('createIpnsRecord takes the same values as publishIpns', async () => {
  const at = { sequence: 1n, validity: systemClock() + 3_600_000_000_000n }
  const cid = Uint8Array.of(1, 0x55, 0, 0)
  const object = await openIpnsRecord(await createIpnsRecord({ ...at, value: { bytes: cid } }, { signer }), {
    name: signer.peerId
  })
  expect(object.content.value).toEqual(cid)
  for (const value of [`/ipfs/${cidText}`, cidText]) {
    const created = await openIpnsRecord(await createIpnsRecord({ ...at, value }, { signer }), { name: signer.peerId })
    expect(created.content.value).toEqual(bytes(`/ipfs/${cidText}`))
    const { record } = await publishIpns(manager, value)
    expect(record.content).toEqual(bytes(`/ipfs/${cidText}`))
  }
  await expectMistake(
    () => createIpnsRecord({ ...at, value: 'hello' }, { signer }),
    /^IPNS value is "hello"; a path such as/,
    'IPNS_VALUE_INVALID'
  )
  await expectMistake(
    () => createIpnsRecord({ ...at, value: 5 as never }, { signer }),
    /^value is a number; a path, a C/
  )
})

describe('a mistake of a newcomer is named', () => {
  const hint =
    /; text such as "\/config\/app", or the bytes of a record key such as `ipnsRoutingKey\(peerId\)`, are expected$/
  const routing = { async *get() {}, async *put() {}, async *findProviders() {} }

  test.each<[string, () => unknown, RegExp, string?]>([
    ['no key', async () => manager.get(undefined as never), /^key is undefined; text such as/],
    ['a peer ID of libp2p as a key', async () => manager.get({ toMultihash() {} } as never), hint],
    [
      'options as a prefix',
      async () => manager.list({ signal: undefined } as never).next(),
      /^prefix is an object; text/
    ],
    [
      'the bytes of a peer ID as a key',
      async () => new RecordManager({ engine, store: new MemoryRecordStore(), signer }).put(signer.peerId, content),
      /^record key ".*" is not \/namespace\/path; `ipnsRoutingKey\(peerId\)` makes the key of an IPNS name$/,
      'RECORD_KEY_INVALID'
    ],
    [
      'content as a signed value',
      async () => manager.putSigned(key, content),
      /^the value is not a signed record of its key: .*; `put` signs content$/,
      'PROTOBUF_WIRE_TYPE'
    ],
    [
      'a signal as options',
      async () => manager.put(key, content, new AbortController().signal as never),
      /^options is an Ab/
    ],
    [
      'a Map as options',
      async () => manager.get(key, new Map() as never),
      /^options is a Map; a plain object is expected$/
    ],
    ['text as a peer ID', () => manager.signers.get('k51' as never), /^peer ID is a string; a Uint8Array is expected$/],
    [
      'a signer as a peer ID',
      () => manager.signers.remove(signer as never),
      /^peer ID is an object; a Uint8Array is exp/
    ],
    [
      'a routing as a network',
      () => replication(routing as never),
      /^network is a RecordRouting; a RecordNetwork, such as/
    ],
    [
      'no content',
      async () => createIpnsRecord(undefined as never, { signer }),
      /^content is undefined; an object is exp/
    ],
    [
      'an event that does not exist',
      () => manager.events.addEventListener('record:store' as never, () => undefined),
      /^there is no event "record:store"; the events are record:stored, .*changes:unread$/
    ],
    [
      'no listener',
      () => manager.events.addEventListener('record:stored', undefined as never),
      /^listener is undefined; a function is expected$/
    ]
  ])('%s', async (_, call, message, code) => {
    await expectMistake(call, message, code)
  })

  test('the start of a manager that was closed', async () => {
    await manager.close()
    await expectMistake(async () => manager.start(), /^the manager was closed together with its store/, 'STORE_CLOSED')
    const store = new MemoryRecordStore()
    await store.close()
    await expectMistake(
      async () => new RecordManager({ engine, store }).start(),
      /^the store is closed/,
      'STORE_CLOSED'
    )
    await manager.close()
  })

  test('two managers on one store that one of them closed', async () => {
    const store = new MemoryRecordStore()
    const [one, two] = [new RecordManager({ engine, store, signer }), new RecordManager({ engine, store, signer })]
    const name = ipnsRoutingKey(signer.peerId)
    await one.put(name, content)
    expect((await two.put(name, bytes('/ipfs/second'))).status).toBe('stored')
    await one.close()
    await expectMistake(async () => two.get(name), /^the store is closed/, 'STORE_CLOSED')
  })

  test('but a second start, and bytes of the buffers of Node, are none', async () => {
    await manager.start()
    await manager.start()
    const pooled = new Uint8Array(new ArrayBuffer(64), 8, content.length)
    pooled.set(content)
    expect((await manager.put(key, pooled, Object.freeze({ ttl: 5 }))).record.content).toEqual(content)
    await manager.close()
  })
})
