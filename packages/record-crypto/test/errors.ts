import { isRecordError } from '@recordkit/record-types'
import type { RecordError } from '@recordkit/record-types'

/** Returns the `RecordError` that `run` throws. Throws when it throws nothing or another error. */
export async function errorOf(run: () => unknown): Promise<RecordError> {
  try {
    await run()
  } catch (error) {
    if (isRecordError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
