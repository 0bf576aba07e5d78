import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { Line } from './plot.ts'
import { growthOf } from './slope.ts'
import type { Point } from './slope.ts'
import { steady, wait } from './fault-injector.ts'
import type { FaultInjector } from './fault-injector.ts'

/** ms between two looks */
const interval = 5_000
/** What the memory of a node that runs through may grow by over the last two thirds of a run, as a share of its size. */
const bounds = { heap: 0.15, rss: 0.2 }
const colours = ['#1b6ca8', '#c0392b']

export interface Memory {
  readonly rows: readonly {
    readonly node: number
    readonly kind: string
    readonly size: number
    readonly growth: number
  }[]
  readonly faults: readonly string[]
}

/** Looks at all processes again and again: memory after a collection, records, marks, connections. */
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
      if (index >= steady) continue
      this.#add(`heap ${index}`, { at, size: sample.heap + sample.external })
      this.#add(`rss ${index}`, { at, size: sample.rss })
    }
    const { reads, newest, puts, dead } = this.#ledger
    this.#write(
      JSON.stringify({
        at,
        reads,
        newest,
        false: this.#ledger.false,
        puts,
        dead: dead.length,
        ...this.#faultInjector.happenings
      })
    )
  }

  memory(): Memory {
    const rows: { node: number; kind: string; size: number; growth: number }[] = []
    const faults: string[] = []
    for (const [name, points] of this.#points) {
      const [kind = '', node = ''] = name.split(' ')
      const { growth, flat } = growthOf(points, kind === 'rss' ? bounds.rss : bounds.heap)
      rows.push({ node: Number(node), kind, size: points.at(-1)?.size ?? 0, growth })
      if (!flat) faults.push(`the ${kind} of node ${node} grew by ${(growth / 1e6).toFixed(1)} MB`)
    }
    return { rows, faults }
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
