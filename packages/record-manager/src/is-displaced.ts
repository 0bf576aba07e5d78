import { equalBytes } from '@recordkit/record-types'
import type { Publication } from '@recordkit/record-store'
import type { StoredAndVerified } from './record-pipeline.ts'

/** Whether the stored record is of another author than the one that we publish under this key. */
export function isDisplaced({ verified: { author } }: StoredAndVerified, { signer }: Publication): boolean {
  return author !== undefined && signer !== undefined && !equalBytes(author, signer)
}
