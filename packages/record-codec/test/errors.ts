import { isRecordError } from '@recordkit/record-types'

/** The code of the `RecordError` that `run` throws; `ok` when it throws nothing. Anything else thrown is a failure. */
export function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'ok'
}

/** UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
