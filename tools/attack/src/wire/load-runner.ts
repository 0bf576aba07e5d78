import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { Child } from '../soak/child.ts'
import type { AttackerCalls, AttackResult, AttackSetup, Order } from './orders.ts'

/** The target of an attack, whose honest rounds continue meanwhile. */
export interface LoadTarget {
  round(): Promise<number>
}

export interface Turns {
  /** number of pairs of a quiet turn and an attacked one */
  readonly pairs: number
  /** ms of one turn */
  readonly milliseconds: number
  /** maximum number of honest rounds per second. @default one after another, which uses all CPU */
  readonly load?: number | undefined
}

/** ms at the start of an attack that are not measured: a sender has used up its burst by then. */
const lead = 250

/** Honest rounds that leave CPU to spare: the pace that users notice. */
export const steady = { pairs: 6, milliseconds: 1_500, load: 10 }

/** Honest rounds that use all CPU, in many short turns, as the speed of a machine changes from second to second. */
export const flatOut = { pairs: 24, milliseconds: 500 }

/** The pace of honest traffic under attack, and the cost of the attack for its target. */
export interface Pace {
  /**
   * The share of a core that the attack leaves: 1 less the CPU of `rate` messages per second of `cpuEach` each. Other load on
   * the machine changes neither.
   */
  readonly kept: number
  /** share of the CPU of the attacked process that honest rounds got; used for attacks without a limit */
  readonly keptOfCpu: number
  /** honest rounds per second under attack, as a share of those in quiet turns, by the clock: the median of all pairs */
  readonly keptByClock: number
  /** honest rounds per second in quiet turns, median */
  readonly quiet: number
  /** messages per second, including refused ones */
  readonly rate: number
  /** CPU of the attacked process per message, µs: median of all pairs */
  readonly cpuEach: number
  readonly sent: Omit<AttackResult, 'duty'>
}

/** Runs attackers in another process, on another core than the attacked one where possible. */
export class LoadRunner implements AsyncDisposable {
  readonly #child: Child
  readonly #calls: AttackerCalls
  readonly #total = { tried: 0, sent: 0, answered: 0 }

  private constructor(child: Child) {
    this.#child = child
    this.#calls = child.calls<AttackerCalls>()
  }

  static async start(attackers: number, setup: AttackSetup): Promise<LoadRunner> {
    const child = await Child.start(new URL('attackers.ts', import.meta.url), { attackers }, lastCore())
    const loadRunner = new LoadRunner(child)
    try {
      const connections = await loadRunner.#calls.prepare(setup)
      const wanted = attackers * setup.targets.length
      if (connections < wanted) throw new Error(`the attackers have ${connections} connections; expected ${wanted}`)
      return loadRunner
    } catch (error) {
      await child.kill()
      throw error
    }
  }

  /**
   * Runs honest rounds in alternating quiet and attacked turns, after a warm-up of both. In quiet turns the process of the
   * attackers is as busy as in the last attacked turn, without sending anything.
   */
  async measure(target: LoadTarget, order: Omit<Order, 'milliseconds'>, turns: Turns): Promise<Pace> {
    const { pairs, milliseconds } = turns
    // an attack ends with its turn, or by its own limits
    const each = { ...order, count: Math.ceil(order.count / pairs), milliseconds: 10 * milliseconds }
    let duty = 0
    const attackedTurn = async (): Promise<Attacked> => {
      const attacking = this.#calls.attack(each)
      await turn(target, { ...turns, milliseconds: lead })
      const before = await this.#calls.tried()
      const under = await turn(target, turns)
      const tried = (await this.#calls.tried()) - before
      await this.#calls.halt()
      const result = await attacking
      duty = result.duty
      this.#total.tried += result.tried
      this.#total.sent += result.sent
      this.#total.answered += result.answered
      return { ...under, messages: Math.max(1, tried) }
    }
    const quietTurn = async (): Promise<Turn> => {
      const idling = duty < 0.02 ? 0 : this.#calls.idle({ duty, milliseconds: 10 * milliseconds })
      const quiet = await turn(target, turns)
      await this.#calls.halt()
      await idling
      return quiet
    }
    for (let warm = 0; warm < pairs; warm += 4) await quietTurn()
    await attackedTurn()
    const quiet: Turn[] = []
    const attacked: Attacked[] = []
    for (let pair = 0; pair < pairs; pair++) {
      // the order alternates, so that growth during a run does not affect one of the two only
      if (pair % 2 === 0) quiet.push(await quietTurn())
      attacked.push(await attackedTurn())
      if (pair % 2 === 1) quiet.push(await quietTurn())
    }
    const sum = (of: (one: Attacked) => number): number => attacked.reduce((total, one) => total + of(one), 0)
    const rate = (1000 * sum(({ messages }) => messages)) / sum(({ elapsed }) => elapsed)
    const medianOf = (of: (before: Turn, under: Attacked) => number): number =>
      median(quiet.map((before, pair) => of(before, attacked[pair] as Attacked)))
    // without the CPU that the honest rounds of the attacked turn would have used in a quiet one
    const cpuEach = medianOf(
      (before, under) => (under.cpu - (before.cpu * under.rounds) / before.rounds) / under.messages
    )
    return {
      kept: 1 - (rate * cpuEach) / 1e6,
      keptOfCpu: medianOf((before, under) => (before.cpu * under.rounds) / before.rounds / under.cpu),
      keptByClock: medianOf((before, under) => rateOf(under) / rateOf(before)),
      quiet: median(quiet.map(rateOf)),
      rate,
      cpuEach,
      sent: { ...this.#total }
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
  readonly messages: number
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

/** A command prefix that pins the attackers to the last core; empty on a machine with one core or without `taskset`. */
function lastCore(): readonly string[] {
  const cores = availableParallelism()
  const available = cores > 1 && spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0
  return available ? ['taskset', '-c', String(cores - 1)] : []
}
