import { isRecordError } from '@recordkit/record-types'

/** Returns the code of the `RecordError` with which `work` rejects. Any other outcome is an error. */
export async function refusalCode(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  throw new Error('it was accepted; a refusal is expected')
}
