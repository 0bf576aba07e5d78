import { compareBytes, copyBytes, equalBytes, isRefusal } from '@recordkit/record-types'
import type {
  AccessControl,
  NetworkGetOptions,
  NetworkRecord,
  PeerId,
  RecordEngine,
  Refusal,
  UnverifiedRecord,
  VerifiedRecord
} from '@recordkit/record-types'
import { isLocalDecision, mapKey, ownRecord } from '@recordkit/record-types/internal'
import { resultBeforeAbort } from './timeout.ts'
import { verifiedNormalForm } from './verified-normal-form.ts'

/** One distinct value and the peers that answered with it. */
interface Group {
  readonly unverified: UnverifiedRecord
  readonly from: PeerId[]
  /** ns; the shortest of the answers */
  maxAge: bigint | undefined
  /** whether this value is the local copy of the caller */
  readonly local: boolean
  /** `undefined` until the value is verified */
  result?: VerifiedRecord | Refusal
  /** `undefined` until the verification starts */
  verification?: Promise<void>
}

interface RefusedAnswer {
  readonly from: PeerId
  readonly refusal: Refusal
}

/**
 * The answers of one look-up. Identical values form one group. Groups are ordered by rank, and signatures are verified from
 * the best group down, each once, and only as many as the result needs.
 */
export class LookupResults {
  readonly #engine: RecordEngine
  readonly #key: Uint8Array
  readonly #end: AbortSignal
  readonly #groups: Group[] = []
  readonly #answered = new Set<string>()
  readonly #unreadable: RefusedAnswer[] = []
  readonly #onImproved: NetworkGetOptions['onImproved']
  /** the best group that was reported as an improvement */
  #improved: Group | undefined
  /** whether the result is determined: improvements are not reported any more */
  #ended = false
  /** what `onImproved` threw */
  #thrown: { readonly error: unknown } | undefined

  /** @param end - verifications are not waited for after it aborts */
  constructor(
    engine: RecordEngine,
    key: Uint8Array,
    { local, onImproved }: Pick<NetworkGetOptions, 'local' | 'onImproved'>,
    end: AbortSignal
  ) {
    this.#engine = engine
    this.#key = key
    this.#end = end
    this.#onImproved = onImproved
    if (local !== undefined)
      this.#groups.push({ unverified: local, from: [], maxAge: undefined, local: true, result: local })
    this.#improved = this.#groups[0]
  }

