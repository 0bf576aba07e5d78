import { turns } from './turns.ts'

/**
 * Runs a loop in pieces that leave the event loop to other tasks.
 *
 * @param count - of the steps
 * @param size - steps of one piece, which takes less than a millisecond
 * @param work - the steps from `start` to before `end`
 */
export async function inPieces(
  count: number,
  size: number,
  work: (start: number, end: number) => unknown
): Promise<void> {
  for (let start = 0; start < count; start += size) {
    const wait = turns.wait()
    if (wait !== undefined) await wait
    await work(start, Math.min(count, start + size))
  }
}
