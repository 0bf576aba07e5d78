import {
  decodeUvarint,
  encodeUvarint,
  formatTime,
  ipnsNameToString,
  joinRecordKey,
  parseIpnsName,
  parsePeerId,
  parseTime,
  peerIdToString,
  splitRecordKey,
  splitProviderKey,
  providerKey
} from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { datastoreKey, recordKeyFromDatastoreKey } from '@recordkit/store-level/datastore'
import { CID } from 'multiformats/cid'
import { attempt, codecTarget, Finding, same } from '../target.ts'
import type { Target } from '../target.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const latin1 = (input: Uint8Array): string => String.fromCharCode(...input)
const { peerId } = await keyPairFromSeed(new Uint8Array(32).fill(1))
const names = [
  ipnsNameToString(peerId),
  peerIdToString(peerId),
  `/ipns/${ipnsNameToString(peerId)}`,
  'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'
]

export const textTargets: readonly Target[] = [
  codecTarget(
    'time',
    ['2023-05-02T13:43:41.262136727Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59+23:59'].map(utf8),
    {
      decode: parseTime,
      encode: (time) => utf8(formatTime(time)),
      oracle(input, value) {
        // Date.parse reads milliseconds only
        const text = latin1(input).replace(/(\.\d{3})\d*/, '$1')
        if (value !== undefined)
          same(
            'Date',
            BigInt(Math.floor(Number(value / 1_000_000n) + (value < 0n && value % 1_000_000n !== 0n ? -1 : 0))),
            BigInt(Date.parse(text))
          )
      }
    }
  ),
  codecTarget('peer-id-text', names.map(utf8), {
    decode: (input) => parsePeerId(latin1(input)),
    encode: (id) => utf8(peerIdToString(id)),
    oracle(input, value) {
      const text = latin1(input)
      if (value === undefined || text.startsWith('1') || text.startsWith('Qm')) return
      const cid = attempt(() => CID.parse(text, undefined))
      if (cid !== undefined) same('multiformats', value, new Uint8Array(cid.multihash.bytes))
    }
  }),
  codecTarget('ipns-name-text', names.map(utf8), {
    decode: (input) => parseIpnsName(latin1(input)),
    encode: (id) => utf8(ipnsNameToString(id))
  }),
  codecTarget('record-key', [utf8('/ipns/x'), utf8('/a/b/c'), utf8('/constructor/')], {
    decode: splitRecordKey,
    encode: ({ namespace, path }) => joinRecordKey(namespace, path),
    oracle(input, value) {
      const [, namespace, path] = /^\/([^/]+)\/([^]*)$/.exec(latin1(input)) ?? []
      if ((value === undefined) !== (namespace === undefined)) throw new Finding('the regular expression disagrees')
      if (value !== undefined)
        same('the regular expression', [latin1(value.namespace), latin1(value.path)], [namespace, path])
    }
  }),
  codecTarget('provider-key', [providerKey(Uint8Array.of(0x12, 2, 1, 2), peerId)], {
    decode: splitProviderKey,
    encode: ({ multihash, provider }) => providerKey(multihash, provider)
  }),
  codecTarget('datastore-key', [utf8(datastoreKey(utf8('/ipns/x'))), utf8(datastoreKey(utf8('/providers/x')))], {
    decode: (input) => recordKeyFromDatastoreKey(latin1(input)),
    encode: (key) => (key === undefined ? new Uint8Array(0) : utf8(datastoreKey(key)))
  }),
  codecTarget('uvarint', [encodeUvarint(0n), encodeUvarint(300n), encodeUvarint((1n << 63n) - 1n)], {
    decode: (input) => decodeUvarint(input),
    encode: ({ value }) => encodeUvarint(value)
  })
]
