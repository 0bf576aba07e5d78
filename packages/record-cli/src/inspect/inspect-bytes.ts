import { parseIpnsName } from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import { CommandError, exitStatus } from '../failure.ts'
import { inspectArchive, isArchive } from './archive.ts'
import { inspectDhtMessage, inspectDhtRecord } from './dht.ts'
import { inspectEnvelope } from './envelope.ts'
import type { InspectContext, Inspection } from './inspection.ts'
import { accepted, ignored, peerFields } from './inspection.ts'
import { inspectIpnsRecord } from './ipns-record.ts'
import { inspectPrivateKey, inspectPublicKey } from './keys.ts'

type Inspect = (bytes: Uint8Array, context: InspectContext) => Inspection | Promise<Inspection>

/** The formats from the most specific to the most lenient: the first that can be decoded is the one. */
const formats: readonly (readonly [string, Inspect])[] = [
  ['ipns-record', inspectIpnsRecord],
  ['envelope', inspectEnvelope],
  ['public-key', inspectPublicKey],
  ['private-key', inspectPrivateKey],
  ['peer-id', inspectPeerId],
  ['dht-record', (bytes, context) => inspectDhtRecord(bytes, context, inspectValue)],
  ['dht-message', (bytes, context) => inspectDhtMessage(bytes, context, inspectValue)]
]

/**
 * Explains bytes of any format.
 *
 * @param kind - the format that they must have. @default the first that can be decoded
 * @returns an inspection of the kind `unknown` for a format that is not known
 * @throws RecordError, CommandError why they are not in the format of `kind`
 */
export async function inspectBytes(bytes: Uint8Array, context: InspectContext, kind?: string): Promise<Inspection> {
  if (kind === 'archive' || (kind === undefined && isArchive(bytes))) return inspectArchive([bytes], context)
  if (kind !== undefined) {
    const isEnvelope = kind === 'peer-record' || kind === 'signed-record'
    const [, inspect] = formats.find(([name]) => name === (isEnvelope ? 'envelope' : kind)) ?? []
    const inspection = await inspect?.(bytes, context)
    if (inspection === undefined || inspection.kind !== kind)
      throw new CommandError(
        exitStatus.refused,
        'UNKNOWN_FORMAT',
        `the bytes are not a ${kind}: they are ${inspection?.kind}`
      )
    return inspection
  }
  if (bytes.length === 0) return unknown(bytes, 'the input is empty')
  for (const [, inspect] of formats) {
    try {
      return await inspect(bytes, context)
    } catch (error) {
      if (!isRecordError(error)) throw error
    }
  }
  return unknown(bytes, 'the bytes are in no format that is known; --kind FORMAT says why they are not in that format')
}

/** The value in a record of a DHT. */
async function inspectValue(value: Uint8Array, context: InspectContext): Promise<Inspection> {
  for (const [, inspect] of formats.slice(0, 3)) {
    try {
      return await inspect(value, context)
    } catch (error) {
      if (!isRecordError(error)) throw error
    }
  }
  return { kind: 'unknown', size: value.length, status: 'unverified' }
}

/** Text of a peer ID or IPNS name. @throws RecordError `IPNS_NAME_INVALID` */
function inspectPeerId(bytes: Uint8Array): Inspection {
  const text = new TextDecoder().decode(bytes.subarray(0, 256)).trim()
  return { kind: 'peer-id', ...peerFields(parseIpnsName(text)), ...accepted }
}

function unknown({ length }: Uint8Array, message: string): Inspection {
  return { kind: 'unknown', size: length, ...ignored('UNKNOWN_FORMAT', message) }
}
