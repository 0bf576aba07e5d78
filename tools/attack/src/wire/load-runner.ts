import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { Child } from '../soak/child.ts'
import type { Arms, AttackerCalls, Order, Struck } from './orders.ts'

/** What is attacked: something whose honest rounds go on meanwhile. */
export interface LoadTarget {
  round(): Promise<number>
}

export interface Turns {
  /** pairs of a quiet and an attacked turn */
  readonly pairs: number
  /** ms of one */
  readonly milliseconds: number
  /** honest rounds a second at the most; absent: one after another, so that they take all the CPU there is */
  readonly load?: number
}

/** ms of an attack that are not measured: what a sender may send at once after a pause, it has sent by then. */
const lead = 250

/** Honest rounds that leave a node time for others: what it keeps is what its users notice. */
export const steady = { pairs: 6, milliseconds: 1_500, load: 10 }

/** Honest rounds that leave no time at all; many short turns, as a machine's own pace changes from second to second. */
export const flatOut = { pairs: 24, milliseconds: 500 }

/** What honest traffic kept, and what the attack cost whom it was for. */
export interface Pace {
  /**
   * What honest rounds that take all the CPU there is keep of it where a core is the node's own: 1 less what `rate`
   * messages of `cpuEach` take. Who else is on the machine changes neither.
   */
  readonly kept: number
  /** share of its own CPU that the attacked process has left for them: what is kept of an attack that is limited by nothing else */
  readonly keptOfCpu: number
  /** honest rounds a second under attack, as a share of those in quiet, by the clock: the median of all pairs of turns */
  readonly keptByClock: number
  /** honest rounds a second in quiet, median */
  readonly quiet: number
  /** messages a second, those among them that were not let in */
  readonly rate: number
  /** CPU of the process attacked for one of them, µs: median of all pairs */
  readonly cpuEach: number
  readonly struck: Omit<Struck, 'duty'>
}

/** Attackers in a process of their own, on another core than the one measured where that can be had. */
export class LoadRunner implements AsyncDisposable {
  readonly #child: Child
  readonly #calls: AttackerCalls
  readonly #total = { tried: 0, sent: 0, answered: 0 }

  private constructor(child: Child) {
    this.#child = child
    this.#calls = child.calls<AttackerCalls>()
  }

  static async start(attackers: number, arms: Arms): Promise<LoadRunner> {
    const child = await Child.start(new URL('attackers.ts', import.meta.url), { attackers }, anotherCore())
    const loadRunner = new LoadRunner(child)
    try {
      const connections = await loadRunner.#calls.arm(arms)
      const wanted = attackers * arms.targets.length
      if (connections < wanted) throw new Error(`attackers have ${connections} of ${wanted} connections`)
      return loadRunner
    } catch (error) {
      await child.kill()
      throw error
    }
  }

  /**
   * Honest rounds by turns in quiet and under attack, after some of both that warm everything up. In quiet turns the
   * attackers' process is as busy as in the last of the others, but for nobody.
   */
  async measure(target: LoadTarget, order: Omit<Order, 'milliseconds'>, turns: Turns): Promise<Pace> {
    const { pairs, milliseconds } = turns
    // a strike ends with its turn, and by itself
    const each = { ...order, count: Math.ceil(order.count / pairs), milliseconds: 10 * milliseconds }
    let duty = 0
    const attackedTurn = async (): Promise<Attacked> => {
      const striking = this.#calls.strike(each)
      await turn(target, { ...turns, milliseconds: lead })
      const before = await this.#calls.tried()
      const under = await turn(target, turns)
      const tried = (await this.#calls.tried()) - before
      await this.#calls.halt()
      const struck = await striking
      duty = struck.duty
      this.#total.tried += struck.tried
      this.#total.sent += struck.sent
      this.#total.answered += struck.answered
      return { ...under, struck: Math.max(1, tried) }
    }
    const quietTurn = async (): Promise<Turn> => {
      const idling = duty < 0.02 ? 0 : this.#calls.idle({ duty, milliseconds: 10 * milliseconds })
      const calm = await turn(target, turns)
      await this.#calls.halt()
      await idling
      return calm
    }
    for (let warm = 0; warm < pairs; warm += 4) await quietTurn()
    await attackedTurn()
    const quiet: Turn[] = []
    const attacked: Attacked[] = []
    for (let pair = 0; pair < pairs; pair++) {
      // which of the two comes first changes, so that what grows in a run does not count for one of them
      if (pair % 2 === 0) quiet.push(await quietTurn())
      attacked.push(await attackedTurn())
      if (pair % 2 === 1) quiet.push(await quietTurn())
    }
    const sum = (of: (one: Attacked) => number): number => attacked.reduce((total, one) => total + of(one), 0)
    const rate = (1000 * sum(({ struck }) => struck)) / sum(({ elapsed }) => elapsed)
    const pairsOf = (of: (calm: Turn, under: Attacked) => number): number =>
      median(quiet.map((calm, pair) => of(calm, attacked[pair] as Attacked)))
    // what the honest rounds of an attacked turn cost in quiet is not the attack's
    const cpuEach = pairsOf((calm, under) => (under.cpu - (calm.cpu * under.rounds) / calm.rounds) / under.struck)
    return {
      kept: 1 - (rate * cpuEach) / 1e6,
      keptOfCpu: pairsOf((calm, under) => (calm.cpu * under.rounds) / calm.rounds / under.cpu),
      keptByClock: pairsOf((calm, under) => rateOf(under) / rateOf(calm)),
      quiet: median(quiet.map(rateOf)),
      rate,
      cpuEach,
      struck: { ...this.#total }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.kill()
  }
}

interface Turn {
  readonly rounds: number
  /** ms */
  readonly elapsed: number
  /** µs of this process */
  readonly cpu: number
}

interface Attacked extends Turn {
  readonly struck: number
}

async function turn(target: LoadTarget, { milliseconds, load }: Turns): Promise<Turn> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  let rounds = 0
  do {
    await target.round()
    rounds++
    const early = load === undefined ? 0 : start + (1000 * rounds) / load - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
  } while (performance.now() - start < milliseconds)
  const { user, system } = process.cpuUsage(cpu)
  return { rounds, elapsed: performance.now() - start, cpu: user + system }
}

function rateOf({ rounds, elapsed }: Turn): number {
  return (1000 * rounds) / elapsed
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** A command before the attackers', that keeps them to the last core, where there is one and there are several. */
function anotherCore(): readonly string[] {
  const cores = availableParallelism()
  const there = cores > 1 && spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0
  return there ? ['taskset', '-c', String(cores - 1)] : []
}
