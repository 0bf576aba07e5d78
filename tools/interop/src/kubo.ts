import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ipnsNameOfKey, ipnsNameToString, peerIdToString, splitKey } from '@recordkit/record-codec'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { hex, utf8 } from './bytes.ts'
import { type Answer, type Call, type Peer, PeerFailed, PeerRefused, PeerUnsupported, textOf } from './peer.ts'

const rawCodec = 0x55
const lanProtocol = '/ipfs/lan/kad/1.0.0'
/** Set on whatever runs Kubo: it reports to nobody. */
const quiet = { IPFS_TELEMETRY: 'off', DO_NOT_TRACK: '1', GOLOG_LOG_LEVEL: 'error' }

/** On loopback only: no bootstrap, no discovery, no relays, no configuration from the network, no telemetry. */
function loopbackOnly(config: Record<string, unknown>): Record<string, unknown> {
  return {
    ...config,
    Addresses: {
      API: '/ip4/127.0.0.1/tcp/0',
      Gateway: [],
      Swarm: ['/ip4/127.0.0.1/tcp/0'],
      Announce: [],
      AppendAnnounce: [],
      NoAnnounce: []
    },
    AutoConf: { Enabled: false },
    AutoNAT: { ServiceMode: 'disabled' },
    AutoTLS: { Enabled: false },
    Bootstrap: [],
    DNS: { Resolvers: {} },
    Discovery: { MDNS: { Enabled: false } },
    Ipns: { DelegatedPublishers: [], ResolveCacheSize: 0, RecordLifetime: '', RepublishPeriod: '' },
    Plugins: { Plugins: { telemetry: { Disabled: true } } },
    Provide: { Enabled: true, DHT: { SweepEnabled: false } },
    Routing: { Type: 'dhtserver', DelegatedRouters: [], LoopbackAddressesOnLanDHT: true },
    Swarm: {
      AddrFilters: null,
      ConnMgr: {},
      DisableBandwidthMetrics: true,
      DisableNatPortMap: true,
      EnableHolePunching: false,
      RelayClient: { Enabled: false },
      RelayService: { Enabled: false },
      ResourceMgr: { Enabled: false },
      Transports: {
        Network: { QUIC: false, Relay: false, TCP: true, WebRTCDirect: false, WebTransport: false, Websocket: false },
        Multiplexers: {},
        Security: {}
      }
    },
    Version: { SwarmCheckEnabled: false }
  }
}

/** What an operation is about, for the reason why there is none. */
function shown(operation: string): string {
  if (operation.startsWith('envelope.')) return 'envelopes'
  if (operation.startsWith('peerRecord.')) return 'peer records'
  if (operation.startsWith('record.')) return "the DHT's Record"
  if (operation === 'pk.judge') return 'its validator of /pk'
  if (operation === 'peer.parse') return 'how it reads a peer ID'
  if (operation === 'ipns.select') return 'how it selects'
  return operation
}

type Operation = (call: Required<Call>) => Promise<Answer>

/** A Kubo daemon behind the operations that the JSON-lines programs have, by its RPC. */
export class Kubo implements Peer {
  readonly name = 'kubo'
  readonly #command: string
  readonly #repository: string
  #daemon: ChildProcess | undefined
  #api = ''
  #errors = ''
  #keys = 0

  constructor(command: string) {
    this.#command = command
    this.#repository = mkdtempSync(join(tmpdir(), 'recordkit-kubo-'))
  }

