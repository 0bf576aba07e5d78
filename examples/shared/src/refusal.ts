import { isRecordError } from '@recordkit/record-types'

/** The code that `work` is refused with; what is not refused, or fails otherwise, is an error here. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  throw new Error('it was not refused')
}
