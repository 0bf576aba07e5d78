import {
  generateKeyPair,
  privateKeyFromProtobuf,
  privateKeyToProtobuf,
  publicKeyFromProtobuf,
  publicKeyToProtobuf
} from '@libp2p/crypto/keys'
import type { PrivateKey, PublicKey } from '@libp2p/interface'
import { peerIdFromMultihash, peerIdFromString } from '@libp2p/peer-id'
import { base36 } from 'multiformats/bases/base36'
import * as Digest from 'multiformats/hashes/digest'
import { type Answer, type Arguments, type Operations, hex, refusing } from './arguments.ts'

export const privateKey = (call: Arguments): Promise<PrivateKey> =>
  refusing(() => privateKeyFromProtobuf(call.bytes('private')))
const publicKey = (call: Arguments): Promise<PublicKey> => refusing(() => publicKeyFromProtobuf(call.bytes('public')))

function describeKey(key: PublicKey): Answer {
  // without a PeerId, which @libp2p/peer-id does not support for ECDSA
  return {
    public: hex(publicKeyToProtobuf(key)),
    peer: hex(key.toMultihash().bytes),
    text: key.toString(),
    name: key.toCID().toString(base36)
  }
}

const describePair = (key: PrivateKey): Answer => ({
  ...describeKey(key.publicKey),
  private: hex(privateKeyToProtobuf(key))
})

export const keyOperations: Operations = {
  'key.generate': async (call) => {
    const kind = call.text('type')
    if (kind === 'RSA') return describePair(await generateKeyPair('RSA', 2048))
    if (kind === 'ECDSA') return describePair(await generateKeyPair('ECDSA'))
    if (kind === 'Secp256k1') return describePair(await generateKeyPair('secp256k1'))
    return describePair(await generateKeyPair('Ed25519'))
  },
  'key.fromPrivate': async (call) => describePair(await privateKey(call)),
  'key.fromPublic': async (call) => describeKey(await publicKey(call)),
  'key.sign': async (call) => ({ signature: hex(await (await privateKey(call)).sign(call.bytes('message'))) }),
  'key.verify': async (call) => {
    const key = await publicKey(call)
    return { valid: await refusing(() => key.verify(call.bytes('message'), call.bytes('signature'))) }
  },
  'peer.parse': async (call) => {
    const text = call.text('text')
    // the parser of js-libp2p accepts base58btc, and CIDs in base32, base36 and base58btc
    const peer = await refusing(() => peerIdFromString(text))
    return { peer: hex(peer.toMultihash().bytes), text: peer.toString(), name: peer.toCID().toString(base36) }
  },
  'peer.check': async (call) => {
    const bytes = call.bytes('peer')
    const peer = await refusing(() => peerIdFromMultihash(Digest.decode(bytes)))
    return { text: peer.toString() }
  }
}
