import {
  decodeIpnsRecord,
  decodeRecord,
  encodeIpnsData,
  encodePeerRecord,
  encodePublicKey,
  encodeRecord,
  encodeSignedRecord,
  ipnsNameToString,
  ipnsRoutingKey,
  joinRecordKey,
  parseIpnsName,
  parsePeerId,
  parseRecordKey,
  splitRecordKey
} from '@recordkit/record-codec'
import { expect, test } from 'vitest'

const bytes = Uint8Array.of(1)
const path = new TextEncoder().encode('/ipfs/bafkqaaa')
const ipnsData = { value: path, validity: 1n, sequence: 1n }
const signedRecord = { key: bytes, content: bytes, sequence: 1n, issued: 0n, expires: 1n, ttl: 0n, revoked: false }

test.each<[string, () => unknown, RegExp, string?]>([
  ['text instead of bytes', () => decodeRecord('value' as never), /^record is a string; a Uint8Array is expected$/],
  [
    'bytes that were not awaited',
    () => decodeRecord(Promise.resolve(bytes) as never),
    /^record is a promise, which must be awaited; a Uint8Array/
  ],
  [
    'an ArrayBuffer',
    () => decodeIpnsRecord(new ArrayBuffer(1) as never),
    /^IPNS record is an ArrayBuffer; a Uint8Array is expected$/
  ],
  ['null instead of bytes', () => decodeIpnsRecord(null as never), /^IPNS record is null; a Uint8Array is expected$/],
  [
    'a misspelled option',
    () => decodeRecord(bytes, { limits: 5 } as never),
    /^unknown option "limits"; the option is limit$/
  ],
  [
    'a bigint as limit',
    () => decodeRecord(bytes, { limit: 5n as never }),
    /^limit is the bigint 5n; a whole number of at least 0 is expected$/
  ],
  ['null as a record', () => encodeRecord(null as never), /^record is null; an object is expected$/],
  ['a record without a key', () => encodeRecord({ value: bytes } as never), /is undefined; a Uint8Array is expected$/],
  [
    'text as the value of an IPNS record',
    () => encodeIpnsData({ ...ipnsData, value: '/ipfs/bafkqaaa' as never }),
    /^value is a string; a Uint8Array is expected$/
  ],
  [
    'bytes that are neither path nor CID',
    () => encodeIpnsData({ ...ipnsData, value: bytes }),
    /^value is 1 bytes; a path such as \/ipfs\/bafy… or a binary CID is expected$/
  ],
  [
    'a number as sequence',
    () => encodeIpnsData({ ...ipnsData, sequence: 1 as never }),
    /^sequence is 1; a bigint from 0 to 2\^63 - 1 is expected$/
  ],
  [
    'a Date as validity',
    () => encodeIpnsData({ ...ipnsData, validity: new Date() as never }),
    /^time is a Date; a bigint of nanoseconds, within the years 0 to 9999, is expected$/
  ],
  [
    'an object as extra',
    () => encodeIpnsData({ ...ipnsData, extra: {} as never }),
    /^extra is an object; a Map is expected$/
  ],
  [
    'a number as the sequence of a signed record',
    () => encodeSignedRecord({ ...signedRecord, sequence: 1 as never }),
    /is 1; a bigint( from 0 to 2\^64 - 1)? is expected$/
  ],
  [
    'a text as revoked',
    () => encodeSignedRecord({ ...signedRecord, revoked: 'no' as never }),
    /^revoked is a string; a boolean is expected$/
  ],
  [
    'one address that is text',
    () =>
      encodePeerRecord({
        peerId: parsePeerId('12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'),
        sequence: 1n,
        addresses: ['/ip4/127.0.0.1' as never]
      }),
    /^address is a string; the Uint8Array of a multiaddr is expected$/
  ],
  [
    'an address instead of addresses',
    () =>
      encodePeerRecord({
        peerId: parsePeerId('12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'),
        sequence: 1n,
        addresses: bytes as never
      }),
    /^addresses is a Uint8Array; an array is expected$/
  ],
  [
    'bytes instead of a key',
    () => encodePublicKey(bytes as never),
    /^key data is undefined; a Uint8Array is expected$/
  ],
  ['bytes where text is parsed', () => parseIpnsName(bytes as never), /^text is a Uint8Array; a string is expected$/],
  ['a number where text is parsed', () => parsePeerId(5 as never), /^text is 5; a string is expected$/],
  ['text where a name is bytes', () => ipnsNameToString('k51' as never), /is a string; a Uint8Array is expected$/],
  ['text as a name of a routing key', () => ipnsRoutingKey('k51' as never), /is a string; a Uint8Array is expected$/],
  [
    'a name as a key',
    () => splitRecordKey(parseRecordKey('k51\n')),
    /^record key "k51\\u\{a\}" is not \/namespace\/path$/,
    'RECORD_KEY_INVALID'
  ],
  ['nothing as a key', () => parseRecordKey(undefined as never), /is undefined; a (Uint8Array|string)/],
  [
    'text where a key is bytes',
    () => splitRecordKey('/ipns/a' as never),
    /^record key is a string; a Uint8Array is expected$/
  ],
  [
    'a namespace with slashes',
    () => joinRecordKey('/config/', 'a'),
    /^namespace is empty or contains a slash$/,
    'RECORD_KEY_INVALID'
  ],
  [
    'a domain as a name',
    () => parseIpnsName('example.org'),
    /^IPNS name "example.org" is not a peer ID such as/,
    'IPNS_NAME_INVALID'
  ]
])('the message for %s says what was found and what is expected', (_, call, message, code = 'INVALID_ARGUMENT') => {
  expect(call).toThrow(
    expect.objectContaining({ name: 'RecordError', code, message: expect.stringMatching(message) as unknown })
  )
})
