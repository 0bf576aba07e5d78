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

test.each(['/ipns/x', '/pk/x', '/peer/x', '/config/x/app', '/wall/x', '/news/x', '/unknown/x', 'x', ''])(
  'ownerOf returns undefined for %j, which names no owner',
  (key) => {
    expect(engine.ownerOf(new TextEncoder().encode(key))).toBeUndefined()
  }
)
