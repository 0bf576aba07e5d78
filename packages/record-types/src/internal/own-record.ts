import { copyBytes } from '../bytes.ts'
import type { VerifiedRecord } from '../namespace.ts'
import { ownCopy } from './own-copy.ts'

/** The same record in bytes of its own, without decoding it again. Fields that are instances of classes are the same objects. */
export function ownRecord(record: VerifiedRecord): VerifiedRecord {
  const signed = record.signed && copyBytes(record.signed())
  return { ...ownCopy(record), ...(signed === undefined ? {} : { signed: () => signed }) }
}
