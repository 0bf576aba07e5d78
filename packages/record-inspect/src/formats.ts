import { multiaddr } from '@multiformats/multiaddr'
import { ipnsNameToString, ipnsValueToString, parseTime, peerIdToString } from '@recordkit/record-codec'
import { toHex } from '@recordkit/record-types/internal'
import { keyText, timeText } from './inspection.ts'
import type { RangeRole } from './byte-range.ts'
import type { CborSchema } from './cbor-ranges.ts'
import type { FieldContent, FieldDescription, ProtobufField, ProtobufSchema } from './protobuf-ranges.ts'
import { protobufRanges } from './protobuf-ranges.ts'
import { durationText, textOf } from './text.ts'

/** bytes of hexadecimal text that are shown */
const maxHex = 64

/** Bytes as hexadecimal text, cut when they are many. */
export function hexText(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'empty'
  return bytes.length > maxHex ? `${toHex(bytes.subarray(0, maxHex))}… (${bytes.length} bytes)` : toHex(bytes)
}

/** The result of a conversion to text, or hexadecimal text when the bytes have another form. */
function textBy(convert: (bytes: Uint8Array) => string): (content: FieldContent) => FieldDescription {
  return ({ bytes }) => {
    try {
      return { text: convert(bytes) }
    } catch {
      return { text: hexText(bytes) }
    }
  }
}

const asHex = ({ bytes }: FieldContent): FieldDescription => ({ text: hexText(bytes) })
const asNumber = ({ number }: FieldContent): FieldDescription => ({ text: String(number) })
const asText = textBy((bytes) => textOf(bytes) || hexText(bytes))
const asPeerId = textBy(peerIdToString)
const asAddress = textBy((bytes) => multiaddr(bytes).toString())
const asKey = textBy((bytes) => (bytes[0] === 0x2f ? keyText(bytes) : ipnsNameToString(bytes)))
const asIpnsValue = textBy(ipnsValueToString)
const asNanoseconds = ({ number }: FieldContent): FieldDescription => ({
  text: `${number} ns (${durationText(Number(number / 1_000_000_000n))})`
})
const asTime = ({ number }: FieldContent): FieldDescription => ({ text: timeText(number), time: number })
const asTimeText = ({ bytes }: FieldContent): FieldDescription => {
  const text = textOf(bytes) || hexText(bytes)
  try {
    return { text, time: parseTime(text) }
  } catch {
    return { text }
  }
}
const oneOf =
  (...names: readonly string[]) =>
  ({ number }: FieldContent): FieldDescription => ({ text: names[Number(number)] ?? `${number}, which is not defined` })

function bytesField(name: string, role: RangeRole, describe: ProtobufField['describe'] = asHex): ProtobufField {
  return { name, role, wireType: 2, describe }
}
function numberField(name: string, role: RangeRole, describe: ProtobufField['describe'] = asNumber): ProtobufField {
  return { name, role, wireType: 0, describe }
}

/** A field whose content is a message. */
export function messageField(name: string, role: RangeRole, schema: ProtobufSchema): ProtobufField {
  return bytesField(name, role, ({ walk, span, bytes }) => ({
    text: `${bytes.length} bytes`,
    ranges: protobufRanges(walk, span, schema)
  }))
}

export const publicKeySchema: ProtobufSchema = {
  1: numberField('Type', 'type', oneOf('RSA', 'Ed25519', 'Secp256k1', 'ECDSA')),
  2: bytesField('Data', 'key')
}

/** Without `data`, which is not protobuf. @see IPNS record specification, "Record Serialization Format" */
export const ipnsRecordSchema: ProtobufSchema = {
  1: bytesField('value', 'content', asIpnsValue),
  2: bytesField('signatureV1', 'signature'),
  3: numberField('validityType', 'type', oneOf('EOL')),
  4: bytesField('validity', 'time', asTimeText),
  5: numberField('sequence', 'order'),
  6: numberField('ttl', 'time', asNanoseconds),
  7: messageField('pubKey', 'key', publicKeySchema),
  8: bytesField('signatureV2', 'signature')
}

export const ipnsDataSchema: CborSchema = {
  Value: { role: 'content', major: 2, describe: asIpnsValue },
  Validity: { role: 'time', major: 2, describe: asTimeText },
  ValidityType: { role: 'type', major: 0, describe: oneOf('EOL') },
  Sequence: { role: 'order', major: 0, describe: asNumber },
  TTL: { role: 'time', major: 0, describe: asNanoseconds }
}

/** Without `payload`, whose format its type names. @see libp2p RFC 0002, "Wire Format" */
export const envelopeSchema: ProtobufSchema = {
  1: messageField('publicKey', 'key', publicKeySchema),
  2: bytesField(
    'payloadType',
    'type',
    textBy((bytes) => (bytes[0] === 0x2f && textOf(bytes)) || `0x${toHex(bytes)}`)
  ),
  3: bytesField('payload', 'content'),
  5: bytesField('signature', 'signature')
}

/** @see docs/spec/signed-record.md */
export const signedRecordSchema: ProtobufSchema = {
  1: bytesField('key', 'key', asKey),
  2: bytesField('content', 'content', asText),
  3: numberField('sequence', 'order'),
  4: numberField('issued', 'time', asTime),
  5: numberField('expires', 'time', asTime),
  6: numberField('ttl', 'time', asNanoseconds),
  7: numberField('revoked', 'order', oneOf('no', 'yes'))
}

const addressInfo: ProtobufSchema = { 1: bytesField('multiaddr', 'address', asAddress) }

/** @see libp2p RFC 0003 */
export const peerRecordSchema: ProtobufSchema = {
  1: bytesField('peer_id', 'key', asPeerId),
  2: numberField('seq', 'order'),
  3: messageField('addresses', 'address', addressInfo)
}

/** Without `value`, whose format its key names. @see libp2p kad-dht specification, "RPC messages" */
export const dhtRecordSchema: ProtobufSchema = {
  1: bytesField('key', 'key', asKey),
  2: bytesField('value', 'content'),
  3: bytesField('author', 'key'),
  4: bytesField('signature', 'signature'),
  5: bytesField('timeReceived', 'time', asTimeText),
  666: bytesField('publisher', 'key', asPeerId),
  777: numberField('ttl', 'time', ({ number }) => ({ text: `${number} s (${durationText(Number(number))})` }))
}

const peerSchema: ProtobufSchema = {
  1: bytesField('id', 'key', asPeerId),
  2: bytesField('addrs', 'address', asAddress),
  3: numberField('connection', 'type', oneOf('NOT_CONNECTED', 'CONNECTED', 'CAN_CONNECT', 'CANNOT_CONNECT'))
}

/** Without `record`. @see libp2p kad-dht specification, "RPC messages" */
export const dhtMessageSchema: ProtobufSchema = {
  1: numberField('type', 'type', oneOf('PUT_VALUE', 'GET_VALUE', 'ADD_PROVIDER', 'GET_PROVIDERS', 'FIND_NODE', 'PING')),
  2: bytesField('key', 'key', asKey),
  8: messageField('closerPeers', 'address', peerSchema),
  9: messageField('providerPeers', 'address', peerSchema),
  10: numberField('clusterLevelRaw', 'type')
}
