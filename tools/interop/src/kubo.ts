import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ipnsNameFromKey, ipnsNameToString, peerIdToString, splitRecordKey } from '@recordkit/record-codec'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { hex, utf8 } from './bytes.ts'
import { KuboDaemon } from './kubo-daemon.ts'
import { KuboPubsub } from './kubo-pubsub.ts'
import {
  type Answer,
  type Call,
  type Implementation,
  OperationFailed,
  OperationRefused,
  OperationUnsupported,
  textOf
} from './implementation.ts'

const rawCodec = 0x55
const lanProtocol = '/ipfs/lan/kad/1.0.0'
/** Describes an operation that Kubo does not have. */
function describeOperation(operation: string): string {
  if (operation.startsWith('envelope.')) return 'envelopes'
  if (operation.startsWith('peerRecord.')) return 'peer records'
  if (operation.startsWith('record.')) return 'the Record of the DHT'
  if (operation === 'pk.judge') return 'its /pk validator'
  if (operation === 'peer.parse') return 'its parser of peer IDs'
  if (operation === 'ipns.select') return 'its IPNS selector'
  return operation
}

type Operation = (call: Required<Call>) => Promise<Answer>

/** A Kubo daemon with the operations of the JSON-lines programs, by its RPC. */
export class Kubo implements Implementation {
  readonly name = 'kubo'
  readonly #daemon: KuboDaemon
  readonly #command: string
  readonly #pubsub: KuboPubsub
  /** a second daemon, which asks an HTTP server instead of the DHT */
  #client: KuboDaemon | undefined
  #keys = 0

  private constructor(daemon: KuboDaemon, command: string) {
    this.#daemon = daemon
    this.#command = command
    this.#pubsub = new KuboPubsub(command)
  }

  static async launch(command: string): Promise<Kubo> {
    return new Kubo(await KuboDaemon.launch(command), command)
  }

  async stop(): Promise<void> {
    await this.#client?.stop()
    await this.#pubsub.stop()
    await this.#daemon.stop()
  }

