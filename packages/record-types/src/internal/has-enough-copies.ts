import type { ReplicationReceipt } from '../routing.ts'

/** Copies that are enough, however many peers were asked. */
const enough = 10

/**
 * Whether a record counts as published: ten copies, or half of the peers that were asked, and never fewer than the caller requested or than one.
 * A single peer can acknowledge what it does not store.
 */
export function hasEnoughCopies({ copies, peers }: ReplicationReceipt): boolean {
  return copies.reached >= Math.max(1, copies.requested, Math.min(enough, Math.ceil(peers.length / 2)))
}
