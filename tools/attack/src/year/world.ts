import { isRefusal } from '@recordkit/record-types'
import type { Clock } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { Random } from '../random.ts'
import { cheapSignatures } from './cheap-signatures.ts'
import type { Device } from './device.ts'
import { Peers } from './peers.ts'

/** The promises that the simulation watches. */
export type Rule = 'valid' | 'old' | 'deleted' | 'offline' | 'sequence' | 'local'

export class YearRandom extends Random {
  fraction(): number {
    return this.below(1_000_000) / 1_000_000
  }

  /** A duration in ns between two, as often within each order of magnitude. */
  duration(least: bigint, most: bigint): bigint {
    return BigInt(Math.floor(Number(least) * (Number(most) / Number(least)) ** this.fraction()))
  }
}

/** Time, peers, devices, and what was found out about them. */
export class World {
  now = 1_790_000_000_000_000_000n
  readonly random: YearRandom
  readonly peers: Peers
  readonly devices: Device[] = []
  /** calls of stores that have not ended */
  readonly calls = { running: 0 }
  readonly counts: Record<string, number> = {}
  readonly violations: { readonly rule: Rule; readonly message: string }[] = []
  /** contents that two devices put in the same millisecond, each by the other */
  readonly twins = new Map<string, string>()
  readonly #lifetimes = new Map<string, bigint>()
  readonly #contents = new Map<string, string>()
  readonly #highest = new Map<string, bigint>()
  readonly #engine: ValidationEngine

  constructor(seed: number) {
    this.random = new YearRandom(seed * 2_654_435_761)
    this.#engine = this.createEngine(() => this.now)
    this.peers = new Peers(5, this.#engine, () => this.now)
  }

  createEngine(clock: Clock): ValidationEngine {
    const algorithms = [cheapSignatures]
    return new ValidationEngine([ipns({ algorithms }), signed('config', { authors: ownerInKey(), algorithms })], {
      clock
    })
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  setLifetime(key: Uint8Array, lifetime: bigint): void {
    this.#lifetimes.set(mapKey(key), lifetime)
  }

  lifetimeOf(key: Uint8Array): bigint {
    return this.#lifetimes.get(mapKey(key)) ?? 0n
  }

  violation(rule: Rule, message: string): void {
    this.violations.push({ rule, message: `${new Date(Number(this.now / 1_000_000n)).toISOString()}: ${message}` })
  }

  /** No two contents are signed under one sequence, unless two devices put them in the same millisecond. */
  checkSequence(device: string, key: Uint8Array, sequence: bigint, content: string): void {
    const name = `${mapKey(key)} ${sequence}`
    const known = this.#contents.get(name)
    if (known === undefined) this.#contents.set(name, content)
    else if (known === content) return
    // nothing can tell two devices that put in the same millisecond which of them is later
    else if (this.twins.get(known) === content) this.count('contents under one sequence')
    else this.violation('sequence', `${device} publishes ${content} under sequence ${sequence}, which was ${known}`)
  }

  contentOf(key: Uint8Array, sequence: bigint | undefined): string | undefined {
    return this.#contents.get(`${mapKey(key)} ${sequence}`)
  }

  /** Peers accepted a value. */
  published(key: Uint8Array, value: Uint8Array): void {
    const record = this.#engine.parse(key, value)
    if (isRefusal(record)) return
    const { sequence = 0n } = record
    const highest = this.#highest.get(mapKey(key)) ?? 0n
    if (sequence > highest) this.#highest.set(mapKey(key), sequence)
    // the later content had vanished from the network before this device came back, so that it could not be known
    else if (sequence < highest && (this.peers.best(key)?.sequence ?? 0n) <= sequence) this.count('later content lost')
  }

  /** Waits until everything has run that can run without a timer. */
  async drain(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while (this.calls.running > 0)
  }

  /** Opens or closes a database. No time passes meanwhile: a slow disk is not a store that does not answer. */
  async io<Result>(work: Promise<Result>): Promise<Result> {
    this.calls.running++
    try {
      return await work
    } finally {
      this.calls.running--
    }
  }

  /** Waits for work; time passes only if it needs a timer. */
  async run<Result>(work: Promise<Result>): Promise<Result> {
    let settled = false
    const end = (): void => void (settled = true)
    work.then(end, end)
    for (;;) {
      await this.drain()
      if (settled) return work
      if (!this.#step(this.now + 3_600_000_000_000n)) await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  /** Lets time pass until `end`. Every timer runs at its time. */
  async advance(end: bigint): Promise<void> {
    for (;;) {
      await this.drain()
      if (!this.#step(end)) break
    }
    if (this.now < end) this.now = end
    await this.drain()
  }

  /** Runs the next timer until `end`. Returns whether there was one. */
  #step(end: bigint): boolean {
    let first: Device | undefined
    for (const device of this.devices) {
      const { next } = device.timers
      if (next !== undefined && next <= end && (first === undefined || next < (first.timers.next ?? next)))
        first = device
    }
    if (first === undefined) return false
    const { next = this.now } = first.timers
    if (next > this.now) this.now = next
    first.timers.runDue()
    return true
  }
}