  readonly #operations = new Map<string, Operation>([
    [
      'about',
      async () => ({ implementation: 'kubo', versions: { kubo: (await this.#daemon.json('version'))['Version'] } })
    ],
    ['key.generate', (call) => this.#generateKey(call)],
    ['key.fromPrivate', (call) => this.#fromPrivate(call)],
    ['key.sign', (call) => this.#sign(call)],
    ['key.verify', (call) => this.#verify(call)],
    ['ipns.make', (call) => this.#makeIpns(call)],
    ['ipns.judge', (call) => this.#judgeIpns(call)],
    ['ipns.resolve', (call) => this.#resolve(call)],
    ['dht.start', (call) => this.#start(call)],
    ['dht.stop', async () => ({})],
    ['routing.start', async () => ({ endpoint: this.#daemon.gateway })],
    ['routing.ask', (call) => this.#ask(call)],
    ['routing.publish', (call) => this.#publishOverHttp(call)],
    ['routing.resolve', (call) => this.#resolveOverHttp(call)],
    ['dht.connect', (call) => this.#connect(call)],
    ['dht.put', (call) => this.#put(call)],
    ['dht.get', (call) => this.#get(call)],
    ['dht.provide', (call) => this.#provide(call)],
    ['dht.findProviders', (call) => this.#findProviders(call)]
  ])

  async call(operation: string, call: Call = {}): Promise<Answer> {
    if (operation.startsWith('pubsub.')) return this.#pubsub.call(operation, call)
    const run = this.#operations.get(operation)
    if (run === undefined)
      throw new OperationUnsupported(`the RPC of Kubo does not offer ${describeOperation(operation)}`)
    return run({ bytes: {}, numbers: {}, texts: {}, flags: {}, lists: {}, ...call })
  }

  /** Starts the daemon that asks the server at `endpoint`. */
  async #ask({ texts }: Required<Call>): Promise<Answer> {
    await this.#client?.stop()
    this.#client = await KuboDaemon.launch(this.#command, { server: texts['endpoint'] ?? '' })
    return {}
  }

  get #asking(): KuboDaemon {
    if (this.#client === undefined) throw new OperationFailed('routing.ask was not called')
    return this.#client
  }

  async #publishOverHttp({ texts }: Required<Call>): Promise<Answer> {
    const { Name } = await this.#asking.json('name/publish', { arg: texts['value'] ?? '', 'ipns-base': 'base36' })
    return { name: Name }
  }

  async #resolveOverHttp({ texts }: Required<Call>): Promise<Answer> {
    const { Path } = await this.#asking.json('name/resolve', { arg: texts['name'] ?? '', nocache: 'true' })
    return { value: Path }
  }

  async #import(privateKey: Uint8Array | undefined): Promise<{ name: string; id: string }> {
    if (privateKey === undefined) throw new OperationFailed('argument private is missing')
    const name = `key-${++this.#keys}`
    const query = { arg: name, 'ipns-base': 'b58mh', 'allow-any-key-type': 'true' }
    const { Id } = await this.#daemon.json('key/import', query, privateKey)
    return { name, id: String(Id) }
  }

  async #generateKey({ texts }: Required<Call>): Promise<Answer> {
    const kind = texts['type'] ?? ''
    const types: Record<string, string> = { Ed25519: 'ed25519', RSA: 'rsa' }
    const type = types[kind]
    if (type === undefined) throw new OperationUnsupported(`ipfs key gen does not support ${kind} keys`)
    const name = `key-${++this.#keys}`
    const { Id } = await this.#daemon.json('key/gen', {
      arg: name,
      type,
      'ipns-base': 'b58mh',
      ...(type === 'rsa' ? { size: '2048' } : {})
    })
    const file = join(this.#daemon.repository, `${name}.key`)
    this.#daemon.run(['key', 'export', '--format=libp2p-protobuf-cleartext', '-o', file, name])
    return { private: hex(new Uint8Array(readFileSync(file))), text: Id }
  }

  async #fromPrivate({ bytes }: Required<Call>): Promise<Answer> {
    const { id } = await this.#import(bytes['private'])
    return { text: id }
  }

  async #sign({ bytes }: Required<Call>): Promise<Answer> {
    const { name } = await this.#import(bytes['private'])
    const message = bytes['message'] ?? new Uint8Array()
    const { Signature } = await this.#daemon.json('key/sign', { key: name }, message)
    const signature = Buffer.from(String(Signature).slice(1), 'base64url')
    return { signature: hex(signature), prefix: hex(utf8('libp2p-key signed message:')) }
  }

  /** `ipfs key verify` adds the prefix to the message, so it is removed here. */
  async #verify({ bytes }: Required<Call>): Promise<Answer> {
    const prefix = 'libp2p-key signed message:'
    const message = bytes['message'] ?? new Uint8Array()
    if (!Buffer.from(message).toString('latin1').startsWith(prefix)) {
      throw new OperationUnsupported('ipfs key verify supports only messages with its own prefix')
    }
    // it finds a key that is not part of its name only among the imported ones
    const { name } = await this.#import(bytes['private'])
    const signature = `u${Buffer.from(bytes['signature'] ?? []).toString('base64url')}`
    const query = { key: name, signature }
    const { SignatureValid } = await this.#daemon.json('key/verify', query, message.subarray(prefix.length))
    return { valid: SignatureValid === true }
  }

  /** Publishes with the key, to the DHT when there are peers, and reads the record back. */
  async #makeIpns({ bytes, texts, numbers, flags }: Required<Call>): Promise<Answer> {
    if (texts['extra'] !== undefined && texts['extra'] !== '') {
      throw new OperationUnsupported('ipfs name publish does not write extra data')
    }
    const { name } = await this.#import(bytes['private'])
    const published = await this.#daemon.json('name/publish', {
      arg: texts['value'] ?? '',
      key: name,
      resolve: 'false',
      lifetime: '48h',
      ttl: `${numbers['ttl'] ?? 300_000_000_000n}ns`,
      // without a sequence it continues the record that it finds in its own store or in the DHT
      ...(flags['continue'] === true ? {} : { sequence: String(numbers['sequence'] ?? 1n) }),
      v1compat: String(flags['v2Only'] !== true),
      'allow-offline': 'true',
      'ipns-base': 'base36'
    })
    const text = textOf(published, 'Name')
    const record = await this.#getRecord(`/ipns/${text}`)
    return { record: hex(record), name: text, validityChosen: true }
  }

  async #judgeIpns({ bytes, lists }: Required<Call>): Promise<Answer> {
    if ((lists['keyBook'] ?? []).length > 0) throw new OperationUnsupported('ipfs name inspect has no key book')
    const name = nameOf(bytes['key'] ?? new Uint8Array())
    const query = { verify: name, dump: 'false' }
    const inspected = await this.#daemon.json('name/inspect', query, bytes['record'] ?? new Uint8Array())
    const validation = inspected['Validation'] as Answer
    if (validation['Valid'] !== true) throw new OperationRefused(textOf(validation, 'Reason'))
    const entry = inspected['Entry'] as Answer
    return {
      value: entry['Value'],
      sequence: textOf(entry, 'Sequence'),
      ttl: textOf(entry, 'TTL'),
      validity: entry['Validity']
    }
  }

  async #resolve({ texts }: Required<Call>): Promise<Answer> {
    const query = { arg: texts['name'] ?? '', nocache: 'true', recursive: 'false', 'dht-timeout': '20s' }
    return { value: (await this.#daemon.json('name/resolve', query))['Path'] }
  }

  /** The daemon runs already: returns its addresses. */
  async #start({ texts }: Required<Call>): Promise<Answer> {
    if (texts['protocol'] !== lanProtocol)
      throw new OperationUnsupported(`Kubo on loopback supports only ${lanProtocol}`)
    const { ID, Addresses } = await this.#daemon.json('id')
    return { peer: ID, addresses: Addresses }
  }

  async #connect({ texts }: Required<Call>): Promise<Answer> {
    const address = texts['address'] ?? ''
    await this.#daemon.rpc('swarm/connect', { arg: address })
    const peer = address.split('/p2p/')[1] ?? ''
    for (const until = Date.now() + 20_000; Date.now() < until;) {
      if ((await this.#daemon.rpc('stats/dht', { arg: 'lan' })).includes(peer)) return {}
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new OperationFailed('the peer did not enter the LAN routing table')
  }

  #textKey(key: Uint8Array | undefined): string {
    const { namespace, path } = splitRecordKey(key ?? new Uint8Array())
    const name = Buffer.from(namespace).toString()
    if (name !== 'ipns' && name !== 'pk')
      throw new OperationUnsupported('Kubo supports only keys under /ipns/ and /pk/')
    return `/${name}/${peerIdToString(path)}`
  }

  async #put({ bytes }: Required<Call>): Promise<Answer> {
    const key = this.#textKey(bytes['key'])
    if (key.startsWith('/pk/')) throw new OperationUnsupported('ipfs routing put supports only keys under /ipns/')
    await this.#daemon.rpc('routing/put', { arg: key }, bytes['value'] ?? new Uint8Array())
    return {}
  }

  async #getRecord(key: string): Promise<Uint8Array> {
    for (const line of (await this.#daemon.rpc('routing/get', { arg: key })).trim().split('\n')) {
      const { Extra } = JSON.parse(line) as Answer
      if (typeof Extra === 'string' && Extra !== '') return new Uint8Array(Buffer.from(Extra, 'base64'))
    }
    throw new OperationRefused(`there is no record under ${key}`)
  }

  async #get({ bytes }: Required<Call>): Promise<Answer> {
    try {
      return { value: hex(await this.#getRecord(this.#textKey(bytes['key']))) }
    } catch (error) {
      if (error instanceof OperationRefused && /not found/u.test(error.message)) return {}
      throw error
    }
  }

  /** Kubo provides only content that it has, so the content is added first. */
  async #provide({ bytes }: Required<Call>): Promise<Answer> {
    await this.#daemon.rpc(
      'block/put',
      { 'cid-codec': 'raw', mhtype: 'sha2-256' },
      bytes['content'] ?? new Uint8Array()
    )
    await this.#daemon.rpc('routing/provide', { arg: contentId(bytes['multihash']) })
    return {}
  }

  async #findProviders({ bytes }: Required<Call>): Promise<Answer> {
    const found = new Set<string>()
    const text = await this.#daemon.rpc('routing/findprovs', { arg: contentId(bytes['multihash']) })
    for (const line of text.trim().split('\n')) {
      const { Type, Responses } = JSON.parse(line) as Answer
      // 4: a provider
      if (Type === 4) for (const one of Responses as Answer[]) found.add(textOf(one, 'ID'))
    }
    return { providers: [...found] }
  }
}

/** Kubo takes IPNS names: a routing key without a name is not supported. */
function nameOf(key: Uint8Array): string {
  try {
    return ipnsNameToString(ipnsNameFromKey(key))
  } catch (error) {
    throw new OperationUnsupported(`ipfs name inspect supports names, not routing keys: ${(error as Error).message}`)
  }
}

function contentId(multihash: Uint8Array | undefined): string {
  return CID.createV1(rawCodec, Digest.decode(multihash ?? new Uint8Array())).toString()
}
