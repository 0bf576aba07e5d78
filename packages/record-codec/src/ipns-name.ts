import { RecordError } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { failType } from './throw-record-error.ts'
import { parsePeerId } from './parse-peer-id.ts'

/**
 * Parses an IPNS name: `k51…` or any other text form of a peer ID, with or without `/ipns/` before it and a slash after it.
 *
 * @throws RecordError `IPNS_NAME_INVALID`
 * @see IPNS record specification, "IPNS Name"
 * @example
 * ```ts
 * const name = parseIpnsName('/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8')
 * ```
 */
export function parseIpnsName(text: string): PeerId {
  if (typeof text !== 'string') failType(text, 'text', 'a string')
  try {
    return parsePeerId(text.replace(/^\/ipns\/|\/$/g, ''))
  } catch (cause) {
    throw new RecordError(
      'IPNS_NAME_INVALID',
      `IPNS name ${JSON.stringify(text.slice(0, 80))} is not a peer ID such as k51…, 12D3KooW… or Qm…`,
      { cause }
    )
  }
}