  readonly #operations = new Map<string, Operation>([
    ['about', async () => ({ implementation: 'kubo', versions: { kubo: (await this.#json('version'))['Version'] } })],
    ['key.generate', (call) => this.#generateKey(call)],
    ['key.fromPrivate', (call) => this.#fromPrivate(call)],
    ['key.sign', (call) => this.#sign(call)],
    ['key.verify', (call) => this.#verify(call)],
    ['ipns.make', (call) => this.#makeIpns(call)],
    ['ipns.judge', (call) => this.#judgeIpns(call)],
    ['ipns.resolve', (call) => this.#resolve(call)],
    ['dht.start', (call) => this.#start(call)],
    ['dht.stop', async () => ({})],
    ['dht.connect', (call) => this.#connect(call)],
    ['dht.put', (call) => this.#put(call)],
    ['dht.get', (call) => this.#get(call)],
    ['dht.provide', (call) => this.#provide(call)],
    ['dht.findProviders', (call) => this.#findProviders(call)]
  ])

  async call(operation: string, call: Call = {}): Promise<Answer> {
    const run = this.#operations.get(operation)
    if (run === undefined) throw new PeerUnsupported(`Kubo's RPC does not show ${shown(operation)}`)
    return run({ bytes: {}, numbers: {}, texts: {}, flags: {}, lists: {}, ...call })
  }

  /** Makes the repository and runs the daemon until `stop`. */
  async launch(): Promise<void> {
    this.#cli(['init', '--empty-repo'])
    const path = join(this.#repository, 'config')
    const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    writeFileSync(path, JSON.stringify(loopbackOnly(config), null, 2))
    const daemon = spawn(this.#command, ['daemon', '--migrate=false', '--enable-gc=false'], {
      env: { ...process.env, ...quiet, IPFS_PATH: this.#repository },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    this.#daemon = daemon
    // whatever ends us, no daemon is left behind
    process.once('exit', () => daemon.kill('SIGKILL'))
    daemon.stderr.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-2000)
    })
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new PeerFailed(`the Kubo daemon ${why}: ${this.#errors.trim()}`))
      const timer = setTimeout(() => fail('is not ready after 30 s'), 30_000)
      let text = ''
      daemon.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (!text.includes('Daemon is ready')) return
        clearTimeout(timer)
        resolve()
      })
      daemon.once('error', (error) => fail(error.message))
      daemon.once('exit', (code) => fail(`ended with ${code}`))
    })
    const [, , host, , port] = readFileSync(join(this.#repository, 'api'), 'utf8').trim().split('/')
    this.#api = `http://${host}:${port}/api/v0`
  }

  async stop(): Promise<void> {
    const daemon = this.#daemon
    if (daemon !== undefined && daemon.exitCode === null) {
      const gone = new Promise((resolve) => daemon.once('exit', resolve))
      daemon.kill('SIGTERM')
      const timer = setTimeout(() => daemon.kill('SIGKILL'), 10_000)
      await gone
      clearTimeout(timer)
    }
    rmSync(this.#repository, { recursive: true, force: true })
  }

  #cli(args: readonly string[]): void {
    const result = spawnSync(this.#command, args, {
      env: { ...process.env, ...quiet, IPFS_PATH: this.#repository },
      encoding: 'utf8',
      timeout: 30_000
    })
    if (result.status !== 0) throw new PeerFailed(`ipfs ${args.join(' ')}: ${result.stderr}`)
  }

  /** The text that a command answers; a refusal when it says no. */
  async #rpc(command: string, query: Record<string, string> = {}, file?: Uint8Array): Promise<string> {
    const body = new FormData()
    if (file !== undefined) body.append('file', new Blob([new Uint8Array(file)]))
    const response = await fetch(`${this.#api}/${command}?${new URLSearchParams(query)}`, {
      method: 'POST',
      signal: AbortSignal.timeout(30_000),
      ...(file === undefined ? {} : { body })
    })
    const text = await response.text()
    if (response.ok) return text
    let why = text
    try {
      why = String((JSON.parse(text) as Answer)['Message'])
    } catch {
      // not JSON: the text is the reason
    }
    throw new PeerRefused(why)
  }

  async #json(command: string, query: Record<string, string> = {}, file?: Uint8Array): Promise<Answer> {
    return readExactly(await this.#rpc(command, query, file))
  }

  async #import(privateKey: Uint8Array | undefined): Promise<{ name: string; id: string }> {
    if (privateKey === undefined) throw new PeerFailed('argument private is missing')
    const name = `key-${++this.#keys}`
    const query = { arg: name, 'ipns-base': 'b58mh', 'allow-any-key-type': 'true' }
    const { Id } = await this.#json('key/import', query, privateKey)
    return { name, id: String(Id) }
  }

  async #generateKey({ texts }: Required<Call>): Promise<Answer> {
    const kind = texts['type'] ?? ''
    const types: Record<string, string> = { Ed25519: 'ed25519', RSA: 'rsa' }
    const type = types[kind]
    if (type === undefined) throw new PeerUnsupported(`ipfs key gen makes no ${kind} keys`)
    const name = `key-${++this.#keys}`
    const { Id } = await this.#json('key/gen', {
      arg: name,
      type,
      'ipns-base': 'b58mh',
      ...(type === 'rsa' ? { size: '2048' } : {})
    })
    const file = join(this.#repository, `${name}.key`)
    this.#cli(['key', 'export', '--format=libp2p-protobuf-cleartext', '-o', file, name])
    return { private: hex(new Uint8Array(readFileSync(file))), text: Id }
  }

  async #fromPrivate({ bytes }: Required<Call>): Promise<Answer> {
    const { id } = await this.#import(bytes['private'])
    return { text: id }
  }

  async #sign({ bytes }: Required<Call>): Promise<Answer> {
    const { name } = await this.#import(bytes['private'])
    const message = bytes['message'] ?? new Uint8Array()
    const { Signature } = await this.#json('key/sign', { key: name }, message)
    const signature = Buffer.from(String(Signature).slice(1), 'base64url')
    return { signature: hex(signature), prefix: hex(utf8('libp2p-key signed message:')) }
  }

  /** `ipfs key verify` puts the same prefix before the message, so what was signed holds it already. */
  async #verify({ bytes }: Required<Call>): Promise<Answer> {
    const prefix = 'libp2p-key signed message:'
    const message = bytes['message'] ?? new Uint8Array()
    if (!Buffer.from(message).toString('latin1').startsWith(prefix)) {
      throw new PeerUnsupported('ipfs key verify takes only messages under its own prefix')
    }
    // it finds a key that is not in its name only among its own
    const { name } = await this.#import(bytes['private'])
    const signature = `u${Buffer.from(bytes['signature'] ?? []).toString('base64url')}`
    const query = { key: name, signature }
    const { SignatureValid } = await this.#json('key/verify', query, message.subarray(prefix.length))
    return { valid: SignatureValid === true }
  }

  /** Publishes with the key, on the DHT when there are peers, and reads the record back. */
  async #makeIpns({ bytes, texts, numbers, flags }: Required<Call>): Promise<Answer> {
    if (texts['extra'] !== undefined && texts['extra'] !== '') {
      throw new PeerUnsupported('ipfs name publish writes no extra data')
    }
    const { name } = await this.#import(bytes['private'])
    const published = await this.#json('name/publish', {
      arg: texts['value'] ?? '',
      key: name,
      resolve: 'false',
      lifetime: '48h',
      ttl: `${numbers['ttl'] ?? 300_000_000_000n}ns`,
      sequence: String(numbers['sequence'] ?? 1n),
      v1compat: String(flags['v2Only'] !== true),
      'allow-offline': 'true',
      'ipns-base': 'base36'
    })
    const text = textOf(published, 'Name')
    const record = await this.#getRecord(`/ipns/${text}`)
    return { record: hex(record), name: text, validityChosen: true }
  }

  async #judgeIpns({ bytes, lists }: Required<Call>): Promise<Answer> {
    if ((lists['keyBook'] ?? []).length > 0) throw new PeerUnsupported('ipfs name inspect has no key book')
    const name = nameOf(bytes['key'] ?? new Uint8Array())
    const query = { verify: name, dump: 'false' }
    const inspected = await this.#json('name/inspect', query, bytes['record'] ?? new Uint8Array())
    const validation = inspected['Validation'] as Answer
    if (validation['Valid'] !== true) throw new PeerRefused(textOf(validation, 'Reason'))
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
    return { value: (await this.#json('name/resolve', query))['Path'] }
  }

  /** It runs already: this tells where. */
  async #start({ texts }: Required<Call>): Promise<Answer> {
    if (texts['protocol'] !== lanProtocol) throw new PeerUnsupported(`Kubo on loopback speaks ${lanProtocol} only`)
    const { ID, Addresses } = await this.#json('id')
    return { peer: ID, addresses: Addresses }
  }

  async #connect({ texts }: Required<Call>): Promise<Answer> {
    const address = texts['address'] ?? ''
    await this.#rpc('swarm/connect', { arg: address })
    const peer = address.split('/p2p/')[1] ?? ''
    for (const until = Date.now() + 20_000; Date.now() < until;) {
      if ((await this.#rpc('stats/dht', { arg: 'lan' })).includes(peer)) return {}
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new PeerFailed('the peer did not enter the LAN routing table')
  }

  #textKey(key: Uint8Array | undefined): string {
    const { namespace, path } = splitKey(key ?? new Uint8Array())
    const name = Buffer.from(namespace).toString()
    if (name !== 'ipns' && name !== 'pk') throw new PeerUnsupported('Kubo takes keys under /ipns/ and /pk/ only')
    return `/${name}/${peerIdToString(path)}`
  }

  async #put({ bytes }: Required<Call>): Promise<Answer> {
    const key = this.#textKey(bytes['key'])
    if (key.startsWith('/pk/')) throw new PeerUnsupported('ipfs routing put takes keys under /ipns/ only')
    await this.#rpc('routing/put', { arg: key }, bytes['value'] ?? new Uint8Array())
    return {}
  }

  async #getRecord(key: string): Promise<Uint8Array> {
    for (const line of (await this.#rpc('routing/get', { arg: key })).trim().split('\n')) {
      const { Extra } = JSON.parse(line) as Answer
      if (typeof Extra === 'string' && Extra !== '') return new Uint8Array(Buffer.from(Extra, 'base64'))
    }
    throw new PeerRefused(`nothing under ${key}`)
  }

  async #get({ bytes }: Required<Call>): Promise<Answer> {
    try {
      return { value: hex(await this.#getRecord(this.#textKey(bytes['key']))) }
    } catch (error) {
      if (error instanceof PeerRefused && /not found/u.test(error.message)) return {}
      throw error
    }
  }

  /** Kubo provides what it has, so it is given the content first. */
  async #provide({ bytes }: Required<Call>): Promise<Answer> {
    await this.#rpc('block/put', { 'cid-codec': 'raw', mhtype: 'sha2-256' }, bytes['content'] ?? new Uint8Array())
    await this.#rpc('routing/provide', { arg: contentId(bytes['multihash']) })
    return {}
  }

  async #findProviders({ bytes }: Required<Call>): Promise<Answer> {
    const found = new Set<string>()
    const text = await this.#rpc('routing/findprovs', { arg: contentId(bytes['multihash']) })
    for (const line of text.trim().split('\n')) {
      const { Type, Responses } = JSON.parse(line) as Answer
      // 4: a provider
      if (Type === 4) for (const one of Responses as Answer[]) found.add(textOf(one, 'ID'))
    }
    return { providers: [...found] }
  }
}

/** Kubo is asked by name: a routing key that is none cannot be put to it. */
function nameOf(key: Uint8Array): string {
  try {
    return ipnsNameToString(ipnsNameOfKey(key))
  } catch (error) {
    throw new PeerUnsupported(`ipfs name inspect takes names, not routing keys: ${(error as Error).message}`)
  }
}

function contentId(multihash: Uint8Array | undefined): string {
  return CID.createV1(rawCodec, Digest.decode(multihash ?? new Uint8Array())).toString()
}

/** JSON whose numbers keep every digit, as text. */
function readExactly(text: string): Answer {
  const keep = (_: string, value: unknown, context: { source?: string }): unknown =>
    typeof value === 'number' ? context.source : value
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown) as Answer
}
