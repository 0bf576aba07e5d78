import { isRefusal, RecordError } from '@recordkit/record-types'
import type {
  NetworkGetOptions,
  NetworkRecord,
  RecordNetwork,
  ReplicationReceipt,
  Signer
} from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import { faultyStore } from './faulty-store.ts'
import type { StoreFault } from './faulty-store.ts'
import { SimulatedTimers } from './simulated-timers.ts'
import type { World } from './world.ts'

/** What the application on a device wants of a key. */
export interface Wanted {
  readonly network: boolean
  readonly content: string
  /** since when */
  readonly since: bigint
}

/** Opens the store of a device, anew after each restart. */
export interface DeviceStorage {
  open(timers: SimulatedTimers): Promise<RecordStore>
  close(store: RecordStore): Promise<void>
}

const decoder = new TextDecoder()

/** A machine with a manager, which is switched off, sleeps, loses its network, its clock and its disk. */
export class Device {
  readonly name: string
  readonly timers: SimulatedTimers
  readonly #world: World
  readonly #storage: DeviceStorage
  readonly #signer: Signer
  readonly #engine: ValidationEngine
  online = true
  badStore = false
  asleep = false
  /** since when nothing prevents this device from publishing; `undefined` while something does */
  ableSince: bigint | undefined
  /** what the application asked for, by key */
  readonly wanted = new Map<string, Wanted>()
  /** keys that the application is changing now */
  readonly changing = new Set<string>()
  /** the highest sequence that the store of this device ever contained, by key */
  readonly known = new Map<string, { readonly sequence: bigint; readonly since: bigint }>()
  /** when the network last answered this device or accepted a record from it, by key */
  readonly #contact = new Map<string, bigint>()
  #manager: RecordManager | undefined
  #store: RecordStore | undefined
  #generation = 0

  constructor(name: string, world: World, storage: DeviceStorage, signer: Signer) {
    this.name = name
    this.#world = world
    this.#storage = storage
    this.#signer = signer
    this.timers = new SimulatedTimers(() => world.now)
    this.#engine = world.createEngine(this.timers.clock)
  }

  get manager(): RecordManager | undefined {
    return this.#manager
  }

  get isOn(): boolean {
    return this.#manager !== undefined
  }

  /** Whether nothing prevents this device from publishing. */
  get isAble(): boolean {
    const { offset } = this.timers
    return this.isOn && !this.asleep && this.online && !this.badStore && offset === 0n
  }

