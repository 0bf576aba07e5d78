import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Answer, OperationFailed, OperationRefused } from './implementation.ts'

/** The environment of every Kubo process: disables telemetry. */
const quiet = { IPFS_TELEMETRY: 'off', DO_NOT_TRACK: '1', GOLOG_LOG_LEVEL: 'error' }

/** Restricts Kubo to loopback: no bootstrap, discovery, relays, remote configuration or telemetry. */
function loopbackOnly(config: Record<string, unknown>): Record<string, unknown> {
  return {
    ...config,
    Addresses: {
      API: '/ip4/127.0.0.1/tcp/0',
      Gateway: ['/ip4/127.0.0.1/tcp/0'],
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
    Gateway: { ExposeRoutingAPI: true, NoFetch: true, NoDNSLink: true },
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

/** Restricts Kubo to one Delegated Routing server, by which it finds and publishes everything. */
function onlyServer(config: Record<string, unknown>, server: string): Record<string, unknown> {
  const names = config['Ipns'] as Record<string, unknown>
  return {
    ...config,
    Ipns: { ...names, DelegatedPublishers: [server] },
    Provide: { Enabled: false },
    Routing: { Type: 'delegated', DelegatedRouters: [server] }
  }
}

/** Changes the configuration to one in which records are exchanged over PubSub only. */
function pubsubOnly(config: Record<string, unknown>): Record<string, unknown> {
  return {
    ...config,
    Ipns: { ...(config['Ipns'] as object), UsePubsub: true },
    Pubsub: { Enabled: true },
    Provide: { Enabled: false },
    Routing: { Type: 'none' }
  }
}

/** Options of {@link KuboDaemon.launch}. */
interface KuboOptions {
  /** whether records are exchanged over PubSub, without a DHT. @default false: over a DHT */
  readonly pubsub?: boolean
  /** URL of a Delegated Routing server that the daemon asks instead of a DHT */
  readonly server?: string
}

/** A Kubo daemon on loopback with a temporary repository, and its RPC. */
export class KuboDaemon {
  readonly repository: string
  readonly #command: string
  #daemon: ChildProcess | undefined
  #api = ''
  #gateway = ''
  #errors = ''

  private constructor(command: string) {
    this.#command = command
    this.repository = mkdtempSync(join(tmpdir(), 'recordkit-kubo-'))
  }

  /** Creates the repository and runs the daemon until `stop`. */
  static async launch(command: string, { pubsub = false, server }: KuboOptions = {}): Promise<KuboDaemon> {
    const daemon = new KuboDaemon(command)
    try {
      await daemon.#launch((config) => {
        const restricted = loopbackOnly(config)
        if (server !== undefined) return onlyServer(restricted, server)
        return pubsub ? pubsubOnly(restricted) : restricted
      })
    } catch (error) {
      await daemon.stop()
      throw error
    }
    return daemon
  }

  async #launch(configure: (config: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
    this.run(['init', '--empty-repo'])
    const path = join(this.repository, 'config')
    const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    writeFileSync(path, JSON.stringify(configure(config), null, 2))
    const daemon = spawn(this.#command, ['daemon', '--migrate=false', '--enable-gc=false'], {
      env: { ...process.env, ...quiet, IPFS_PATH: this.repository },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    this.#daemon = daemon
    // however this process ends, the daemon and its repository are removed
    process.once('exit', () => {
      daemon.kill('SIGKILL')
      rmSync(this.repository, { recursive: true, force: true })
    })
    daemon.stderr.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-2000)
    })
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string): void =>
        reject(new OperationFailed(`the Kubo daemon ${reason}: ${this.#errors.trim()}`))
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
    const [, , host, , port] = readFileSync(join(this.repository, 'api'), 'utf8').trim().split('/')
    this.#api = `http://${host}:${port}/api/v0`
    this.#gateway = readFileSync(join(this.repository, 'gateway'), 'utf8').trim()
  }

  /** The URL of its HTTP gateway, with Delegated Routing V1 below `/routing/v1`. */
  get gateway(): string {
    return this.#gateway
  }

  async stop(): Promise<void> {
    const daemon = this.#daemon
    if (daemon !== undefined && daemon.exitCode === null) {
      const exited = new Promise((resolve) => daemon.once('exit', resolve))
      daemon.kill('SIGTERM')
      const timer = setTimeout(() => daemon.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(timer)
    }
    rmSync(this.repository, { recursive: true, force: true })
  }

  /** Runs a command without the daemon. */
  run(args: readonly string[]): void {
    const result = spawnSync(this.#command, args, {
      env: { ...process.env, ...quiet, IPFS_PATH: this.repository },
      encoding: 'utf8',
      timeout: 30_000
    })
    if (result.status !== 0) throw new OperationFailed(`ipfs ${args.join(' ')}: ${result.stderr}`)
  }

  /** Sends a command to the daemon and returns its text. @throws OperationRefused with the daemon's reason */
  async rpc(command: string, query: Record<string, string> = {}, file?: Uint8Array): Promise<string> {
    const body = new FormData()
    if (file !== undefined) body.append('file', new Blob([new Uint8Array(file)]))
    const response = await fetch(`${this.#api}/${command}?${new URLSearchParams(query)}`, {
      method: 'POST',
      signal: AbortSignal.timeout(30_000),
      ...(file === undefined ? {} : { body })
    })
    const text = await response.text()
    if (response.ok) return text
    let reason = text
    try {
      reason = String((JSON.parse(text) as Answer)['Message'])
    } catch {
      // not JSON: the whole text is the reason
    }
    throw new OperationRefused(reason)
  }

  async json(command: string, query: Record<string, string> = {}, file?: Uint8Array): Promise<Answer> {
    return parseExactly(await this.rpc(command, query, file))
  }
}

/** Parses JSON with numbers as text, so that they keep every digit. */
function parseExactly(text: string): Answer {
  const keep = (_: string, value: unknown, context: { source?: string }): unknown =>
    typeof value === 'number' ? context.source : value
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown) as Answer
}
