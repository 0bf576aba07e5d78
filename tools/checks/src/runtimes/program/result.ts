/** The outcome of a row of the matrix on one runtime. */
export interface RowResult {
  readonly name: string
  readonly passed: number
  /** cases that the platform cannot decide, and says so */
  readonly unsupported: number
  /** why cases failed or are unsupported, at most a few */
  readonly reasons: readonly string[]
  readonly failed: number
}

const maxReasons = 5

/** Runs the cases of a row. A case that throws `ALGORITHM_UNSUPPORTED` or `ALGORITHM_MISSING` is not decided by the platform. */
export async function runRow(
  name: string,
  cases: Iterable<readonly [id: string, run: () => unknown]>
): Promise<RowResult> {
  const reasons: string[] = []
  let [passed, failed, unsupported] = [0, 0, 0]
  for (const [id, run] of cases) {
    try {
      // in order: a platform has few threads
      // oxlint-disable-next-line no-await-in-loop
      await run()
      passed++
    } catch (error) {
      const { code, message } = (error ?? {}) as { code?: string; message?: string }
      const undecided = code === 'ALGORITHM_UNSUPPORTED' || code === 'ALGORITHM_MISSING'
      if (undecided) unsupported++
      else failed++
      const text = `${id}: ${code === undefined ? '' : `${code}: `}${message ?? String(error)}`
      if (reasons.length < maxReasons) reasons.push(text)
    }
  }
  return { name, passed, failed, unsupported, reasons }
}

/** Throws unless two values have the same text. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [shown, wanted] = [String(actual), String(expected)]
  if (shown !== wanted) throw new Error(`${what} is ${shown}; ${wanted} is expected`)
}
