import { generateKeyPair, publicKeyFromRaw } from '@libp2p/crypto/keys'
import { ipnsRoutingKey, joinRecordKey, parseTime } from '@recordkit/record-codec'
import { createIpnsRecord, generateKeyPair as newKeyPair, verifySignature } from '@recordkit/record-crypto'
import { ed25519Native } from '@recordkit/record-crypto/ed25519-native'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { records, withRecords } from '@recordkit/record-libp2p'
import type { RecordsOptions, RecordsService } from '@recordkit/record-libp2p'
import { publishIpns } from '@recordkit/record-manager/ipns'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { createTestNetwork } from '@recordkit/record-test-network'
import type { NodeParts } from '@recordkit/record-test-network'
import { anyAuthor, ipns, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { createIPNSRecord, marshalIPNSRecord } from 'ipns'
import { ipnsSelector } from 'ipns/selector'
import { ipnsValidator } from 'ipns/validator'
import { verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './packages.ts'

/** the rows of the comparison in README.md which this file tests, with their cells */
const rows = new Map<string, readonly [string, string]>([
  ['an older record is put', ['refused, also after a restart or deletion', 'replaces the newer one']],
  ['a put that no peer stored', ['an error with a receipt', 'succeeds']],
  ['Ed25519 edge cases', ['one rule on every platform', 'the rule of the platform']],
  ['what a node stores for other peers', ['bounded per group of senders, author and namespace', 'not bounded']],
  ['IPNS sequences on several devices', ['time or known sequence + 1, conditional writes', "the caller's task"]]
])

type Parts = Record<string, unknown>

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const client: NodeParts<Parts> = {
  kadDhtInit: {
    clientMode: true,
    initialQuerySelfInterval: 10,
    validators: { ipns: async () => undefined, note: async () => undefined },
    selectors: { ipns: () => 0, note: () => 0 }
  }
}

/** A server, and clients of js-libp2p that check nothing. */
async function serverAndClients(server: NodeParts<Parts>) {
  const network = await createTestNetwork({
    transport: 'memory',
    nodes: 3,
    node: (index) => (index === 0 ? server : client)
  })
  const [first, writer, reader] = network.honest
  if (first === undefined || writer === undefined || reader === undefined) throw new Error('three nodes are expected')
  /** @returns whether the server stored the value */
  const put = async (key: Uint8Array, value: Uint8Array): Promise<boolean> => {
    let stored = false
    for await (const event of writer.services.dht.put(key, value))
      if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') stored = true
    return stored
  }
  /** @returns what the server has */
  const get = async (key: Uint8Array): Promise<Uint8Array | undefined> => {
    for await (const event of reader.services.dht.get(key)) if (event.name === 'VALUE') return event.value
    return undefined
  }
  return { writer, put, get, [Symbol.asyncDispose]: () => network[Symbol.asyncDispose]() }
}

/** A server of js-libp2p with the validator and the selector of `ipns`; those of `note` accept everything. */
const stockServer: NodeParts<Parts> = {
  kadDhtInit: {
    initialQuerySelfInterval: 10,
    validators: { ipns: ipnsValidator, note: async () => undefined },
    selectors: { ipns: ipnsSelector, note: () => 0 }
  }
}

const serverWithRecords = (options: RecordsOptions): NodeParts<Parts> => ({
  kadDhtInit: { initialQuerySelfInterval: 10 },
  configure: ({ services = {}, ...rest }) =>
    withRecords({ ...rest, datastore: new MemoryDatastore(), services }, options)
})

test('README.md compares what this file tests', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  for (const [row, [ours, theirs]] of rows) expect(readme).toContain(`| ${row} | ${ours} | ${theirs} |`)
  const [, table = ''] = /## Compared with other libraries\n[\s\S]*?\| --- \|.*\n([\s\S]*?)\n\n/.exec(readme) ?? []
  const others = table.split('\n').filter((line) => ![...rows.keys()].some((row) => line.startsWith(`| ${row} |`)))
  expect(others.map((line) => line.slice(2, 8))).toEqual(['verify', 'speed ']) // `comparison` tests these
})

test('js-libp2p replaces a newer record by an older one, a node with records refuses it', async () => {
  const signer = await newKeyPair()
  const key = ipnsRoutingKey(signer.peerId)
  const valueOf = (value: string, sequence: bigint) =>
    createIpnsRecord({ value, sequence, validity: parseTime('2100-01-01T00:00:00Z') }, { signer })
  const [older, newer] = await Promise.all([valueOf('/ipfs/bafkqaaa', 1n), valueOf('/ipfs/bafkqaab', 2n)])
  const engine = new ValidationEngine([ipns()])
  for (const [server, kept] of [
    [stockServer, older],
    [serverWithRecords({ engine, store: new MemoryRecordStore() }), newer]
  ] as const) {
    await using nodes = await serverAndClients(server)
    expect(await nodes.put(key, newer)).toBe(true)
    expect(await nodes.put(key, older)).toBe(kept === older)
    expect(await nodes.get(key)).toEqual(kept)
  }
})

test('a put that no peer stores succeeds in js-libp2p, and is an error with a receipt here', async () => {
  const refusing = async () => {
    throw new Error('refused')
  }
  const key = utf8('/note/x')
  const server: NodeParts<Parts> = {
    kadDhtInit: { initialQuerySelfInterval: 10, validators: { note: refusing }, selectors: { note: () => 0 } }
  }
  await using nodes = await serverAndClients(server)
  expect(await nodes.put(key, utf8('value'))).toBe(false)
  await nodes.writer.contentRouting.put(key, utf8('value'))

  const engine = new ValidationEngine([signed('note', { authors: anyAuthor() })])
  await using network = await createTestNetwork<{ readonly records: RecordsService }>({
    transport: 'memory',
    nodes: 2,
    node: (index) =>
      (index === 0
        ? server
        : {
            kadDhtInit: { clientMode: true, initialQuerySelfInterval: 10 },
            services: { records: records({ engine, store: new MemoryRecordStore(), signer: undefined }) }
          }) as NodeParts<{ readonly records: RecordsService }>
  })
  const { manager } = network.honest[1]!.services.records
  await expect(manager.put('/note/x', utf8('value'))).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    details: { copies: { reached: 0 } }
  })
})