  async start(): Promise<void> {
    const generation = ++this.#generation
    const isRunning = (): boolean => generation === this.#generation
    this.#store = await this.#world.io(this.#storage.open(this.timers))
    const store = faultyStore(this.#store, { fault: () => this.#fault(), isRunning, calls: this.#world.calls })
    const manager = new RecordManager({
      engine: this.#engine,
      store,
      signer: this.#signer,
      clock: this.timers.clock,
      setTimer: this.timers.setTimer,
      network: replication(this.#network(isRunning), { random: () => this.#world.random.fraction() })
    })
    const { counts } = this.#world
    for (const type of ['record:published', 'record:unpublished', 'record:renewed', 'record:lapsed'] as const)
      manager.events.addEventListener(type, () => void (counts[type] = (counts[type] ?? 0) + 1))
    manager.events.addEventListener('record:stored', ({ detail: { key, sequence = 0n } }) => {
      const name = mapKey(key)
      if (sequence > (this.known.get(name)?.sequence ?? 0n)) this.known.set(name, { sequence, since: this.#world.now })
    })
    this.#manager = manager
    await this.#world.run(manager.start())
  }

  /** Switches the device off, after the manager has stopped or not. */
  async stop(crashes: boolean): Promise<void> {
    const manager = this.#manager
    this.#manager = undefined
    if (!crashes) await this.#world.run((manager as RecordManager).stop())
    this.#generation++
    this.timers.wake()
    this.timers.clear()
    this.asleep = false
    if (this.#store !== undefined) await this.#world.run(this.#world.io(this.#storage.close(this.#store)))
  }

  /** Runs what the application does with a key, and then reads what the store says that it wants. */
  async change(key: Uint8Array, work: (manager: RecordManager) => Promise<unknown>): Promise<unknown> {
    const name = mapKey(key)
    this.changing.add(name)
    let problem: unknown
    try {
      await this.#world.run(work(this.#manager as RecordManager))
    } catch (error) {
      problem = error
    }
    this.changing.delete(name)
    const store = this.#store as RecordStore
    const publication = await this.#world.run(store.publication(key))
    // another's lapsed publication is dropped later; one that signs nothing any more is not wanted
    if (publication?.signer === undefined) this.wanted.delete(name)
    else {
      const record = await this.#world.run(store.get(key))
      const parsed = record && this.#engine.parse(key, record.value)
      if (parsed !== undefined && !isRefusal(parsed)) {
        const content = decoder.decode(this.#engine.content(parsed))
        this.wanted.set(name, { network: publication.network, content, since: this.#world.now })
      }
    }
    return problem
  }

  #fault(): StoreFault {
    if (!this.badStore || this.#world.random.fraction() > 0.3) return undefined
    return this.#world.random.of(['STORE_IO', 'written', 'unwritten', 'TIMEOUT'] as const)
  }

  #network(isRunning: () => boolean): RecordNetwork {
    const check = (key: Uint8Array, rate: number): void => {
      if (!isRunning() || this.asleep) throw new RecordError('ROUTING_FAILED', 'the process has ended', { key })
      if (!this.online) throw new RecordError('NO_PEERS', 'there is no network', { key })
      if (this.#world.random.fraction() < rate) throw new RecordError('TIMEOUT', 'the network did not answer', { key })
    }
    return {
      get: async (key, options = {}) => {
        const name = mapKey(key)
        if (!this.changing.has(name) && this.wanted.get(name)?.network === false)
          this.#world.violation('offline', `${this.name} asks peers for a key that was put offline`)
        check(key, 0.15)
        this.#contact.set(name, this.#world.now)
        return this.#ask(key, options)
      },
      put: async (key, value) => {
        this.#checkPut(key, value)
        check(key, 0.05)
        return this.#copy(key, value)
      }
    }
  }

  async #ask(key: Uint8Array, { onUntimely }: NetworkGetOptions): Promise<NetworkRecord | undefined> {
    const { peers } = this.#world
    let best: NetworkRecord | undefined
    for (let peer = 0; peer < peers.count; peer++) {
      const answer = peers.answer(peer, key)
      if (answer === undefined) continue
      const verdict = await this.#engine.verify(answer)
      if (isRefusal(verdict)) {
        if (verdict.code === 'EXPIRED' || verdict.code === 'ISSUED_IN_FUTURE') onUntimely?.(answer, verdict)
      } else if (best === undefined || this.#engine.compare(verdict, best.record) > 0)
        best = { record: verdict, valid: 1, complete: true, from: [Uint8Array.of(peer)], refused: [] }
    }
    return best
  }

  async #copy(key: Uint8Array, value: Uint8Array): Promise<ReplicationReceipt> {
    const { peers, random } = this.#world
    const acks: ReplicationReceipt['peers'][number][] = []
    for (let peer = 0; peer < peers.count; peer++) {
      const isStored = random.fraction() > 0.05 && (await peers.store(peer, key, value))
      acks.push({ from: Uint8Array.of(peer), status: isStored ? 'stored' : 'timeout' })
    }
    const reached = acks.filter(({ status }) => status === 'stored').length
    if (reached > 0) {
      this.#contact.set(mapKey(key), this.#world.now)
      this.#world.published(key, value)
    }
    return { copies: { requested: 1, reached }, peers: acks }
  }

  /** The rules that must hold for everything that leaves this device. */
  #checkPut(key: Uint8Array, value: Uint8Array): void {
    const world = this.#world
    const name = mapKey(key)
    const record = this.#engine.parse(key, value)
    if (isRefusal(record)) return world.violation('sequence', `${this.name} publishes what cannot be parsed`)
    const { sequence = 0n } = record
    if (!this.changing.has(name)) {
      const wanted = this.wanted.get(name)
      if (wanted === undefined)
        world.violation('deleted', `${this.name} publishes a key that is deleted or unpublished`)
      else if (!wanted.network) world.violation('offline', `${this.name} publishes a key that was put offline`)
    }
    world.checkSequence(this.name, key, sequence, decoder.decode(this.#engine.content(record)))
    const known = this.known.get(name)
    // a publication that runs when a later record is put may still end
    if (known !== undefined && sequence < known.sequence && known.since < world.now)
      world.violation('old', `${this.name} publishes sequence ${sequence} and knows a later one`)
    const lastContact = this.#contact.get(name)
    // what the application put or asked to publish meanwhile is not old
    const times = [lastContact, this.wanted.get(name)?.since, known?.sequence === sequence ? known.since : undefined]
    const heard = times.reduce((latest, time) => (latest === undefined || (time ?? 0n) > latest ? time : latest))
    const isAway = heard === undefined || world.now - heard > world.lifetimeOf(key)
    const highest = world.peers.highest(key)?.sequence ?? 0n
    // one that has expired, which this device cannot know while its clock is behind, is accepted by no peer
    const isExpired = record.expires !== undefined && record.expires < world.now
    if (isAway && !isExpired && sequence < highest)
      world.violation('old', `${this.name} was away and publishes sequence ${sequence} although peers hold ${highest}`)
    return undefined
  }
}
