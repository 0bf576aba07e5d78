import type { CommandIo } from './command-io.ts'

/** How far some work is. */
export interface Progress {
  readonly items: number
  readonly bytes: number
}

/** Shows progress on a terminal. */
export interface ProgressLine {
  readonly update: (progress: Progress) => void
  /** Clears the line. @returns the last progress */
  readonly end: () => Progress
}

/** ms after which work is long, and between two pictures of it */
const [longWork, interval] = [1000, 250]
/** characters of a bar */
const width = 30

/**
 * Shows how far work is, as a bar when its size is known and else as the time that it took, in one line of the terminal of the standard
 * error. Shows nothing for work that is short or without a terminal.
 *
 * @param total - number of items
 */
export function showProgress({ showStatus }: CommandIo, verb: string, total?: number): ProgressLine {
  let last: Progress = { items: 0, bytes: 0 }
  const started = performance.now()
  let isShown = false
  const draw = (): void => {
    const elapsed = performance.now() - started
    if (elapsed < longWork) return
    isShown = true
    showStatus?.(progressText(last, verb, elapsed, total))
  }
  const timer = showStatus === undefined ? undefined : setInterval(draw, interval)
  return {
    update: (progress) => void (last = progress),
    end() {
      clearInterval(timer)
      if (isShown) showStatus?.('')
      return last
    }
  }
}

/** @param elapsed - ms */
export function progressText({ items, bytes }: Progress, verb: string, elapsed: number, total?: number): string {
  const seconds = `${Math.floor(elapsed / 1000)} s`
  const done = items === 0 ? verb : `${items} items, ${Math.round(bytes / 1000)} kB ${verb}`
  if (total === undefined || total === 0) return `${done}, ${seconds}`
  const part = Math.min(1, items / total)
  const filled = Math.round(part * width)
  return `[${'#'.repeat(filled)}${' '.repeat(width - filled)}] ${Math.floor(part * 100)} %, ${done}, ${seconds}`
}
