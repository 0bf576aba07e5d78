import { multiaddr } from '@multiformats/multiaddr'
import { ipnsNameToString, ipnsValueToString, parseTime, peerIdToString } from '@recordkit/record-codec'
import { toHex } from '@recordkit/record-types/internal'
import { keyText, timeText } from './inspection.ts'
import type { RangeRole } from './byte-range.ts'
import type { CborSchema } from './cbor-ranges.ts'
import type { FieldContent, FieldDescription, ProtobufField, ProtobufSchema } from './protobuf-ranges.ts'
import { protobufRanges } from './protobuf-ranges.ts'
import { durationText, textOf } from './text.ts'

type Describe = (content: FieldContent) => FieldDescription

/** bytes of hexadecimal text that are shown */
const maxHex = 64

/** Bytes as hexadecimal text, cut when they are many. */
export function hexText(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'empty'
  return bytes.length > maxHex ? `${toHex(bytes.subarray(0, maxHex))}… (${bytes.length} bytes)` : toHex(bytes)
}

/** The result of a conversion to text, or hexadecimal text when the bytes have another form. */
function textBy(convert: (bytes: Uint8Array) => string): Describe {
  return ({ bytes }) => {
    try {
      return { text: convert(bytes) }
    } catch {
      return { text: hexText(bytes) }
    }
  }
}

function bytesField(name: string, role: RangeRole, describe: Describe = asHex): ProtobufField {
  return { name, role, wireType: 2, describe }
}
function numberField(name: string, role: RangeRole, describe: Describe = asNumber): ProtobufField {
  return { name, role, wireType: 0, describe }
}

/** A field whose content is a message. */
function messageField(name: string, role: RangeRole, schema: ProtobufSchema): ProtobufField {
  return bytesField(name, role, ({ walk, span, bytes }) => ({
    text: `${bytes.length} bytes`,
    ranges: protobufRanges(walk, span, schema)
  }))
}

function asHex({ bytes }: FieldContent): FieldDescription {
  return { text: hexText(bytes) }
}
function asNumber({ number }: FieldContent): FieldDescription {
  return { text: String(number) }
}
function asNanoseconds({ number }: FieldContent): FieldDescription {
  return { text: `${number} ns (${durationText(Number(number / 1_000_000_000n))})` }
}
function asSeconds({ number }: FieldContent): FieldDescription {
  return { text: `${number} s (${durationText(Number(number))})` }
}
function asTime({ number }: FieldContent): FieldDescription {
  return { text: timeText(number), time: number }
}
function asTimeText({ bytes }: FieldContent): FieldDescription {
  const text = textOf(bytes) || hexText(bytes)
  try {
    return { text, time: parseTime(text) }
  } catch {
    return { text }
  }
}
function oneOf(...names: readonly string[]): Describe {
  return ({ number }) => ({ text: names[Number(number)] ?? `${number}, which is not defined` })
}

/** The fields of every format. */
interface Formats {
  readonly publicKey: ProtobufSchema
  /** without `data`, which is not protobuf */
  readonly ipnsRecord: ProtobufSchema
  readonly ipnsData: CborSchema
  /** without the fields in `payload`, whose format its type names */
  readonly envelope: ProtobufSchema
  readonly signedRecord: ProtobufSchema
  readonly peerRecord: ProtobufSchema
  /** without the fields in `value`, whose format its key names */
  readonly dhtRecord: ProtobufSchema
  /** without `record` */
  readonly dhtMessage: ProtobufSchema
}

export const formats: Formats = /* @__PURE__ */ createFormats()

