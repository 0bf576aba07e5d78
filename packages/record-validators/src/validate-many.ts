import { RecordError } from '@recordkit/record-types'
import { checkOptions, checkPart, nameOf, turns } from '@recordkit/record-types/internal'
import type { Refusal, VerifiedRecord, VerifyOptions } from '@recordkit/record-types'
import type { ValidationEngine } from './engine.ts'

/** Number of concurrent verifications: enough to use all threads of the platform while other records are parsed. */
const concurrency = 16

/**
 * Validates many records on the threads of the platform. Returns the results of `engine.validate` in the order of the
 * records. The calling thread stays responsive meanwhile.
 *
 * @param options - `threads`: whether to verify on other threads. @default true
 * @throws the reason of the signal
 * @example
 * ```ts
 * const results = await validateMany(engine, records)
 * const valid = results.filter((result) => !isRefusal(result))
 * ```
 */
export async function validateMany(
  engine: Pick<ValidationEngine, 'validate'>,
  records: Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>,
  options: VerifyOptions = {}
): Promise<(VerifiedRecord | Refusal)[]> {
  checkOptions(options, { signal: 0, sender: 0, threads: 0 })
  checkPart(engine, 'engine', ['validate'], 'a ValidationEngine, such as `new ValidationEngine([ipns()])`,')
  if (typeof (records as Partial<typeof records> | undefined)?.[Symbol.iterator] !== 'function')
    throw new RecordError('INVALID_ARGUMENT', `records is ${nameOf(records)}; an array of { key, value } is expected`)
  const { threads = true, ...rest } = options
  const results: (VerifiedRecord | Refusal)[] = []
  const waiting = [...records].entries()
  const work = async (): Promise<void> => {
    for (const [index, { key, value }] of waiting) {
      // records that need no signature never leave this thread
      const wait = turns.wait(rest.signal)
      if (wait !== undefined) await wait
      results[index] = await engine.validate(key, value, { ...rest, threads })
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return results
}
