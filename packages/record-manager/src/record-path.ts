import { equalBytes, isRefusal, systemClock, signalOf } from '@recordkit/record-types'
import type {
  AbortOptions,
  AccessControl,
  Clock,
  Namespace,
  OpenedRecord,
  PeerId,
  PutResult,
  RecordStore,
  Refusal,
  StoredRecord
} from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import { kept, refused } from './outcome.ts'
import type { Equivocation, Outcome } from './outcome.ts'
import { viewOf } from './record-view.ts'
import type { RecordView } from './record-view.ts'

/** Where a record comes from, and what the store is to know of it. */
export interface Origin extends AbortOptions {
  /** the peer that handed it over; absent when nobody did */
  readonly sender?: PeerId
  /** we publish it ourselves, and keep it alive */
  readonly local?: boolean
}

/** A record as it is held here. */
export interface Held {
  readonly opened: OpenedRecord
  readonly view: RecordView
  readonly stored: StoredRecord
}

export interface PathParts {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly access?: AccessControl
  readonly clock?: Clock
}

type Merging = Namespace & Required<Pick<Namespace, 'merge'>>

/** The one path of every record, whoever brings it, and the way back out. */
export class RecordPath {
  readonly #engine: ValidationEngine
  readonly #store: RecordStore
  readonly #access: AccessControl | undefined
  readonly #clock: Clock

  constructor({ engine, store, access, clock }: PathParts) {
    this.#engine = engine
    this.#store = store
    this.#access = access
    this.#clock = clock ?? systemClock
  }

  /** Stops at the first step that refuses. Never throws for bad bytes; throws what the store throws. */
  async take(key: Uint8Array, value: Uint8Array, origin: Origin): Promise<Outcome> {
    const { sender } = origin
    const namespace = this.#engine.locate(key, value) // 1 sizes, 2 namespace
    if ('verdict' in namespace) return refused(namespace)
    const barred = sender === undefined ? undefined : await this.#access?.admit(sender, key, signalOf(origin)) // 3 sender
    if (barred !== undefined) return refused(barred)
    const opened = this.#engine.parse(key, value, namespace) // 4 decode
    if (isRefusal(opened)) return refused(opened)
    const verdict = await this.#engine.verify(opened, origin) // 5 binding, 6 signature, 7 time, 8 content
    if (isRefusal(verdict)) return refused(verdict)
    if (namespace.merge !== undefined) return this.#merge(namespace as Merging, opened, origin)
    const result = await this.#store.put(this.#storedRecord(opened, origin), signalOf(origin)) // 9 quota, 10 put
    return kept(opened, result, this.#equivocation(opened, result))
  }

  /**
   * Step 10 where records are merged: puts what is held and what came in together, again where another came between. What
   * is too much together is refused before anything is replaced.
   */
  async #merge(namespace: Merging, incoming: OpenedRecord, origin: Origin): Promise<Outcome> {
    const options = signalOf(origin)
    let opened = incoming
    let before: StoredRecord | undefined = await this.#store.get(incoming.key, options)
    for (let result: PutResult | undefined; ; before = result.previous) {
      const both = before === undefined ? opened : this.#both(namespace, before, opened)
      if (isRefusal(both)) return refused(both)
      if (result !== undefined && both === opened) return kept(opened, result, undefined)
      opened = both
      result = await this.#store.put(this.#storedRecord(opened, origin), options)
    }
  }

  /** Two states in one: `opened` itself where the other says nothing that it does not. */
  #both(namespace: Merging, { key, value }: StoredRecord, opened: OpenedRecord): OpenedRecord | Refusal {
    const before = this.#engine.parse(key, value, namespace)
    const both = isRefusal(before) ? opened.value : namespace.merge(before, opened)
    return equalBytes(both, opened.value) ? opened : this.#engine.parse(opened.key, both, namespace)
  }

  /** The record held here, checked like any other: what a disk gives back is trusted no more than what a peer sends. */
  async held(key: Uint8Array, options: AbortOptions): Promise<Held | undefined> {
    const stored = await this.#store.get(key, signalOf(options))
    return stored === undefined ? undefined : this.check(stored, options)
  }

  /** What the store gave back, read and proven; `undefined` when it is not valid any more. */
  async check(stored: StoredRecord, options: AbortOptions): Promise<Held | undefined> {
    const opened = this.#engine.parse(stored.key, stored.value)
    if (isRefusal(opened) || isRefusal(await this.#engine.verify(opened, signalOf(options)))) return undefined
    return { opened, stored, view: this.view(opened, stored.timeReceived) }
  }

  /** A record as an application sees it. */
  view(opened: OpenedRecord, timeReceived: bigint = this.#clock()): RecordView {
    return viewOf(opened, this.#engine.content(opened), timeReceived)
  }

  #storedRecord(opened: OpenedRecord, { sender, local }: Origin): StoredRecord {
    const { key, value, rank, expires, author } = opened
    return {
      key,
      value,
      rank,
      timeReceived: this.#clock(),
      digest: this.#engine.digest(value),
      ...(expires === undefined ? {} : { expires }),
      ...(author === undefined ? {} : { author }),
      ...(sender === undefined ? {} : { sender }),
      ...(local === true ? { local } : {})
    }
  }

  /** Whether the record held before says something else under the very same sequence of the same author. */
  #equivocation(opened: OpenedRecord, { previous }: PutResult): Equivocation | undefined {
    // the same bytes again, as most are
    if (previous === undefined || equalBytes(previous.value, opened.value)) return undefined
    const before = this.#engine.parse(previous.key, previous.value)
    return isRefusal(before) ? undefined : equivocationOf(this.#engine, before, opened)
  }
}

/** Two records under one key when they contradict each other: one author and sequence, another content. */
function equivocationOf(engine: ValidationEngine, a: OpenedRecord, b: OpenedRecord): Equivocation | undefined {
  if (a.sequence === undefined || a.sequence !== b.sequence) return undefined
  if (a.author === undefined || b.author === undefined || !equalBytes(a.author, b.author)) return undefined
  if (equalBytes(engine.content(a), engine.content(b))) return undefined
  return { key: a.key, values: [a.value, b.value] }
}

/**
 * Whether two values are evidence that an author signed two different contents under one key and sequence. Needs no
 * trust in who shows them.
 */
export async function isEquivocation(
  engine: ValidationEngine,
  { key, values }: Equivocation,
  options: AbortOptions = {}
): Promise<boolean> {
  const [a, b] = values.map((value) => engine.parse(key, value))
  if (a === undefined || b === undefined || isRefusal(a) || isRefusal(b)) return false
  if (equivocationOf(engine, a, b) === undefined) return false
  for (const opened of [a, b]) {
    const verdict = await engine.verify(opened, options)
    // an expired signature is a signature all the same
    if (isRefusal(verdict) && verdict.code !== 'EXPIRED') return false
  }
  return true
}
