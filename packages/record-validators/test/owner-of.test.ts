import { ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import {
  anyAuthor,
  exceptAuthors,
  ipns,
  onlyAuthors,
  ownedKey,
  ownerInKey,
  peerRecords,
  publicKeys,
  signed,
  ValidationEngine,
  withMaxSize
} from '@recordkit/record-validators'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { portableSigner } from '@recordkit/testing'
import { expect, test } from 'vitest'

const owner = peerIdFromPublicKey(portableSigner(new Uint8Array(32).fill(9)).publicKey)
const engine = new ValidationEngine([
  ipns(),
  publicKeys(),
  peerRecords(),
  withMaxSize(signed('config', { authors: ownerInKey() }), 1024),
  signed('notes', { authors: exceptAuthors(ownerInKey(), []) }),
  signed('wall', { authors: anyAuthor() }),
  signed('news', { authors: onlyAuthors([owner]) })
])

test('ownerOf returns the peer ID that a key names as its only author', () => {
  for (const key of [
    ipnsRoutingKey(owner),
    joinRecordKey('pk', owner),
    joinRecordKey('peer', owner),
    ownedKey('config', owner, 'app'),
    ownedKey('notes', owner, 'a/b')
  ])
    expect(engine.ownerOf(key)).toEqual(owner)
})

test('ownerOf of an owned key agrees with the owner of every key type', () => {
  for (let seed = 0; seed < 60; seed++) {
    const digest = Uint8Array.of(0x12, 0x20, ...new Uint8Array(32).map((_, index) => (seed * 37 + index * 101) & 255))
    const inlined = Uint8Array.of(0x00, 37, 8, 2, 0x12, 33, 2 + (seed & 1), ...digest.subarray(2))
    for (const peerId of [digest, inlined, peerIdFromPublicKey(portableSigner(digest.subarray(2)).publicKey)])
      expect(engine.ownerOf(ownedKey('config', peerId, 'app'))).toEqual(peerId)
  }
})

test.each([
  '/ipns/x',
  '/pk/x',
  '/peer/x',
  '/config/x/app',
  '/config//app',
  '/config/k/app',
  '/config/K51QZI5/app',
  '/config/k51qzi5uqu5d/app',
  '/config/-%ü/app',
  `/config/${'z'.repeat(5000)}/app`,
  '/wall/x',
  '/news/x',
  '/unknown/x',
  'x',
  ''
])('ownerOf returns undefined for %j, which names no owner', (key) => {
  expect(engine.ownerOf(new TextEncoder().encode(key))).toBeUndefined()
})
