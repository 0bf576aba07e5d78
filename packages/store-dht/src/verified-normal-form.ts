import { isRefusal } from '@recordkit/record-types'
import type { RecordEngine, Refusal, UnverifiedRecord, VerifiedRecord, VerifyOptions } from '@recordkit/record-types'

/** Verifies a record and brings it into normal form: callers and peers receive that, never the bytes of another peer. */
export async function verifiedNormalForm(
  engine: RecordEngine,
  record: UnverifiedRecord,
  options: VerifyOptions
): Promise<VerifiedRecord | Refusal> {
  const verified = await engine.verify(record, options)
  return isRefusal(verified) || engine.normalize === undefined ? verified : engine.normalize(verified, options)
}
