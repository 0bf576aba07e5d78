import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Answer, PeerFailed, PeerRefused } from './peer.ts'

/** Set on whatever runs Kubo: it reports to nobody. */
const quiet = { IPFS_TELEMETRY: 'off', DO_NOT_TRACK: '1', GOLOG_LOG_LEVEL: 'error' }

/** On loopback only: no bootstrap, no discovery, no relays, no configuration from the network, no telemetry. */
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

/** A Kubo daemon with a repository of its own, on loopback, and its RPC. */
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

  /** Makes the repository and runs the daemon until `stop`. */
  static async launch(command: string): Promise<KuboDaemon> {
    const daemon = new KuboDaemon(command)
    try {
      await daemon.#launch()
    } catch (error) {
      await daemon.stop()
      throw error
    }
    return daemon
  }

  async #launch(): Promise<void> {
    this.run(['init', '--empty-repo'])
    const path = join(this.repository, 'config')
    const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    writeFileSync(path, JSON.stringify(loopbackOnly(config), null, 2))
    const daemon = spawn(this.#command, ['daemon', '--migrate=false', '--enable-gc=false'], {
      env: { ...process.env, ...quiet, IPFS_PATH: this.repository },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    this.#daemon = daemon
    // whatever ends us, no daemon and no repository is left behind
    process.once('exit', () => {
      daemon.kill('SIGKILL')
      rmSync(this.repository, { recursive: true, force: true })
    })
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
    const [, , host, , port] = readFileSync(join(this.repository, 'api'), 'utf8').trim().split('/')
    this.#api = `http://${host}:${port}/api/v0`
    this.#gateway = readFileSync(join(this.repository, 'gateway'), 'utf8').trim()
  }

  /** Where it serves HTTP: Delegated Routing V1 below `/routing/v1`. */
  get gateway(): string {
    return this.#gateway
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
    rmSync(this.repository, { recursive: true, force: true })
  }

  /** A command that does not go to the daemon. */
  run(args: readonly string[]): void {
    const result = spawnSync(this.#command, args, {
      env: { ...process.env, ...quiet, IPFS_PATH: this.repository },
      encoding: 'utf8',
      timeout: 30_000
    })
    if (result.status !== 0) throw new PeerFailed(`ipfs ${args.join(' ')}: ${result.stderr}`)
  }

  /** The text that a command answers; a refusal when it says no. */
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
    let why = text
    try {
      why = String((JSON.parse(text) as Answer)['Message'])
    } catch {
      // not JSON: the text is the reason
    }
    throw new PeerRefused(why)
  }

  async json(command: string, query: Record<string, string> = {}, file?: Uint8Array): Promise<Answer> {
    return readExactly(await this.rpc(command, query, file))
  }
}

/** JSON whose numbers keep every digit, as text. */
function readExactly(text: string): Answer {
  const keep = (_: string, value: unknown, context: { source?: string }): unknown =>
    typeof value === 'number' ? context.source : value
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown) as Answer
}
