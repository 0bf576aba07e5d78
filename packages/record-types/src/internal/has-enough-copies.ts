import type { ReplicationReceipt } from '../routing.ts'

/** Copies that are enough, however many peers were asked. */
const enough = 10

/**
 * Number of copies of a record that are enough: ten, or half of the peers that it is for, and never fewer than the caller requested.
 *
 * @param requested - copies below which the put fails
 * @param peers - number of peers that the record is for
 */
export function enoughCopies(requested: number, peers: number): number {
  return Math.max(requested, Math.min(enough, Math.ceil(peers / 2)))
}

/**
 * Whether a record counts as published: it has enough copies, and at least one. A single peer can acknowledge what it does not
 * store. A record that was only sent, over protocols without acknowledgements, has none, and counts as published when the caller
 * requested none.
 */
export function hasEnoughCopies({ copies, peers }: ReplicationReceipt): boolean {
  const asked = peers.filter(({ status }) => status !== 'sent').length
  if (asked === 0 && peers.length > 0 && copies.requested === 0) return true
  return copies.reached >= Math.max(1, enoughCopies(copies.requested, asked))
}
