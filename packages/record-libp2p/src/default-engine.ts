import type { Clock } from '@recordkit/record-types'
import { ipns, ownerInKey, peerRecords, publicKeys, signed, ValidationEngine } from '@recordkit/record-validators'

/** The engine of a node that passes none: the formats of libp2p, and `/config/<owner>/…` of signed records that only their owner writes. */
export function defaultEngine(clock: Clock | undefined): ValidationEngine {
  const config = signed('config', { authors: ownerInKey() })
  return new ValidationEngine([ipns(), publicKeys(), peerRecords(), config], { clock })
}
