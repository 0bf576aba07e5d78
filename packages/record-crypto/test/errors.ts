import { isRecordError } from '@recordkit/record-types'
import type { RecordError } from '@recordkit/record-types'

/** Returns the `RecordError` that `run` throws. Throws an error when `run` succeeds or throws another error. */
export async function errorOf(run: () => unknown): Promise<RecordError> {
  try {
    await run()
  } catch (error) {
    if (isRecordError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Returns the code of the `RecordError` that `run` throws, or `ok`. Any other error is thrown again. */
export async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'ok'
}
