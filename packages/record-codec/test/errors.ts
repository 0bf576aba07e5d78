import { isRecordError } from '@recordkit/record-types'

/** Returns the code of the `RecordError` that `run` throws, or `ok`. Any other error is thrown again. */
export function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'ok'
}

/** Encodes text as UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
