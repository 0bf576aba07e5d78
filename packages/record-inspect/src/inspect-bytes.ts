import { parseIpnsName } from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import { inspectDhtMessage, inspectDhtRecord } from './inspect-dht.ts'
import { inspectEnvelope } from './inspect-envelope.ts'
import { inspectIpnsRecord } from './inspect-ipns-record.ts'
import { inspectPrivateKey, inspectPublicKey } from './inspect-keys.ts'
import type { InspectContext, Inspection } from './inspection.ts'
import { accepted, ignored, peerFields } from './inspection.ts'
import { isArchive } from './is-archive.ts'
import { truncatedFormat } from './truncated-format.ts'

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
 * Explains bytes of any format. An archive is only recognized; `inspectArchive` of `@recordkit/record-inspect/archive` explains it.
 *
 * @param kind - the format that they should have: what violates it is then an error. @default the first that can be decoded
 * @returns an inspection of the kind `unknown` for a format that is not known; with `kind`, possibly one of another kind
 * @throws RecordError why they are not in the format of `kind`
 * @example
 * ```ts
 * const { kind, status, code } = await inspectBytes(bytes, { engine: createEngine(), now: systemClock() })
 * ```
 */
export async function inspectBytes(bytes: Uint8Array, context: InspectContext, kind?: string): Promise<Inspection> {
  if (isArchive(bytes)) return { kind: 'archive', size: bytes.length, status: 'unverified', code: null, message: null }
  if (kind !== undefined) {
    const isEnvelope = kind === 'peer-record' || kind === 'signed-record'
    const [, inspect] = formats.find(([name]) => name === (isEnvelope ? 'envelope' : kind)) ?? []
    return inspect === undefined ? unknown(bytes, `there is no format ${kind}`) : inspect(bytes, context)
  }
  if (bytes.length === 0) return unknown(bytes, 'the input is empty')
  return (
    (await firstFormat(bytes, context, formats)) ??
    truncated(bytes) ??
    unknown(bytes, 'the bytes are in no format that is known')
  )
}

/** The value in a record of a DHT. */
async function inspectValue(value: Uint8Array, context: InspectContext): Promise<Inspection> {
  return (
    (await firstFormat(value, context, formats.slice(0, 3))) ?? {
      kind: 'unknown',
      size: value.length,
      status: 'unverified'
    }
  )
}

async function firstFormat(
  bytes: Uint8Array,
  context: InspectContext,
  candidates: typeof formats
): Promise<Inspection | undefined> {
  for (const [, inspect] of candidates) {
    try {
      return await inspect(bytes, context)
    } catch (error) {
      if (!isRecordError(error)) throw error
    }
  }
  return undefined
}

/** Text of a peer ID or IPNS name. @throws RecordError `IPNS_NAME_INVALID` */
function inspectPeerId(bytes: Uint8Array): Inspection {
  const text = new TextDecoder().decode(bytes.subarray(0, 256)).trim()
  return { kind: 'peer-id', ...peerFields(parseIpnsName(text)), ...accepted }
}

/** Bytes that begin as a known format does, and end within a field. */
function truncated(bytes: Uint8Array): Inspection | undefined {
  const kind = truncatedFormat(bytes)
  if (kind === undefined) return undefined
  const verdict = ignored('PROTOBUF_TRUNCATED', 'the bytes end within a field: the rest of them is missing')
  return { kind, size: bytes.length, ...verdict }
}

function unknown({ length }: Uint8Array, message: string): Inspection {
  return { kind: 'unknown', size: length, ...ignored('UNKNOWN_FORMAT', message) }
}
