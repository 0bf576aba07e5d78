import { copyBytes, equalBytes, isRecordError, isRefusal, systemClock } from '@recordkit/record-types'
import type {
  AbortOptions,
  Clock,
  KnownSignatures,
  Namespace,
  PeerId,
  RecordError,
  Refusal,
  UnverifiedRecord,
  VerifiedRecord
} from '@recordkit/record-types'
import { turns } from '@recordkit/record-types/internal'
import type { Publication, RecordStore, StoredRecord, StorePutOptions, StorePutResult } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import { HeldAndVerified, HeldRecords } from './held-records.ts'
import type { StoredAndVerified } from './held-records.ts'
import { resultOfPut, resultOfRefusal } from './receive-result.ts'
import type { Equivocation, ReceiveResult } from './receive-result.ts'
import { viewOf } from './record-view.ts'
import type { RecordView } from './record-view.ts'
import { sequenceOfRank } from './sequence-of-rank.ts'

/** Where a record comes from, and what is stored with it. */
export interface Origin extends AbortOptions {
  /** rank of the record that must be stored now; `null` when there must be none */
  readonly ifRank?: Uint8Array | null | undefined
  /** the peer that sent it; `undefined` when it did not come from a peer */
  readonly sender?: PeerId | undefined
  /** the group of the sender, by which the store shares its space. @default `groupOf(sender)` of the manager */
  readonly group?: Uint8Array | undefined
  /** whether the sender was asked for the record */
  readonly asked?: boolean | undefined
  /** the decoded record, when exactly these bytes were decoded before and belong to no caller */
  readonly decoded?: UnverifiedRecord | undefined
  /** the signatures that this process made for the record */
  readonly signatures?: KnownSignatures | undefined
  /** how this node publishes the record, when the application puts it */
  readonly publication?: Publication | undefined
}

/** A stored record, also one that is not valid now. */
export interface HeldRecord {
  readonly stored: StoredRecord
  readonly record: UnverifiedRecord
  /** the record, when it is valid */
  readonly verified?: VerifiedRecord | undefined
  /** why it is not valid */
  readonly refusal?: Refusal | undefined
}

/** Names the group of a sender: bytes that are equal for peers which one person can easily have, such as those of a /24. */
export type GroupOf = (sender: PeerId) => Uint8Array | undefined

export interface PipelineOptions {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  /** the group of each sender, by which the store shares its space. @default each sender is a group of its own */
  readonly groupOf?: GroupOf | undefined
  readonly clock?: Clock | undefined
}

type Merging = Namespace & Required<Pick<Namespace, 'merge'>>

interface PipelinePut {
  readonly result: StorePutResult
  /** after a conflict: the record may have been stored before the one that it conflicts with */
  readonly unknown?: { readonly cause: RecordError<'STORE_UNKNOWN'> } | undefined
}

/** The path of all records into the store, from every source, and out of it. */
export class RecordPipeline {
  readonly #engine: ValidationEngine
  readonly #store: RecordStore
  readonly #groupOf: GroupOf | undefined
  readonly #clock: Clock
  readonly #held = new HeldRecords()

  constructor({ engine, store, groupOf, clock }: PipelineOptions) {
    this.#engine = engine
    this.#store = store
    this.#groupOf = groupOf
    this.#clock = clock ?? systemClock
  }

