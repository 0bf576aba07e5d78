import type { ReplicationReceipt } from '../routing.ts'

/** Copies that are enough, however many peers were asked. */
const enough = 10

/**
 * Whether a record counts as published: ten copies, or half of the peers that were asked, and never fewer than the caller requested or than one.
 * A single peer can acknowledge what it does not store. A record that was only sent, over protocols without acknowledgements, has none,
 * and counts as published when the caller requested none.
 */
export function hasEnoughCopies({ copies, peers }: ReplicationReceipt): boolean {
  const asked = peers.filter(({ status }) => status !== 'sent').length
  if (asked === 0 && peers.length > 0 && copies.requested === 0) return true
  return copies.reached >= Math.max(1, copies.requested, Math.min(enough, Math.ceil(asked / 2)))
}
