import type { CommandIo } from './command-io.ts'

/** How far some work is. */
export interface Progress {
  readonly items: number
  readonly bytes: number
}

/** Reports progress on the standard error of a terminal. */
export interface ProgressLine {
  readonly update: (progress: Progress) => void
  /** @returns the last progress */
  readonly end: () => Progress
}

/** ms between two reports */
const interval = 1000

/** Shows how long work goes on, at most every second, and nothing for work that is short or without a terminal. */
export function showProgress({ isTerminal, note }: CommandIo, verb: string): ProgressLine {
  let last: Progress = { items: 0, bytes: 0 }
  let shown = performance.now()
  return {
    update(progress) {
      last = progress
      const now = performance.now()
      if (!isTerminal || now - shown < interval) return
      shown = now
      note(`${progress.items} items, ${Math.round(progress.bytes / 1000)} kB ${verb} …`)
    },
    end: () => last
  }
}
