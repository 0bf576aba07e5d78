import { copyBytes } from '../bytes.ts'
import type { RecordEngine } from '../engine.ts'
import { isRefusal } from '../engine.ts'
import type { VerifiedRecord } from '../namespace.ts'
import { ownCopy } from './own-copy.ts'

/** The same record, parsed from bytes of its own: nothing that can be reached from it shares bytes with the given one. */
export function ownRecord(engine: Pick<RecordEngine, 'parse'>, record: VerifiedRecord): VerifiedRecord {
  const parsed = engine.parse(copyBytes(record.key), copyBytes(record.value))
  // only of a namespace that does not parse what it accepted
  if (isRefusal(parsed)) return ownCopy(record)
  const { status, until, parsedContent, identity } = record
  return { ...parsed, status, until, parsedContent: ownCopy(parsedContent), identity: ownCopy(identity) }
}
