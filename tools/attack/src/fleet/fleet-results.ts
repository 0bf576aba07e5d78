import type { Publication, Seen } from './messages.ts'

/** While a process ran: from when its watcher was open until it was killed. */
export interface Life {
  readonly process: number
  readonly from: number
  until: number
  readonly watched: Map<string, Seen[]>
  /** when the process was too busy to run its timers */
  readonly late: { readonly at: number; readonly milliseconds: number }[]
}

/** The number at a part of a sorted list. */
function at(sorted: readonly number[], part: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0)
}

/** What the publications of the records that are not put any more show. */
export function checkPublications(
  publications: readonly Publication[],
  { names, interval, from, until }: { names: readonly string[]; interval: number; from: number; until: number }
): { readonly due: number; readonly repeated: number; readonly missed: string[]; readonly longest: number } {
  let [due, repeated, longest] = [0, 0, 0]
  const missed: string[] = []
  for (const name of names) {
    const times = publications.filter(({ key }) => key === name).map((publication) => publication.at)
    times.sort((a, b) => a - b)
    let last = from
    for (const time of [...times.filter((each) => each > from), until]) {
      const gap = time - last
      if (time !== until) {
        // a tenth of the interval early, and a copy takes up to a second
        if (gap < interval * 0.9 - 1000 && last !== from) repeated++
        else due++
      }
      longest = Math.max(longest, gap)
      // a publication whose process died is taken over within a minute
      if (gap > interval + 62_000) missed.push(`${name}: ${Math.round(gap / 1000)} s without a publication`)
      last = time
    }
  }
  return { due, repeated, missed, longest }
}

/** How long it took until the watchers of all processes saw what was put. */
export function checkWatchers(
  puts: readonly Seen[],
  lives: readonly Life[]
): { readonly expected: number; readonly late: number; readonly missed: string[]; readonly times: string } {
  const times: number[] = []
  const missed: string[] = []
  let late = 0
  for (const put of puts) {
    for (const life of lives) {
      // the process died, or its watcher was opened, meanwhile
      if (put.at < life.from || put.at + 1500 > life.until) continue
      const seen = life.watched.get(put.key)?.find(({ sequence }) => BigInt(sequence) >= BigInt(put.sequence))
      const time = seen === undefined ? Number.POSITIVE_INFINITY : Math.max(0, seen.at - put.at)
      times.push(time)
      if (time <= 1000) continue
      // the process was stopped by the machine for as long
      const stopped = life.late.filter(({ at: when }) => when > put.at && when < put.at + time + 1000)
      const lost = stopped.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
      if (time - lost > 1000) missed.push(`process ${life.process} saw ${put.key} ${put.sequence} after ${time} ms`)
      else late++
    }
  }
  times.sort((a, b) => a - b)
  const [half, most, last] = [at(times, 0.5), at(times, 0.99), at(times, 1)]
  return { expected: times.length, late, missed, times: `median ${half} ms, 99 % ${most} ms, longest ${last} ms` }
}