  /** Adds the answer of one peer. Only the first answer of a peer counts. */
  add(from: PeerId, value: Uint8Array, maxAge?: bigint): void {
    const name = mapKey(from)
    if (this.#answered.has(name)) return
    this.#answered.add(name)
    const twin = this.#groups.find(({ unverified }) => equalBytes(unverified.value, value))
    if (twin !== undefined) {
      twin.from.push(copyBytes(from))
      if (maxAge !== undefined && (twin.maxAge === undefined || maxAge < twin.maxAge)) twin.maxAge = maxAge
      return
    }
    // a copy: a record is a view of its value, and would keep the whole message in memory that the value is a part of
    const unverified = this.#engine.parse(this.#key, copyBytes(value))
    if (isRefusal(unverified)) {
      this.#unreadable.push({ from: copyBytes(from), refusal: unverified })
      return
    }
    const group: Group = { unverified, from: [copyBytes(from)], maxAge, local: false }
    this.#groups.push(group)
    this.#groups.sort((a, b) => this.#engine.compare(b.unverified, a.unverified))
    if (this.#onImproved !== undefined) this.#reportImproved(group).catch(() => undefined)
  }

  /** Verifies and reports a group that is better than those reported before. */
  async #reportImproved(group: Group): Promise<void> {
    if (!this.#isBetter(group)) return
    await this.#verify(group)
    const { result } = group
    if (result === undefined || isRefusal(result) || !this.#isBetter(group)) return
    this.#improved = group
    try {
      this.#onImproved?.(ownRecord(this.#engine, result))
    } catch (error) {
      this.#thrown ??= { error }
    }
  }

  #isBetter({ unverified }: Group): boolean {
    if (this.#ended || this.#end.aborted) return false
    return this.#improved === undefined || this.#engine.compare(unverified, this.#improved.unverified) > 0
  }

  /** Adds the answer of a peer from which no records are accepted. */
  refuse(from: PeerId, refusal: Refusal): void {
    this.#unreadable.push({ from: copyBytes(from), refusal })
  }

  /** Reports the result of each answer that was verified or could not be decoded. */
  report(access: AccessControl): void {
    for (const group of this.#groups.filter(isValid)) for (const from of group.from) access.report?.(from, 'accept')
    for (const { from, refusal } of this.refused)
      if (!isLocalDecision(refusal.code)) access.report?.(from, refusal.status)
  }

  /** Number of distinct peers whose answer is valid, without the local copy. */
  get valid(): number {
    return this.#groups.reduce((sum, group) => (isValid(group) ? sum + group.from.length : sum), 0)
  }

  /** Whether there are answers that are not verified yet. */
  get unverified(): boolean {
    return this.#groups.some(({ result }) => result === undefined)
  }

  /** The answers that cannot be decoded or are not valid, with their peers. */
  get refused(): readonly RefusedAnswer[] {
    const invalid = this.#groups.flatMap(({ result, from: senders }) =>
      result === undefined || !isRefusal(result) ? [] : senders.map((from) => ({ from, refusal: result }))
    )
    return [...this.#unreadable, ...invalid]
  }

  /** The answers that are refused for their time only, which is checked after the signature. */
  get untimely(): readonly { readonly record: UnverifiedRecord; readonly refusal: Refusal }[] {
    return this.#groups.flatMap(({ result, unverified: record }) =>
      result !== undefined && isRefusal(result) && (result.code === 'EXPIRED' || result.code === 'ISSUED_IN_FUTURE')
        ? [{ record, refusal: result }]
        : []
    )
  }

  /**
   * Whether `quorum` answers are valid. Verifies from the best down, only as many as the result needs. A verification
   * that has not ended when `listening` aborts does not count.
   */
  async reached(quorum: number, listening: AbortSignal): Promise<boolean> {
    for (const group of this.#groups) {
      if (this.#count(isPossible) < quorum) return false
      if (group.result === undefined) await resultBeforeAbort(this.#verify(group), listening)
      if (group.result === undefined) return false
    }
    return this.#count(isValid) >= quorum
  }

  /** Whether a peer has answered with a valid record. Verifies from the best down, and stops at the first one. */
  async hasValid(listening: AbortSignal): Promise<boolean> {
    for (const group of this.#groups) {
      if (group.result === undefined) await resultBeforeAbort(this.#verify(group), listening)
      if (isValid(group) && group.from.length > 0) return true
    }
    return false
  }

  /**
   * The best valid record and the peers that answered with it. Groups are verified from the best down, one after another;
   * after `listening` has aborted, all concurrently, so that a verification that never ends does not delay the others.
   *
   * @throws what `onImproved` threw
   */
  async best(listening: AbortSignal): Promise<Pick<NetworkRecord, 'record' | 'from' | 'maxAge'> | undefined> {
    for (const group of this.#groups) {
      if (group.result === undefined) await resultBeforeAbort(this.#verify(group), listening)
      if (group.result === undefined) {
        for (const other of this.#groups) if (other.result === undefined) this.#verify(other).catch(() => undefined)
        await resultBeforeAbort(this.#verify(group), this.#end)
      }
      const { result, from, maxAge } = group
      if (result === undefined || isRefusal(result)) continue
      if (this.#onImproved !== undefined) await this.#reportImproved(group)
      this.#ended = true
      if (this.#thrown !== undefined) throw this.#thrown.error
      return { record: result, from, maxAge }
    }
    this.#ended = true
    return undefined
  }

  /**
   * The peers whose answer, verified or not, has a lower order than the best: their copies are stale. Copies of equal order
   * are not, because other implementations compare them by their values and would refuse ours. Where records are merged,
   * copies of equal order are stale too: each may contain what the other does not.
   */
  stale(best: UnverifiedRecord): readonly PeerId[] {
    const namespace = this.#engine.namespaceOf?.(this.#key)
    const merges = namespace !== undefined && 'merge' in namespace && namespace.merge !== undefined
    const isStale = ({ unverified }: Group): boolean =>
      merges ? this.#engine.compare(unverified, best) < 0 : compareBytes(unverified.order, best.order) < 0
    return this.#groups.flatMap((group) => (isStale(group) ? group.from : []))
  }

  /** Verifies a group once. */
  #verify(group: Group): Promise<void> {
    return (group.verification ??= this.#startVerification(group))
  }

  async #startVerification(group: Group): Promise<void> {
    // a local copy is verified already: every other group has a sender
    const [sender] = group.from as [PeerId]
    group.result = await verifiedNormalForm(this.#engine, group.unverified, { signal: this.#end, sender })
  }

  #count(included: (group: Group) => boolean): number {
    return this.#groups.reduce(
      (sum, group) => (included(group) ? sum + group.from.length + (group.local ? 1 : 0) : sum),
      0
    )
  }
}

function isValid({ result }: Group): boolean {
  return result !== undefined && !isRefusal(result)
}

function isPossible(group: Group): boolean {
  return group.result === undefined || isValid(group)
}
