import { equalBytes } from '@recordkit/record-types'
import type { Share } from './backend.ts'

/** The group of what the application put. */
export const noGroup: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/** The share of an entry that was written before there were shares. */
export const noShare: Share = /* @__PURE__ */ Object.freeze({ group: noGroup, since: 0n })

/** Whether two shares are the same; an absent one is {@link noShare}. */
export function sameShare(a: Share = noShare, b: Share = noShare): boolean {
  return a === b || (a.since === b.since && equalBytes(a.group, b.group))
}
