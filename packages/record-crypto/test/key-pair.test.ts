import { decodePrivateKey, encodePublicKey, parsePeerId, peerIdToString } from '@recordkit/record-codec'
import { fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import goKeys from '../../../vectors/keys/go-libp2p-key-fixtures.json' with { type: 'json' }
import authExample from '../../../vectors/keys/peer-id-auth-signing-example.json' with { type: 'json' }
import specKeys from '../../../vectors/peer-ids/peer-id-spec-keys.json' with { type: 'json' }
import {
  exportPrivateKey,
  generateKeyPair,
  keyPairFromPrivateKey,
  keyPairFromSeed,
  peerIdOf,
  verifySignature
} from '../src/index.ts'

const message = new TextEncoder().encode('a message')

test('a new key pair signs what its public key verifies', async () => {
  const pair = await generateKeyPair()
  const signature = await pair.sign(message)
  expect(signature).toHaveLength(64)
  expect(signature.constructor).toBe(Uint8Array)
  expect(await verifySignature(pair.publicKey, message, signature)).toBe(true)
  expect(await verifySignature(pair.publicKey, message.subarray(1), signature)).toBe(false)
  expect((await generateKeyPair()).publicKey.data).not.toEqual(pair.publicKey.data)
})

test('a seed gives the key of RFC 8032, test 1', async () => {
  const seed = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
  const pair = await keyPairFromSeed(seed)
  expect(toHex(pair.publicKey.data)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
  expect(toHex(await pair.sign(new Uint8Array(0)))).toBe(
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
  )
})