function createFormats(): Formats {
  const asText = textBy((bytes) => textOf(bytes) || hexText(bytes))
  const asPeerId = textBy(peerIdToString)
  const asAddress = textBy((bytes) => multiaddr(bytes).toString())
  const asKey = textBy((bytes) => (bytes[0] === 0x2f ? keyText(bytes) : ipnsNameToString(bytes)))
  const asIpnsValue = textBy(ipnsValueToString)

  const publicKey: ProtobufSchema = {
    1: numberField('Type', 'type', oneOf('RSA', 'Ed25519', 'Secp256k1', 'ECDSA')),
    2: bytesField('Data', 'key')
  }

  // IPNS record specification, "Record Serialization Format"
  const ipnsRecord: ProtobufSchema = {
    1: bytesField('value', 'content', asIpnsValue),
    2: bytesField('signatureV1', 'signature'),
    3: numberField('validityType', 'type', oneOf('EOL')),
    4: bytesField('validity', 'time', asTimeText),
    5: numberField('sequence', 'order'),
    6: numberField('ttl', 'time', asNanoseconds),
    7: messageField('pubKey', 'key', publicKey),
    8: bytesField('signatureV2', 'signature')
  }

  const ipnsData: CborSchema = {
    Value: { role: 'content', major: 2, describe: asIpnsValue },
    Validity: { role: 'time', major: 2, describe: asTimeText },
    ValidityType: { role: 'type', major: 0, describe: oneOf('EOL') },
    Sequence: { role: 'order', major: 0, describe: asNumber },
    TTL: { role: 'time', major: 0, describe: asNanoseconds }
  }

  // libp2p RFC 0002, "Wire Format"
  const envelope: ProtobufSchema = {
    1: messageField('publicKey', 'key', publicKey),
    2: bytesField(
      'payloadType',
      'type',
      textBy((bytes) => (bytes[0] === 0x2f && textOf(bytes)) || `0x${toHex(bytes)}`)
    ),
    3: bytesField('payload', 'content'),
    5: bytesField('signature', 'signature')
  }

  // docs/spec/signed-record.md
  const signedRecord: ProtobufSchema = {
    1: bytesField('key', 'key', asKey),
    2: bytesField('content', 'content', asText),
    3: numberField('sequence', 'order'),
    4: numberField('issued', 'time', asTime),
    5: numberField('expires', 'time', asTime),
    6: numberField('ttl', 'time', asNanoseconds),
    7: numberField('revoked', 'order', oneOf('no', 'yes'))
  }

  const addressInfo: ProtobufSchema = { 1: bytesField('multiaddr', 'address', asAddress) }

  // libp2p RFC 0003
  const peerRecord: ProtobufSchema = {
    1: bytesField('peer_id', 'key', asPeerId),
    2: numberField('seq', 'order'),
    3: messageField('addresses', 'address', addressInfo)
  }

  // libp2p kad-dht specification, "RPC messages"
  const dhtRecord: ProtobufSchema = {
    1: bytesField('key', 'key', asKey),
    2: bytesField('value', 'content'),
    3: bytesField('author', 'key'),
    4: bytesField('signature', 'signature'),
    5: bytesField('timeReceived', 'time', asTimeText),
    666: bytesField('publisher', 'key', asPeerId),
    777: numberField('ttl', 'time', asSeconds)
  }

  const peer: ProtobufSchema = {
    1: bytesField('id', 'key', asPeerId),
    2: bytesField('addrs', 'address', asAddress),
    3: numberField('connection', 'type', oneOf('NOT_CONNECTED', 'CONNECTED', 'CAN_CONNECT', 'CANNOT_CONNECT'))
  }

  // libp2p kad-dht specification, "RPC messages"
  const dhtMessage: ProtobufSchema = {
    1: numberField(
      'type',
      'type',
      oneOf('PUT_VALUE', 'GET_VALUE', 'ADD_PROVIDER', 'GET_PROVIDERS', 'FIND_NODE', 'PING')
    ),
    2: bytesField('key', 'key', asKey),
    8: messageField('closerPeers', 'address', peer),
    9: messageField('providerPeers', 'address', peer),
    10: numberField('clusterLevelRaw', 'type')
  }

  return { publicKey, ipnsRecord, ipnsData, envelope, signedRecord, peerRecord, dhtRecord, dhtMessage }
}