interface SpecCheck {
  readonly message: string
  readonly pub_key: string
  readonly signature: string
}

test('js-libp2p decides edge cases of Ed25519 as its platform does, and RecordKit by one rule', async () => {
  const cases = JSON.parse(readFileSync(join(root, 'vectors/ed25519-speccheck/cases.json'), 'utf8')) as SpecCheck[]
  const entry = import.meta.resolve('@libp2p/crypto')
  const browser = (await import(new URL('keys/ed25519/index.browser.js', entry).href)) as {
    hashAndVerifyNoble(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean
  }
  const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
  const verdicts = { openSsl: '', node: '', browser: '', native: '', portable: '' }
  for (const one of cases) {
    const [data, signature, message] = [unhex(one.pub_key), unhex(one.signature), unhex(one.message)]
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(data).toString('base64url') }
    const ours = { type: 'Ed25519', data } as const
    const add = async (name: keyof typeof verdicts, verdict: boolean | Promise<boolean>) => {
      verdicts[name] += (await verdict) ? '1' : '0'
    }
    await add('openSsl', verify(null, message, { key: jwk, format: 'jwk' }, signature))
    await add('node', publicKeyFromRaw(data).verify(message, signature))
    await add('browser', browser.hashAndVerifyNoble(data, signature, message))
    await add('native', verifySignature(ours, message, signature, { algorithms: [ed25519Native] }))
    await add('portable', verifySignature(ours, message, signature, { algorithms: [ed25519Portable] }))
  }
  expect(verdicts.node).toBe(verdicts.openSsl)
  expect(verdicts.browser).not.toBe(verdicts.node)
  expect(verdicts.native).toBe(verdicts.portable)
})

test('js-libp2p stores all that one peer sends, and a node with records what its bounds allow', async () => {
  const signer = await newKeyPair()
  const note = signed('note', { authors: anyAuthor() })
  const now = BigInt(Date.now()) * 1_000_000n
  const store = new MemoryRecordStore({ maxRecordsPerGroup: 10 })
  const engine = new ValidationEngine([note])
  for (const [server, expected] of [
    [stockServer, 30],
    [serverWithRecords({ engine, store, inbound: false }), 10]
  ] as const) {
    await using nodes = await serverAndClients(server)
    let stored = 0
    for (let index = 0; index < 30; index++) {
      const key = joinRecordKey('note', `${index}`)
      const value = await note.seal({ key, content: utf8('note'), sequence: BigInt(Date.now()) }, { signer, now })
      if (await nodes.put(key, value)) stored++
    }
    expect(stored).toBe(expected)
  }
})

test('two devices choose one IPNS sequence with `ipns`, and different ones with RecordKit', async () => {
  // the caller passes the sequence: each device uses the one after the last that it knows
  const privateKey = await generateKeyPair('Ed25519')
  const [one, two] = await Promise.all(
    ['/ipfs/bafkqaaa', '/ipfs/bafkqaab'].map((value) => createIPNSRecord(privateKey, value, 1n, 3_600_000))
  )
  expect(one?.sequence).toBe(two?.sequence)
  expect(marshalIPNSRecord(one!)).not.toEqual(marshalIPNSRecord(two!))

  const signer = await newKeyPair()
  const now = 1_800_000_000_000n
  const clock = () => now * 1_000_000n
  await using first = await createRecordManager({ signer, clock })
  await using second = await createRecordManager({ signer, clock })
  const { record } = await publishIpns(first, '/ipfs/bafkqaaa')
  expect(record.sequence).toBe(now)
  await second.receive(record.key, record.value)
  expect((await publishIpns(second, '/ipfs/bafkqaab')).record.sequence).toBe(now + 1n)
  await expect(publishIpns(second, '/ipfs/bafkqaac', { ifSequence: now })).rejects.toMatchObject({
    code: 'SEQUENCE_CONFLICT'
  })
})
