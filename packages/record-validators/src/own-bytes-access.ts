import { copyBytes } from '@recordkit/record-types'
import type { AccessControl } from '@recordkit/record-types'

/** Asks an access control of the application with copies: what it does with their bytes changes no record. */
export function ownBytesAccess(access: AccessControl): AccessControl {
  return {
    ...(access.checkSender && {
      checkSender: (sender, key, options) => access.checkSender?.(copyBytes(sender), copyBytes(key), options)
    }),
    ...(access.checkRecord && {
      checkRecord: ({ key, author }) =>
        access.checkRecord?.({ key: copyBytes(key), author: author && copyBytes(author) })
    }),
    ...(access.isBanned && { isBanned: (peer) => access.isBanned?.(copyBytes(peer)) ?? false }),
    ...(access.report && { report: (sender, status) => access.report?.(copyBytes(sender), status) })
  }
}
