/** Packages that a user installs together, and a small program that uses them and prints `ok`. */
export interface Use {
  readonly title: string
  readonly packages: readonly string[]
  /** additional packages of others */
  readonly others?: readonly string[]
  /** their types need `@types/node` */
  readonly nodeTypes?: true
  /** the types of other packages need those of a page */
  readonly domTypes?: true
  /** imports as `[names, module]`, so that the same program can be imported and required */
  readonly imports: readonly (readonly [names: string, module: string])[]
  /** the body of an async function */
  readonly body: string
  /** the program also runs in a page */
  readonly page?: true
  /** it needs a package of others that only an `import` finds */
  readonly esmOnly?: true
  /** packages of others for the same purpose */
  readonly alternatives?: readonly string[]
}

const utf8 = `new TextEncoder().encode`
const at = (name: string): string => `@recordkit/${name}`

/** What a node of js-libp2p is composed of. */
export const libp2pPackages: readonly string[] = [
  'libp2p@3',
  '@libp2p/kad-dht@16',
  '@libp2p/interface@3',
  '@libp2p/identify@4',
  '@libp2p/ping@3',
  '@libp2p/memory@2',
  '@libp2p/tcp@11',
  '@chainsafe/libp2p-noise@17',
  '@chainsafe/libp2p-yamux@8'
]

/** Title of the program with the most modules. */
export const widest = 'record-manager, with store-level'

