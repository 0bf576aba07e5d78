import { ipnsNameToString, parsePeerId, peerIdToString } from '@recordkit/record-codec'
import { sha256 } from '@recordkit/record-crypto'
import { fromHex, toHex } from '@recordkit/testing'
import keyspace from '@recordkit/vectors/kad/kad-keyspace-spec.json' with { type: 'json' }
import { expect, test } from 'vitest'

// A DHT hashes the binary peer ID, or the multihash of the content, to place a key.
test('Kademlia identifiers are the SHA-256 of the binary peer ID or multihash', () => {
  for (const { kind, binaryHex, multihashHex, kadIdHex, base58btc, cidBase36 } of keyspace.vectors) {
    const bytes = fromHex(binaryHex ?? multihashHex ?? '')
    expect(toHex(sha256(bytes)), kind).toBe(kadIdHex)
    if (base58btc === undefined) continue
    expect(peerIdToString(bytes)).toBe(base58btc)
    expect(ipnsNameToString(bytes)).toBe(cidBase36)
    expect(parsePeerId(cidBase36 ?? '')).toEqual(bytes)
  }
})
