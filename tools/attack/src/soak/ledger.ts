import type { Put } from './calls.ts'

/** A key whose owner rewrites it, and keeps it alive. */
export interface LiveKey {
  readonly owner: number
  readonly name: string
  key: string
  /** the highest number that was acknowledged, and the highest that was ever tried */
  acknowledged: number
  tried: number
}

/** A key that its owner wrote twice, the second time for a short while, and let go. */
export interface DeadKey {
  readonly owner: number
  readonly key: string
  /** of the second record: nothing below may come back where it was */
  readonly sequence: bigint
  /** ms since the Unix epoch: by then it is gone everywhere */
  readonly gone: number
  /** nodes that said they hold the second record, its owner among them */
  readonly holders: readonly number[]
}

/** What has been acknowledged, and what must therefore be so at the end. */
export class Ledger {
  readonly live: LiveKey[] = []
  readonly dead: DeadKey[] = []
  reads = 0
  /** reads that answered what was acknowledged last, or later */
  newest = 0
  /** reads that answered what nobody ever put */
  false = 0
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

  /** Counts what a read of a live key answered; `before` is what was acknowledged when it was asked. */
  read(entry: LiveKey, before: number, content: string | undefined): void {
    this.reads++
    const number = numberIn(content)
    if (number === undefined) return
    if (number > entry.tried || content !== contentOf(entry, number)) this.false++
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