  /**
   * Runs the steps until one refuses the record. Does not throw for bad bytes. Key and value are copied before anything is waited for:
   * what is stored is what was verified.
   *
   * @throws the error of the store
   */
  async process(key: Uint8Array, value: Uint8Array, origin: Origin): Promise<ReceiveResult> {
    const { sender, asked, signal } = origin
    const namespace = this.#engine.findNamespace(key, value) // 1 namespace, 2 sizes
    if ('status' in namespace) return resultOfRefusal(namespace)
    const { decoded } = origin
    const [ownKey, ownValue] = decoded === undefined ? [copyBytes(key), copyBytes(value)] : [key, value]
    const wait = turns.begin(signal)
    if (wait !== undefined) await wait
    const denied = sender && (await this.#engine.access?.checkSender?.(sender, ownKey, { asked, signal })) // 3 sender
    if (denied !== undefined) return resultOfRefusal(denied)
    const unverified = decoded ?? this.#engine.parse(ownKey, ownValue, namespace) // 4 decoding
    if (isRefusal(unverified)) return resultOfRefusal(unverified)
    const verified = await this.#engine.verify(unverified, origin) // 5 binding, 6 signature, 7 time, 8 content
    if (isRefusal(verified)) return resultOfRefusal(verified)
    const record = await this.#engine.normalize(verified, origin) // 9 normal form: never the bytes that came
    if (isRefusal(record)) return resultOfRefusal(record)
    if (namespace.merge !== undefined) return this.#merge(namespace as Merging, record, origin)
    const { result, unknown } = await this.#put(record, origin) // 10 put rule, 11 quota
    const stored = await this.#complete(record, result, origin)
    const received = resultOfPut(stored, result, this.#equivocation(record, result))
    return { ...received, ...this.#replaced(record, result), ...unknown }
  }

  /**
   * The record that is stored after a put of a variant of it: the stored value stays, completed by what only the variant contains.
   * Returns `record` itself after every other put.
   */
  async #complete(
    record: VerifiedRecord,
    { status, previous }: StorePutResult,
    origin: Origin
  ): Promise<VerifiedRecord> {
    let before = status === 'refreshed' ? previous : undefined
    while (before !== undefined && !equalBytes(before.value, record.value)) {
      const completed = await this.#completed(before, record, origin)
      if (equalBytes(completed.value, before.value)) return completed
      const { sender, group, signal } = origin
      const { result } = await this.#put(completed, { sender, group, signal, completes: before.value })
      // deleted, replaced or out of space meanwhile: nothing that is stored is reduced
      if (result.status !== 'refreshed' || result.previous === undefined) return completed
      if (equalBytes(result.previous.value, before.value)) return completed
      before = result.previous
    }
    return record
  }

  /** The stored record, completed by a variant of it; the variant when the stored value is damaged. */
  async #completed({ key, value }: StoredRecord, variant: VerifiedRecord, origin: Origin): Promise<VerifiedRecord> {
    const parsed = this.#engine.parse(key, value)
    const verified = isRefusal(parsed) ? parsed : await this.#engine.verify(parsed, origin)
    const before = isRefusal(verified) ? verified : await this.#engine.normalize(verified, origin)
    if (isRefusal(before)) return variant
    const union = this.#engine.complete(before, variant)
    if (equalBytes(union, before.value)) return before
    if (equalBytes(union, variant.value)) return variant
    const completed = this.#engine.parse(key, union)
    const result = isRefusal(completed) ? completed : await this.#engine.verify(completed, origin)
    return isRefusal(result) ? before : result
  }

  /**
   * Steps 10 and 11 where records are merged: puts the union of the stored and the incoming record, if the stored record is still the
   * one that went into it. A union that is too large is refused before anything is replaced.
   */
  async #merge(namespace: Merging, incoming: VerifiedRecord, origin: Origin): Promise<ReceiveResult> {
    let record = incoming
    let before = await this.#store.get(incoming.key, { signal: origin.signal })
    for (;;) {
      const union = before === undefined ? record : await this.#union(namespace, before, record, origin)
      if (isRefusal(union)) return resultOfRefusal(union)
      record = union
      const { result } = await this.#put(record, { ...origin, ifRank: before?.rank ?? null })
      // a mark can be above a union: of a larger state that was deleted
      if (result.status !== 'conflict') return resultOfPut(record, result, undefined)
      before = result.previous
    }
  }

