import { joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair, sealPeerRecord } from '@recordkit/record-crypto'
import { peerRecords, selectRecord, ValidationEngine } from '@recordkit/record-validators'
import { expect, test } from 'vitest'

const engine = new ValidationEngine([peerRecords()])
const address = Uint8Array.of(4, 127, 0, 0, 1, 6, 0x0f, 0xa1)

test('peerRecords accepts a peer record under the ID of its peer, and refuses it under another ID', async () => {
  const [pair, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const value = await sealPeerRecord({ peerId: pair.peerId, sequence: 1n, addresses: [address] }, { signer: pair })
  expect(await engine.validate(joinRecordKey('peer', pair.peerId), value)).toMatchObject({ status: 'accept' })
  expect(await engine.validate(joinRecordKey('peer', other.peerId), value)).toMatchObject({
    status: 'ignore',
    code: 'KEY_MISMATCH'
  })
})

test('selectRecord orders peer records by their seq, whether it counts or is a timestamp', async () => {
  const pair = await generateKeyPair()
  const values = await Promise.all(
    [5n, 1_790_000_000_000n, 1n].map((sequence) =>
      sealPeerRecord({ peerId: pair.peerId, sequence, addresses: [] }, { signer: pair })
    )
  )
  expect(selectRecord(engine, joinRecordKey('peer', pair.peerId), values).ranked.map(({ index }) => index)).toEqual([
    1, 0, 2
  ])
})
