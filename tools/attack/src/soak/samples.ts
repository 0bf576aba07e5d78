import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { Line } from './plot.ts'
import { growthOf } from './slope.ts'
import type { Point } from './slope.ts'
import { steadyNodes, wait } from './fault-injector.ts'
import type { FaultInjector } from './fault-injector.ts'

/** ms between two samples */
const interval = 5_000
/** Maximum growth of the memory of a node that is never killed over the last two thirds of a run, as a share of its size. */
const bounds = { heap: 0.15, rss: 0.2 }
/** seconds; in a shorter run the memory of the whole process is measured, and not judged */
const leastForRss = 600
const colours = ['#1b6ca8', '#c0392b']

export interface Memory {
  readonly rows: readonly {
    readonly node: number
    readonly kind: string
    readonly size: number
    readonly growth: number
  }[]
  readonly problems: readonly string[]
}

/** Samples all processes periodically: memory after a garbage collection, records, marks, connections. */
export class Samples {
  readonly #points = new Map<string, Point[]>()
  readonly #fleet: Fleet
  readonly #ledger: Ledger
  readonly #faultInjector: FaultInjector
  readonly #started: number
  readonly #write: (line: string) => void

  constructor(
    fleet: Fleet,
    ledger: Ledger,
    faultInjector: FaultInjector,
    started: number,
    write: (line: string) => void
  ) {
    this.#fleet = fleet
    this.#ledger = ledger
    this.#faultInjector = faultInjector
    this.#started = started
    this.#write = write
  }

  async run(going: () => boolean): Promise<void> {
    while (going()) {
      await this.take()
      await wait(interval)
    }
  }

  async take(): Promise<void> {
    const at = (Date.now() - this.#started) / 1000
    for (const index of this.#fleet.running) {
      const sample = await this.#fleet
        .node(index)
        ?.sample()
        .catch(() => undefined)
      if (sample === undefined) continue
      this.#write(JSON.stringify({ at, node: index, ...sample }))
      if (index >= steadyNodes) continue
      this.#add(`heap ${index}`, { at, size: sample.heap + sample.external })
      this.#add(`rss ${index}`, { at, size: sample.rss })
    }
    const { reads, newest, wrong, puts, expired } = this.#ledger
    const { faults } = this.#faultInjector
    this.#write(JSON.stringify({ at, reads, newest, wrong, puts, expired: expired.length, ...faults }))
  }

  memory(): Memory {
    const rows: { node: number; kind: string; size: number; growth: number }[] = []
    const problems: string[] = []
    for (const [name, points] of this.#points) {
      const [kind = '', node = ''] = name.split(' ')
      const { growth, flat } = growthOf(points, kind === 'rss' ? bounds.rss : bounds.heap)
      rows.push({ node: Number(node), kind, size: points.at(-1)?.size ?? 0, growth })
      // in the first minutes the process reserves memory that it uses later
      const isJudged = kind !== 'rss' || (points.at(-1)?.at ?? 0) >= leastForRss
      if (isJudged && !flat) problems.push(`the ${kind} of node ${node} grew by ${(growth / 1e6).toFixed(1)} MB`)
    }
    return { rows, problems }
  }

  lines(): Line[] {
    return [...this.#points].map(([name, points]) => ({
      name: name.replace(' ', ' of node '),
      colour: colours[Number(name.at(-1))] ?? '#555',
      points
    }))
  }

  #add(name: string, point: Point): void {
    const points = this.#points.get(name) ?? []
    points.push(point)
    this.#points.set(name, points)
  }
}
