import { RecordError } from '@recordkit/record-types'
import type { RecordDraft } from '@recordkit/record-types'

/** A format without revocations would ignore `revoked` and make an ordinary record. @throws RecordError `REVOCATION_UNSUPPORTED` */
export function checkNotRevoked({ key, revoked }: RecordDraft): void {
  if (revoked !== true) return
  throw new RecordError(
    'REVOCATION_UNSUPPORTED',
    'the key cannot be revoked; only a key of signed records that names its owner can be',
    { key }
  )
}
