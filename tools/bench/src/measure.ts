/** One line of the table: the same work by RecordKit and by another library. */
export interface Line {
  readonly name: string
  /** the other library, or what else RecordKit is compared with */
  readonly other: string
  /** `higher`: the ratio is how many times as fast RecordKit is. `lower`: it is RecordKit's time divided by the other's */
  readonly better: 'higher' | 'lower'
  readonly target: number
  /** rounds of one call of each side, for work that takes long. @default 15 rounds of 40 ms */
  readonly rounds?: number | undefined
  /** `cpu`, in Node.js: the time that all threads of the process used, which other programs hardly change. @default 'wall' */
  readonly clock?: 'cpu' | 'wall' | undefined
  /** ms of one side in one round. @default 40 */
  readonly slice?: number | undefined
  readonly prepare: () => Contest | Promise<Contest>
}

/** Both sides of a comparison. A call of each does the same work once. */
export interface Contest {
  readonly ours: () => unknown
  readonly theirs: () => unknown
  /** waits for what a side continues after its call; not measured */
  readonly between?: (() => unknown) | undefined
  readonly after?: (() => unknown) | undefined
}

export interface Measured {
  readonly line: Line
  /** median over the rounds, and its quartiles */
  readonly ratio: number
  readonly spread: readonly [number, number]
  /** ns per call of RecordKit, median */
  readonly nanoseconds: number
  readonly ok: boolean
}

const defaultRounds = 15
const defaultSlice = 40

/** Runs both sides alternately, after a warm-up. Ratios are taken within a round, so that a change of the machine's speed cancels out. */
export async function measure(line: Line): Promise<Measured> {
  const contest = await line.prepare()
  const isLong = line.rounds !== undefined
  const clock = line.clock === 'cpu' ? processorTime : wallTime
  const time = (work: () => unknown, calls: number): Promise<number> => timeOf(work, isLong ? undefined : calls, clock)
  const callsOf = (work: () => unknown): Promise<number> =>
    isLong ? timeOf(work, undefined, clock) : callsIn(work, line.slice ?? defaultSlice, clock)
  const calls = { ours: await callsOf(contest.ours), theirs: 0 }
  await contest.between?.()
  calls.theirs = await callsOf(contest.theirs)
  await contest.between?.()
  const ratios: number[] = []
  const times: number[] = []
  for (let round = 0; round < (line.rounds ?? defaultRounds); round++) {
    const ours = await time(contest.ours, calls.ours)
    await contest.between?.()
    const theirs = await time(contest.theirs, calls.theirs)
    await contest.between?.()
    times.push(ours)
    ratios.push(line.better === 'higher' ? theirs / ours : ours / theirs)
  }
  await contest.after?.()
  const ratio = quantile(ratios, 0.5)
  return {
    line,
    ratio,
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    nanoseconds: quantile(times, 0.5),
    ok: line.better === 'higher' ? ratio >= line.target : ratio <= line.target
  }
}

/** ms, of a clock that starts anywhere */
type Clock = () => number

const wallTime: Clock = () => performance.now()

/** A page has no other clock than that of the wall. */
const processorTime: Clock = () => {
  const used = (globalThis as { process?: Partial<NodeJS.Process> }).process?.cpuUsage?.()
  return used === undefined ? wallTime() : (used.user + used.system) / 1000
}

/** The number of calls that fill a slice of that many ms, after a warm-up of a few slices. */
async function callsIn(work: () => unknown, slice: number, clock: Clock): Promise<number> {
  let calls = 1
  for (;;) {
    const nanoseconds = (await timeOf(work, calls, clock)) * calls
    if (nanoseconds > slice * 1e6) return Math.max(1, Math.round((calls * slice * 1e6) / nanoseconds))
    calls *= 2
  }
}

/**
 * ns per call. A synchronous result is not awaited: that would take longer than much of the work measured here.
 *
 * @param calls - after one that is not measured; `undefined` measures one call only
 */
async function timeOf(work: () => unknown, calls: number | undefined, clock: Clock): Promise<number> {
  if (calls === undefined) {
    const started = clock()
    await work()
    return (clock() - started) * 1e6
  }
  const first = work()
  const isAsync = first instanceof Promise
  await first
  const started = clock()
  if (isAsync) for (let call = 0; call < calls; call++) await work()
  else for (let call = 0; call < calls; call++) work()
  return ((clock() - started) * 1e6) / calls
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] as number
}
