import { systemTimer } from '@recordkit/record-types'
import type { Refusal, VerifiedRecord, VerifyOptions } from '@recordkit/record-types'
import type { ValidationEngine } from './engine.ts'

/** Verifications under way at once: enough to keep the platform's threads busy while others are read. */
const atOnce = 16
/** After so many, others have their turn. */
const turn = 128

/**
 * What `engine.validate` answers for many records, in their order: on the platform's threads, so many at once that they
 * are busy and no more, and this thread is free for others in between.
 */
export async function validateMany(
  engine: Pick<ValidationEngine, 'validate'>,
  records: Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>,
  options: VerifyOptions = {}
): Promise<(VerifiedRecord | Refusal)[]> {
  const results: (VerifiedRecord | Refusal)[] = []
  const waiting = [...records].entries()
  const work = async (): Promise<void> => {
    for (const [index, { key, value }] of waiting) {
      // those that need no thread would hold this one
      if (index % turn === turn - 1) await new Promise<void>((resolve) => systemTimer(resolve, 0))
      results[index] = await engine.validate(key, value, { threads: true, ...options })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}
