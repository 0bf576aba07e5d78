import { isRecordError } from '@recordkit/record-types'
import type { RecordError } from '@recordkit/record-types'

/** The `RecordError` that `run` throws. Anything else thrown is a failure, and so is nothing. */
export async function errorOf(run: () => unknown): Promise<RecordError> {
  try {
    await run()
  } catch (error) {
    if (isRecordError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