export const uses: readonly Use[] = [
  {
    title: 'record-types',
    packages: [at('record-types')],
    imports: [['RecordError, isRecordError', at('record-types')]],
    body: `if (!isRecordError(new RecordError('STALE', 'x'), 'STALE')) throw new Error('the error is not recognized')`,
    page: true
  },
  {
    title: 'record-codec',
    packages: [at('record-codec')],
    imports: [['decodeRecord, encodeRecord, parseRecordKey', at('record-codec')]],
    body: `const { key } = decodeRecord(encodeRecord({ key: parseRecordKey('/a/b'), value: ${utf8}('hello') }))
if (key.length !== 4) throw new Error('the key differs')`,
    page: true,
    alternatives: ['@libp2p/record']
  },
  {
    title: 'record-crypto',
    packages: [at('record-crypto')],
    imports: [['createIpnsRecord, generateKeyPair, openIpnsRecord', at('record-crypto')]],
    body: `const signer = await generateKeyPair()
const value = await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 1n, validity: 1n << 62n }, { signer })
const { content } = await openIpnsRecord(value, { name: signer.peerId })
if (content.sequence !== 1n) throw new Error('the sequence differs')`,
    page: true,
    alternatives: ['ipns', '@libp2p/crypto']
  },
  {
    title: 'record-validators',
    packages: [at('record-validators')],
    imports: [['ipns, ValidationEngine', at('record-validators')]],
    body: `const { status } = await new ValidationEngine([ipns()]).validate(${utf8}('/ipns/x'), ${utf8}('y'))
if (status === 'accept') throw new Error('the value is accepted')`,
    page: true,
    alternatives: ['ipns']
  },
  {
    title: 'record-store',
    packages: [at('record-store')],
    imports: [['createStore, prefixUpperBound', at('record-store')]],
    body: `if (typeof createStore !== 'function') throw new Error('createStore is missing')
if (prefixUpperBound(${utf8}('a'))?.[0] !== 98) throw new Error('the bound differs')`,
    page: true
  },
  {
    title: 'record-access',
    packages: [at('record-access')],
    imports: [['AccessLists, createAccessControl', at('record-access')]],
    body: `const access = createAccessControl({ lists: new AccessLists() })
if ((await access.checkSender?.(new Uint8Array(38), ${utf8}('k'))) !== undefined) throw new Error('the sender is refused')`,
    page: true
  },
  {
    title: 'store-memory',
    packages: [at('store-memory')],
    imports: [['MemoryRecordStore', at('store-memory')]],
    body: `const store = new MemoryRecordStore()
const { status } = await store.put({ key: ${utf8}('k'), value: ${utf8}('v'), rank: new Uint8Array(32), timeReceived: 1n })
if (status !== 'stored') throw new Error('the record is not stored')`,
    page: true,
    alternatives: ['datastore-core']
  },
  {
    title: 'store-level, with memory-level',
    packages: [at('store-level')],
    // abstract-level imports `events` of Node.js; in a page the npm package of that name replaces it
    others: ['memory-level@3', 'abstract-level@3', 'events@3'],
    nodeTypes: true,
    imports: [
      ['LevelRecordStore', at('store-level')],
      ['MemoryLevel', 'memory-level']
    ],
    body: `const store = await LevelRecordStore.open(new MemoryLevel())
const { status } = await store.put({ key: ${utf8}('k'), value: ${utf8}('v'), rank: new Uint8Array(32), timeReceived: 1n })
if (status !== 'stored') throw new Error('the record is not stored')`,
    page: true,
    alternatives: ['datastore-level']
  },
  {
    title: 'store-postgres, without a driver',
    packages: [at('store-postgres')],
    imports: [['PostgresRecordStore', at('store-postgres')]],
    body: `if (typeof PostgresRecordStore.open !== 'function') throw new Error('open is missing')`
  },
  {
    title: 'store-sqlite',
    packages: [at('store-sqlite')],
    imports: [['SqliteRecordStore', at('store-sqlite')]],
    body: `if (typeof SqliteRecordStore.open !== 'function') throw new Error('open is missing')`
  },
  {
    title: 'store-dht, without libp2p',
    packages: [at('store-dht')],
    imports: [['delegatedRouting', at('store-dht/delegated')]],
    body: `if (typeof delegatedRouting !== 'function') throw new Error('delegatedRouting is missing')`,
    page: true,
    alternatives: ['@helia/delegated-routing-v1-http-api-client']
  },
  {
    title: 'record-conformance, with store-memory',
    packages: [at('record-conformance'), at('store-memory')],
    imports: [['storeCases', at('record-conformance')]],
    body: `if (!(storeCases.length > 50)) throw new Error('cases are missing')`
  },
  {
    title: 'record-test-network',
    domTypes: true,
    packages: [at('record-test-network')],
    nodeTypes: true,
    others: libp2pPackages,
    imports: [['createTestNetwork', at('record-test-network')]],
    body: `if (typeof createTestNetwork !== 'function') throw new Error('createTestNetwork is missing')`
  },
  {
    title: widest,
    packages: [at('record-manager'), at('store-level')],
    // abstract-level imports `events` of Node.js; in a page the npm package of that name replaces it
    others: ['memory-level@3', 'abstract-level@3', 'events@3'],
    nodeTypes: true,
    imports: [
      ['createRecordManager', at('record-manager/quick')],
      ['LevelRecordStore', at('store-level')],
      ['MemoryLevel', 'memory-level']
    ],
    body: `const manager = await createRecordManager({ store: await LevelRecordStore.open(new MemoryLevel()) })
await manager.put('test-key', ${utf8}('hello'))
const value = await manager.get('test-key')
await manager.close()
if (new TextDecoder().decode(value) !== 'hello') throw new Error('the value differs')`,
    page: true
  },
  {
    title: 'bytes for Blob, fetch and WebCrypto',
    packages: [at('record-manager'), at('record-crypto'), at('record-codec')],
    imports: [
      ['createRecordManager', at('record-manager/quick')],
      ['createIpnsRecord, generateKeyPair', at('record-crypto')],
      ['encodeRecord, parseRecordKey', at('record-codec')]
    ],
    body: `const signer = await generateKeyPair()
const ipns = await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 1n, validity: 1n << 62n }, { signer })
const manager = await createRecordManager()
const { record } = await manager.put('test-key', ${utf8}('hello'))
const content = await manager.get('test-key')
await manager.close()
if (content === undefined) throw new Error('the content is missing')
const message = encodeRecord({ key: parseRecordKey('/a/b'), value: content })
for (const body of [ipns, record.value, record.content, content, message]) {
  const { size } = new Blob([body])
  const request = new Request('https://example.com/', { method: 'PUT', body })
  const digest = await crypto.subtle.digest('SHA-256', body)
  if (size !== body.length || request.method !== 'PUT' || digest.byteLength !== 32) throw new Error('a size differs')
}`,
    page: true
  },
  {
    title: 'record-manager, with a store in memory',
    packages: [at('record-manager')],
    imports: [['createRecordManager', at('record-manager/quick')]],
    body: `const manager = await createRecordManager()
await manager.put('test-key', ${utf8}('hello'))
const value = await manager.get('test-key')
await manager.close()
if (new TextDecoder().decode(value) !== 'hello') throw new Error('the value differs')`,
    page: true
  },
  {
    title: 'store-indexeddb',
    packages: [at('store-indexeddb')],
    imports: [['IndexedDbRecordStore', at('store-indexeddb')]],
    body: `if (globalThis.indexedDB !== undefined) {
const store = await IndexedDbRecordStore.open('consumer')
const { status } = await store.put({ key: ${utf8}('k'), value: ${utf8}('v'), rank: new Uint8Array(32), timeReceived: 1n })
if (status !== 'stored' && status !== 'refreshed') throw new Error('the record is not stored')
await store.close()
}`,
    page: true
  },
  {
    title: 'record-http',
    domTypes: true,
    packages: [at('record-http'), at('record-manager')],
    imports: [
      ['createRecordHandler', at('record-http')],
      ['createRecordManager', at('record-manager/quick')]
    ],
    body: `const manager = await createRecordManager()
const handler = createRecordHandler({ manager })
const { status } = await handler(new Request('http://localhost/routing/v1/ipns/no-name'))
await manager.close()
if (status !== 400) throw new Error(\`the status is \${status}\`)`,
    esmOnly: true,
    page: true
  },
  {
    title: 'record-inspect',
    packages: [at('record-inspect')],
    imports: [['createEngine, explainText', at('record-inspect')]],
    body: `const text = '080112209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
const { inspection } = await explainText(text, { engine: createEngine(), now: BigInt(Date.now()) * 1_000_000n })
if (inspection.kind !== 'public-key') throw new Error('the public key is not recognized')`,
    esmOnly: true,
    page: true
  },
  {
    title: 'record-helia',
    packages: [at('record-helia'), at('record-manager')],
    imports: [
      ['recordRouter', at('record-helia')],
      ['createRecordManager', at('record-manager/quick')]
    ],
    body: `const manager = await createRecordManager()
if (typeof recordRouter(manager).get !== 'function') throw new Error('get is missing')
await manager.close()`,
    page: true
  },
  {
    title: 'record-libp2p, with libp2p and kad-dht',
    domTypes: true,
    packages: [at('record-libp2p')],
    nodeTypes: true,
    others: ['libp2p@3', '@libp2p/kad-dht@16', '@libp2p/interface@3', 'interface-datastore@10'],
    imports: [
      ['records', at('record-libp2p')],
      ['createLibp2p', 'libp2p']
    ],
    body: `if (typeof records !== 'function' || typeof createLibp2p !== 'function') throw new Error('an export is missing')`,
    alternatives: ['libp2p', '@libp2p/kad-dht']
  }
]

