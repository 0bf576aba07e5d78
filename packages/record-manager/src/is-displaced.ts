import { equalBytes } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import type { Publication } from '@recordkit/record-store'

/** Whether a stored record is of another author than the one that we publish under this key. */
export function isDisplaced(
  record: { readonly author?: PeerId | undefined } | undefined,
  { signer }: Publication
): boolean {
  return record?.author !== undefined && signer !== undefined && !equalBytes(record.author, signer)
}
