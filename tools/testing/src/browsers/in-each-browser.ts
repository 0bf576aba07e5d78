import { engines } from './driver.ts'
import type { Engine } from './driver.ts'
import { findBrowser } from './find-browser.ts'

/** Counts that {@link inEachBrowser} adds to. */
export interface BrowserCounts {
  passed: number
  failed: number
  skipped: number
}

/**
 * Runs work in every browser, one after another, prints the counts on the last line, and sets the exit code. A browser that is not
 * installed counts as skipped, and work that throws as failed.
 *
 * @param only - the browser; `undefined` for all
 * @param work - adds to the counts itself
 */
export async function inEachBrowser(
  only: string | undefined,
  count: BrowserCounts,
  work: (engine: Engine) => Promise<void>
): Promise<void> {
  for (const engine of engines) {
    if (only !== undefined && engine !== only) continue
    if (findBrowser(engine) === undefined) {
      console.log(`skip ${engine}: not installed`)
      count.skipped++
      continue
    }
    try {
      // oxlint-disable-next-line no-await-in-loop -- they would slow each other down
      await work(engine)
    } catch (error) {
      count.failed++
      console.log(`  ${error instanceof Error ? error.stack : String(error)}`)
    }
  }
  console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  process.exitCode = count.failed === 0 ? 0 : 1
}
