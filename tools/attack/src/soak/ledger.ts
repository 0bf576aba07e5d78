import type { Put } from './calls.ts'

/** A key that its owner rewrites and republishes. */
export interface LiveKey {
  readonly owner: number
  readonly name: string
  key: string
  /** the highest number that was acknowledged, and the highest that was tried */
  acknowledged: number
  tried: number
}

/** A key that its owner wrote twice, the second time with a short lifetime, and then deleted. */
export interface ExpiredKey {
  readonly owner: number
  readonly key: string
  /** of the second record: no lower one may come back where it was stored */
  readonly sequence: bigint
  /** ms since the Unix epoch: after this instant it must be gone everywhere */
  readonly gone: number
  /** nodes that acknowledged the second record, its owner among them */
  readonly holders: readonly number[]
}

/** What was acknowledged, and therefore must be true at the end. */
export class Ledger {
  readonly live: LiveKey[] = []
  readonly expired: ExpiredKey[] = []
  reads = 0
  /** reads that returned the content acknowledged last, or a later one */
  newest = 0
  /** reads that returned content that was never put */
  wrong = 0
  puts = 0
  refusedPuts = 0

  constructor(nodes: number, keysEach: number) {
    for (let owner = 0; owner < nodes; owner++)
      for (let index = 0; index < keysEach; index++)
        this.live.push({ owner, name: `live${index}`, key: '', acknowledged: 0, tried: 0 })
  }

  acknowledge(entry: LiveKey, number: number, put: Put): void {
    entry.key = put.key
    if (number > entry.acknowledged) entry.acknowledged = number
    this.puts++
  }

  /** Counts the result of a read of a live key; `before` is the number that was acknowledged when the read started. */
  read(entry: LiveKey, before: number, content: string | undefined): void {
    this.reads++
    const number = numberIn(content)
    if (number === undefined) return
    if (number > entry.tried || content !== contentOf(entry, number)) this.wrong++
    if (number >= before) this.newest++
  }
}

export function contentOf({ owner, name }: Pick<LiveKey, 'owner' | 'name'>, number: number): string {
  return `${owner} ${name} ${number}`
}

export function numberIn(content: string | undefined): number | undefined {
  const number = Number(content?.split(' ').at(-1) ?? Number.NaN)
  return Number.isInteger(number) ? number : undefined
}
