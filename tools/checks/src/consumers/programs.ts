/** What someone installs together, and a small program that uses it: it prints `ok`. */
export interface Use {
  readonly title: string
  readonly packages: readonly string[]
  /** other people's packages beside ours */
  readonly others?: readonly string[]
  /** whose types ask for Node's */
  readonly nodeTypes?: true
  /** imports as `[names, module]`, so that the same program can be imported and required */
  readonly imports: readonly (readonly [names: string, module: string])[]
  /** the body; may await */
  readonly body: string
  /** runs in pages too */
  readonly page?: true
  /** what others ship for the same */
  readonly peers?: readonly string[]
}

const utf8 = `new TextEncoder().encode`
const at = (name: string): string => `@recordkit/${name}`

export const uses: readonly Use[] = [
  {
    title: 'record-types',
    packages: [at('record-types')],
    imports: [['RecordError, isRecordError', at('record-types')]],
    body: `if (!isRecordError(new RecordError('STALE', 'x'), 'STALE')) throw new Error('no')`,
    page: true
  },
  {
    title: 'record-codec',
    packages: [at('record-codec')],
    imports: [['decodeRecord, encodeRecord, toKey', at('record-codec')]],
    body: `const { key } = decodeRecord(encodeRecord({ key: toKey('/a/b'), value: ${utf8}('hello') }))
if (key.length !== 4) throw new Error('no')`,
    page: true,
    peers: ['@libp2p/record']
  },
  {
    title: 'record-crypto',
    packages: [at('record-crypto')],
    imports: [['generateKeyPair, openIpnsRecord, signIpnsRecord', at('record-crypto')]],
    body: `const signer = await generateKeyPair()
const bytes = await signIpnsRecord({ signer, value: '/ipfs/bafkqaaa', sequence: 1n, validity: 1n << 62n })
const { sequence } = await openIpnsRecord(bytes, { name: signer.peerId })
if (sequence !== 1n) throw new Error('no')`,
    page: true,
    peers: ['ipns', '@libp2p/crypto']
  },
  {
    title: 'record-validators',
    packages: [at('record-validators')],
    imports: [['ipns, ValidationEngine', at('record-validators')]],
    body: `const { status } = await new ValidationEngine([ipns()]).validate(${utf8}('/ipns/x'), ${utf8}('y'))
if (verdict !== 'reject') throw new Error('no')`,
    page: true,
    peers: ['ipns']
  },
  {
    title: 'store-memory',
    packages: [at('store-memory')],
    imports: [['MemoryRecordStore', at('store-memory')]],
    body: `const store = new MemoryRecordStore()
const { status } = await store.put({ key: ${utf8}('k'), value: ${utf8}('v'), rank: ${utf8}('r'), timeReceived: 1n })
if (outcome !== 'stored') throw new Error('no')`,
    page: true,
    peers: ['datastore-core']
  },
  {
    title: 'store-level, with memory-level',
    packages: [at('store-level')],
    // abstract-level asks for Node's `events`; in a page the package of that name stands in for it
    others: ['memory-level@3', 'abstract-level@3', 'events@3'],
    nodeTypes: true,
    imports: [
      ['LevelRecordStore', at('store-level')],
      ['MemoryLevel', 'memory-level']
    ],
    body: `const store = await LevelRecordStore.open(new MemoryLevel())
const { status } = await store.put({ key: ${utf8}('k'), value: ${utf8}('v'), rank: ${utf8}('r'), timeReceived: 1n })
if (outcome !== 'stored') throw new Error('no')`,
    page: true,
    peers: ['datastore-level']
  },
  {
    title: 'store-dht, without libp2p',
    packages: [at('store-dht')],
    imports: [['delegatedRouting', at('store-dht/delegated')]],
    body: `if (typeof delegatedRouting !== 'function') throw new Error('no')`,
    page: true,
    peers: ['@helia/delegated-routing-v1-http-api-client']
  },
  {
    title: 'record-conformance, with store-memory',
    packages: [at('record-conformance'), at('store-memory')],
    imports: [['storeCases', at('record-conformance')]],
    body: `if (!(storeCases.length > 50)) throw new Error('no')`
  },
  {
    title: 'record-manager, with store-level',
    packages: [at('record-manager'), at('store-level')],
    // abstract-level asks for Node's `events`; in a page the package of that name stands in for it
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
if (new TextDecoder().decode(value) !== 'hello') throw new Error('no')`,
    page: true
  },
  {
    title: 'record-libp2p, with libp2p and kad-dht',
    packages: [at('record-libp2p')],
    nodeTypes: true,
    others: ['libp2p@3', '@libp2p/kad-dht@16', '@libp2p/interface@3', 'interface-datastore@10'],
    imports: [
      ['records', at('record-libp2p')],
      ['createLibp2p', 'libp2p']
    ],
    body: `if (typeof records !== 'function' || typeof createLibp2p !== 'function') throw new Error('no')`,
    peers: ['libp2p', '@libp2p/kad-dht']
  }
]

export function imported({ imports, body }: Use): string {
  const head = imports.map(([names, module]) => `import { ${names} } from '${module}'`)
  return [...head, `${body}\nconsole.log('ok')`].join('\n')
}

export function required({ imports, body }: Use): string {
  const head = imports.map(([names, module]) => `const { ${names} } = require('${module}')`)
  return [...head, `;(async () => {\n${body}\nconsole.log('ok')\n})()`].join('\n')
}