export function imported({ imports, body }: Use): string {
  const head = imports.map(([names, module]) => `import { ${names} } from '${module}'`)
  return [...head, `${body}\nconsole.log('ok')`].join('\n')
}

/** As {@link imported}, for bundlers without top-level await. */
export function wrapped({ imports, body }: Use): string {
  const head = imports.map(([names, module]) => `import { ${names} } from '${module}'`)
  return [...head, `void (async () => {\n${body}\nconsole.log('ok')\n})()`].join('\n')
}

/** A module that exports the program as a function. */
export function exported({ imports, body }: Use): string {
  const head = imports.map(([names, module]) => `import { ${names} } from '${module}'`)
  return [...head, `export async function program() {\n${body}\n}`].join('\n')
}

/** A module that needs the types of the packages, and no types of a platform. */
export function typed({ imports }: Use): string {
  return imports.map(([, module], index) => `export * as module${index} from '${module}'`).join('\n')
}

/** The program as CommonJS: a script that prints `ok`, or the body of a function. */
export function required({ imports, body }: Use, { print = true } = {}): string {
  const head = imports.map(([names, module]) => `const { ${names} } = require('${module}')`)
  return [...head, print ? `;(async () => {\n${body}\nconsole.log('ok')\n})()` : body].join('\n')
}
