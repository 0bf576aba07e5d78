import { compareRecords, equalBytes, isRefusal, mapKey } from '@recordkit/record-types'
import type { AbortOptions, OpenedRecord, PeerId, RecordEngine, Refusal } from '@recordkit/record-types'

/** One distinct value and the peers that gave it. */
interface Group {
  readonly opened: OpenedRecord
  readonly from: PeerId[]
  /** a copy that we hold ourselves is in it, too */
  readonly local: boolean
  verdict: 'unknown' | 'valid' | 'refused'
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
  readonly #groups: Group[] = []
  readonly #answered = new Set<string>()
  readonly #refused: RefusedAnswer[] = []

  constructor(engine: RecordEngine, key: Uint8Array, local: OpenedRecord | undefined) {
    this.#engine = engine
    this.#key = key
    if (local !== undefined) this.#groups.push({ opened: local, from: [], local: true, verdict: 'valid' })
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
      this.#refused.push({ from, refusal: opened })
      return
    }
    this.#groups.push({ opened, from: [from], local: false, verdict: 'unknown' })
    this.#groups.sort((a, b) => compareRecords(b.opened, a.opened))
  }

  /** Answers that may be valid, the local copy among them. */
  get possible(): number {
    return this.#count((group) => group.verdict !== 'refused')
  }

  /** Distinct peers whose answer was proven, the local copy not counted. */
  get valid(): number {
    return this.#groups.reduce((sum, { verdict, from }) => (verdict === 'valid' ? sum + from.length : sum), 0)
  }

  get refused(): readonly RefusedAnswer[] {
    return this.#refused
  }

  /** Whether `quorum` answers are valid, proving from the best down only as many as it takes to know. */
  async reached(quorum: number, options: AbortOptions): Promise<boolean> {
    for (const group of this.#groups.slice()) {
      if (this.possible < quorum) return false
      if (this.#count(({ verdict }) => verdict === 'valid') >= quorum && group.verdict === 'unknown') break
      await this.#prove(group, options)
    }
    return this.#count(({ verdict }) => verdict === 'valid') >= quorum
  }

  /** The best valid record, and who gave it. */
  async best(
    options: AbortOptions
  ): Promise<{ readonly opened: OpenedRecord; readonly from: readonly PeerId[] } | undefined> {
    for (const group of this.#groups.slice()) if (await this.#prove(group, options)) return group
    return undefined
  }

  /** Peers whose proven answer ranks below the best: they hold something stale. */
  stale(best: OpenedRecord): readonly PeerId[] {
    return this.#groups.flatMap(({ opened, from }) => (compareRecords(opened, best) < 0 ? from : []))
  }

  async #prove(group: Group, options: AbortOptions): Promise<boolean> {
    if (group.verdict !== 'unknown') return group.verdict === 'valid'
    const sender = group.from[0]
    const verdict = await this.#engine.verify(group.opened, { ...options, ...(sender === undefined ? {} : { sender }) })
    if (!isRefusal(verdict)) {
      group.verdict = 'valid'
      return true
    }
    group.verdict = 'refused'
    for (const from of group.from) this.#refused.push({ from, refusal: verdict })
    return false
  }

  #count(included: (group: Group) => boolean): number {
    return this.#groups.reduce(
      (sum, group) => (included(group) ? sum + group.from.length + (group.local ? 1 : 0) : sum),
      0
    )
  }
}
