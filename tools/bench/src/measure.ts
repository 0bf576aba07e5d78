/** One line of the table: the same work, by us and by a peer. */
export interface Line {
  readonly name: string
  readonly peer: string
  /** `higher`: how many times as fast as the peer we are to be. `lower`: how many times its time we may take at most */
  readonly better: 'higher' | 'lower'
  readonly target: number
  readonly prepare: () => Contest | Promise<Contest>
}

/** What is measured, in turn. A call of each does the same work once. */
export interface Contest {
  readonly ours: () => unknown
  readonly peers: () => unknown
  readonly after?: () => unknown
}

export interface Measured {
  readonly line: Line
  /** median over the rounds, and its quartiles */
  readonly ratio: number
  readonly spread: readonly [number, number]
  /** ns for one call of ours, median */
  readonly nanoseconds: number
  readonly ok: boolean
}

const rounds = 15
/** ms for one side in one round */
const slice = 40

/** Runs both in turn, warm, in rounds; the ratio is taken round by round, so that a machine that changes its speed changes both. */
export async function measure(line: Line): Promise<Measured> {
  const contest = await line.prepare()
  const calls = { ours: await callsIn(contest.ours), peers: await callsIn(contest.peers) }
  const ratios: number[] = []
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const ours = await timeOf(contest.ours, calls.ours)
    const peers = await timeOf(contest.peers, calls.peers)
    times.push(ours)
    ratios.push(line.better === 'higher' ? peers / ours : ours / peers)
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

/** How many calls fill a slice, after a warm-up of a few slices. */
async function callsIn(work: () => unknown): Promise<number> {
  let calls = 1
  for (;;) {
    const nanoseconds = (await timeOf(work, calls)) * calls
    if (nanoseconds > slice * 1e6) return Math.max(1, Math.round((calls * slice * 1e6) / nanoseconds))
    calls *= 2
  }
}

/** ns for one call. What answers at once is not awaited: that would cost more than much of what is measured here. */
async function timeOf(work: () => unknown, calls: number): Promise<number> {
  const first = work()
  const later = first instanceof Promise
  await first
  const started = performance.now()
  if (later) for (let call = 0; call < calls; call++) await work()
  else for (let call = 0; call < calls; call++) work()
  return ((performance.now() - started) * 1e6) / calls
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] as number
}
