import { compareRecords, equalBytes, isRefusal, mapKey } from '@recordkit/record-types'
import type { OpenedRecord, PeerId, RecordEngine, Refusal, Verdict } from '@recordkit/record-types'
import { settled } from './deadline.ts'

/** One distinct value and the peers that gave it. */
interface Group {
  readonly opened: OpenedRecord
  readonly from: PeerId[]
  /** a copy that we hold ourselves is in it, too */
  readonly local: boolean
  /** absent while nobody knows */
  verdict?: Verdict
  /** under way, or over */
  proof?: Promise<void>
}

interface RefusedAnswer {
  readonly from: PeerId
  readonly refusal: Refusal
}

/**
 * The answers of one look-up. Identical bytes are one group, groups are ordered by rank, and signatures are verified
 * from the best group down, each once, no more of them than the question at hand needs.
 */
export class Answers {
  readonly #engine: RecordEngine
  readonly #key: Uint8Array
  readonly #end: AbortSignal
  readonly #groups: Group[] = []
  readonly #answered = new Set<string>()
  readonly #unreadable: RefusedAnswer[] = []

  /** @param end - when it aborts, no proof is waited for any longer */
  constructor(engine: RecordEngine, key: Uint8Array, local: OpenedRecord | undefined, end: AbortSignal) {
    this.#engine = engine
    this.#key = key
    this.#end = end
    if (local !== undefined) {
      this.#groups.push({ opened: local, from: [], local: true, verdict: { verdict: 'accept' } })
    }
  }

  /** Takes one peer's answer; a peer counts once, with its first. */
  add(from: PeerId, value: Uint8Array): void {
    const name = mapKey(from)
    if (this.#answered.has(name)) return
    this.#answered.add(name)
    const twin = this.#groups.find(({ opened }) => equalBytes(opened.value, value))
    if (twin !== undefined) {
      twin.from.push(from)
      return
    }
    const opened = this.#engine.parse(this.#key, value)
    if (isRefusal(opened)) {
      this.#unreadable.push({ from, refusal: opened })
      return
    }
    this.#groups.push({ opened, from: [from], local: false })
    this.#groups.sort((a, b) => compareRecords(b.opened, a.opened))
  }

  /** Distinct peers whose answer was proven, the local copy not counted. */
  get valid(): number {
    return this.#groups.reduce((sum, group) => (isValid(group) ? sum + group.from.length : sum), 0)
  }

  /** Whether there are answers of which nobody knows yet if they are valid. */
  get unproven(): boolean {
    return this.#groups.some(({ verdict }) => verdict === undefined)
  }

  /** What cannot be read or is not valid, and whose it is. */
  get refused(): readonly RefusedAnswer[] {
    const disproved = this.#groups.flatMap(({ verdict, from: senders }) =>
      verdict === undefined || !isRefusal(verdict) ? [] : senders.map((from) => ({ from, refusal: verdict }))
    )
    return [...this.#unreadable, ...disproved]
  }

  /**
   * Whether `quorum` answers are valid, proving from the best down only as many as it takes to know. A proof that is not
   * there when `listening` aborts does not count.
   */
  async reached(quorum: number, listening: AbortSignal): Promise<boolean> {
    for (const group of this.#groups) {
      if (this.#count(isPossible) < quorum) return false
      if (group.verdict === undefined) await settled(this.#prove(group), listening)
      if (group.verdict === undefined) return false
    }
    return this.#count(isValid) >= quorum
  }

  /**
   * The best valid record, and who gave it. Proven from the best down, one after another; once `listening` has aborted
   * all at once, so that one whose proof takes for ever does not hold up the rest.
   */
  async best(
    listening: AbortSignal
  ): Promise<{ readonly opened: OpenedRecord; readonly from: readonly PeerId[] } | undefined> {
    for (const group of this.#groups) {
      if (group.verdict === undefined) await settled(this.#prove(group), listening)
      if (group.verdict === undefined) {
        for (const other of this.#groups) if (other.verdict === undefined) this.#prove(other).catch(() => undefined)
        await settled(this.#prove(group), this.#end)
      }
      if (isValid(group)) return group
    }
    return undefined
  }

  /** Peers whose answer ranks below the best, proven or not: they hold something stale. */
  stale(best: OpenedRecord): readonly PeerId[] {
    return this.#groups.flatMap(({ opened, from }) => (compareRecords(opened, best) < 0 ? from : []))
  }

  /** The proof of a group, begun when it is first asked for. */
  #prove(group: Group): Promise<void> {
    return (group.proof ??= this.#judge(group))
  }

  async #judge(group: Group): Promise<void> {
    // a local copy is never judged: whatever is came from a peer
    const [sender] = group.from as [PeerId]
    group.verdict = await this.#engine.verify(group.opened, { signal: this.#end, sender })
  }

  #count(included: (group: Group) => boolean): number {
    return this.#groups.reduce(
      (sum, group) => (included(group) ? sum + group.from.length + (group.local ? 1 : 0) : sum),
      0
    )
  }
}

function isValid({ verdict }: Group): boolean {
  return verdict?.verdict === 'accept'
}

function isPossible(group: Group): boolean {
  return group.verdict === undefined || isValid(group)
}