  /** The union of two records: `record` itself when the stored one adds nothing. */
  async #union(
    namespace: Merging,
    { key, value }: StoredRecord,
    record: VerifiedRecord,
    origin: Origin
  ): Promise<VerifiedRecord | Refusal> {
    const before = this.#engine.parse(key, value, namespace)
    const union = isRefusal(before) ? record.value : namespace.merge(before, record)
    if (equalBytes(union, record.value)) return record
    const parsed = this.#engine.parse(record.key, union, namespace)
    return isRefusal(parsed) ? parsed : this.#engine.verify(parsed, origin)
  }

  /** The stored record of a key, verified again: the disk is not trusted more than a peer. */
  async read(key: Uint8Array, options: AbortOptions): Promise<StoredAndVerified | undefined> {
    const stored = await this.#store.get(key, { signal: options.signal })
    return stored === undefined ? undefined : this.check(stored, options)
  }

  /** As {@link RecordPipeline.read}, also for a stored record that is not valid any more. */
  async readStored(
    key: Uint8Array,
    { signal }: AbortOptions
  ): Promise<{ readonly stored: StoredRecord; readonly verified: VerifiedRecord | undefined } | undefined> {
    const stored = await this.#store.get(key, { signal })
    if (stored === undefined) return undefined
    // it is about to be replaced
    return { stored, verified: (await this.check(stored, { signal, isReplaced: true }))?.verified }
  }

  /**
   * The stored record of a key, also one that has lapsed: its publication keeps it. `undefined` when there is none, or its bytes are
   * damaged.
   */
  async held(key: Uint8Array, { signal }: AbortOptions): Promise<HeldRecord | undefined> {
    const stored = (await this.#store.get(key, { signal })) ?? (await this.#lapsed(key, signal))
    const record = stored && this.#engine.parse(key, stored.value)
    if (stored === undefined || record === undefined || isRefusal(record)) return undefined
    const verdict = await this.#engine.verify(record, { signal })
    return isRefusal(verdict) ? { stored, record, refusal: verdict } : { stored, record, verified: verdict }
  }

  async #lapsed(key: Uint8Array, signal: AbortSignal | undefined): Promise<StoredRecord | undefined> {
    const end = new Uint8Array(key.length + 1)
    end.set(key)
    for await (const stored of this.#store.iterate({ start: key, end, expired: true, limit: 1 }, { signal }))
      return stored
    return undefined
  }

  /**
   * Whether a key was put offline: peers must not receive what is stored under it. That can also be what a peer sent, merged with what
   * was put.
   */
  async isOffline(key: Uint8Array, { signal }: AbortOptions): Promise<boolean> {
    return (await this.#store.publication(key, { signal }))?.network === false
  }

  /**
   * Whether peers may receive a record that was read from the store. The publication is read after the record, for one that is put
   * offline meanwhile, and the record again after that, for one that is deleted with its publication.
   */
  async isPublic({ key, rank }: StoredRecord, options: AbortOptions): Promise<boolean> {
    if (await this.isOffline(key, options)) return false
    const now = await this.#store.get(key, { signal: options.signal })
    return now !== undefined && equalBytes(now.rank, rank)
  }

  /**
   * Decodes and verifies a stored record; `undefined` when it is not valid any more. The signature of the same bytes is verified once.
   *
   * @param options - `isReplaced`: whether it will not be read again
   */
  async check(
    stored: StoredRecord,
    { signal, isReplaced = false }: AbortOptions & { readonly isReplaced?: boolean | undefined }
  ): Promise<StoredAndVerified | undefined> {
    const held = this.#held.find(stored)
    if (held !== undefined) {
      const verdict = await this.#engine.verify(held.record, { signal, isVerified: true })
      if (isRefusal(verdict)) return undefined
      // a schema may keep bytes of the record in what it returns
      if (verdict.parsedContent === undefined) return new HeldAndVerified(this.#engine, held, stored, verdict)
    }
    // what is held is what was verified: bytes that neither the store nor a caller has
    const unverified = this.#engine.parse(copyBytes(stored.key), new Uint8Array(stored.value))
    if (isRefusal(unverified)) return undefined
    const verified = await this.#engine.verify(unverified, { signal })
    if (isRefusal(verified)) return undefined
    const view = this.view(verified, stored.timeReceived)
    const added = isReplaced ? undefined : this.#held.add(unverified, view)
    return added === undefined ? { verified, stored, view } : new HeldAndVerified(this.#engine, added, stored, verified)
  }

  /** A record as an application sees it. */
  view(record: UnverifiedRecord, timeReceived: bigint = this.#clock()): RecordView {
    return viewOf(record, this.#engine.content(record), timeReceived)
  }

  /**
   * Puts a record. After `STORE_UNKNOWN` the same record is put again, which finds out whether the first put happened: the
   * same record is refreshed, whatever the condition says.
   */
  async #put(record: VerifiedRecord, origin: Origin & Pick<StorePutOptions, 'completes'>): Promise<PipelinePut> {
    const { sender, publication, ifRank, signal, completes } = origin
    const group = origin.group ?? (sender && this.#groupOf?.(copyBytes(sender)))
    const { key, value, expires, author } = record
    const stored = { key, value, rank: this.#engine.rank(record), timeReceived: this.#clock(), expires, author, sender }
    const options = { ifRank, publication, group, signal, completes }
    try {
      return { result: await this.#store.put(stored, options) }
    } catch (error) {
      if (!isRecordError(error, 'STORE_UNKNOWN')) throw error
      const result = await this.#store.put(stored, options)
      return result.status === 'conflict' ? { result, unknown: { cause: error } } : { result }
    }
  }

  /** The equivocation of a record and the record stored before it, if there is one. */
  #equivocation(record: UnverifiedRecord, { previous }: StorePutResult): Equivocation | undefined {
    // the common case: the same bytes again
    if (previous === undefined || equalBytes(previous.value, record.value)) return undefined
    // the rank of the stored record contains its sequence
    const namespace = this.#engine.namespaceOf(record.key)
    if ('status' in namespace || record.sequence === undefined) return undefined
    if (namespace.sequenceOf !== undefined && sequenceOfRank(namespace, previous.rank) !== record.sequence)
      return undefined
    const before = this.#engine.parse(previous.key, previous.value)
    return isRefusal(before) ? undefined : equivocationOf(this.#engine, before, record)
  }

  /** The record that a put has replaced, when it is of another author. */
  #replaced(
    { author }: UnverifiedRecord,
    { status, previous }: StorePutResult
  ): Pick<ReceiveResult, 'replacedAuthor' | 'replaced'> {
    if (status !== 'stored' || previous?.author === undefined || author === undefined) return {}
    if (equalBytes(previous.author, author)) return {}
    const before = this.#engine.parse(previous.key, previous.value)
    const replaced = isRefusal(before) ? undefined : this.view(before, previous.timeReceived)
    return { replacedAuthor: previous.author, replaced }
  }
}

/** An equivocation: two records of one key with the same author and sequence but different contents. */
function equivocationOf(engine: ValidationEngine, a: UnverifiedRecord, b: UnverifiedRecord): Equivocation | undefined {
  if (a.sequence === undefined || a.sequence !== b.sequence) return undefined
  if (a.author === undefined || b.author === undefined || !equalBytes(a.author, b.author)) return undefined
  // a revocation ends the key, and contradicts no content
  if (a.revoked !== b.revoked || equalBytes(engine.content(a), engine.content(b))) return undefined
  return { key: a.key, values: [a.value, b.value] }
}

/**
 * Whether two values are evidence that an author signed two different contents under one key and sequence. Both values are verified,
 * so that the source of the report need not be trusted.
 *
 * @example
 * ```ts
 * manager.events.addEventListener('record:equivocation', async ({ detail }) => {
 *   console.log(await isEquivocation(engine, detail))
 * })
 * ```
 */
export async function isEquivocation(
  engine: ValidationEngine,
  { key, values }: Equivocation,
  { signal }: AbortOptions = {}
): Promise<boolean> {
  const [a, b] = values.map((value) => engine.parse(key, value))
  if (a === undefined || b === undefined || isRefusal(a) || isRefusal(b)) return false
  if (equivocationOf(engine, a, b) === undefined) return false
  for (const record of [a, b]) {
    const result = await engine.verify(record, { signal })
    // an expired record was still signed by its author
    if (isRefusal(result) && result.code !== 'EXPIRED') return false
  }
  return true
}
