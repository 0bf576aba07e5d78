import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  decodePrivateKey,
  decodeUnsignedPublicKey,
  encodePublicKey,
  parsePeerId,
  splitRecordKey
} from '@recordkit/record-codec'
import { derElement, readDer } from '@recordkit/record-codec/internal'
import { exportPrivateKey } from '@recordkit/record-crypto'
import { hex, unhex, utf8 } from '../bytes.ts'
import { keyPairOf, newKeyPair } from '../own.ts'
import type { Probe } from './probe.ts'

/** Encodes a key as protobuf with any type and data. */
function keyMessage(type: number, data: Uint8Array): Uint8Array {
  const length = data.length < 128 ? [data.length] : [(data.length & 127) | 128, data.length >> 7]
  return new Uint8Array([8, type, 0x12, ...length, ...data])
}

const publicProbe = (title: string, bytes: Uint8Array): Probe => ({
  title: `public key: ${title}`,
  operation: 'key.fromPublic',
  call: { bytes: { public: bytes } },
  // as a key that no signature covers
  ours: () => decodeUnsignedPublicKey(bytes)
})

const privateProbe = (title: string, bytes: Uint8Array): Probe => ({
  title: `private key: ${title}`,
  operation: 'key.fromPrivate',
  call: { bytes: { private: bytes } },
  ours: async () => {
    decodePrivateKey(bytes)
    await keyPairOf(bytes)
  }
})

/** The SPKI of an RSA key with a random modulus of any size: it can be decoded only. */
function rsaOf(bits: number): Uint8Array {
  const modulus = randomBytes(bits / 8)
  modulus[0] = (modulus[0] ?? 0) | 0x80
  modulus[modulus.length - 1] = (modulus.at(-1) ?? 0) | 1
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }
  return new Uint8Array(createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' }))
}

const curve = (namedCurve: string): Uint8Array =>
  new Uint8Array(generateKeyPairSync('ec', { namedCurve }).publicKey.export({ type: 'spki', format: 'der' }))

async function* publicKeys(): AsyncGenerator<Probe> {
  const ed25519 = await newKeyPair('Ed25519')
  const canonical = encodePublicKey(ed25519.publicKey)
  const { data } = ed25519.publicKey
  const rsa = (await newKeyPair('RSA')).publicKey.data
  yield publicProbe('its fields in another order', new Uint8Array([0x12, 32, ...data, 8, 1]))
  yield publicProbe('an unknown field after it', new Uint8Array([...canonical, 0x18, 1]))
  yield publicProbe('its type twice', new Uint8Array([8, 0, ...canonical]))
  yield publicProbe('a length that is not minimal', new Uint8Array([8, 1, 0x12, 0xa0, 0, ...data]))
  yield publicProbe('an RSA key without its type', keyMessage(0, rsa).subarray(2))
  const info = { bytes: readDer({ bytes: rsa, offset: 0 }, 0x30) as Uint8Array, offset: 0 }
  const algorithm = readDer(info, 0x30) as Uint8Array
  const numbers = readDer(info, 3) as Uint8Array
  const more = [4, 1, 7]
  const spki = (...parts: ArrayLike<number>[]): Uint8Array => keyMessage(0, derElement(0x30, ...parts))
  yield publicProbe(
    'RSA with an element after its numbers',
    spki(derElement(0x30, algorithm), derElement(3, [0], derElement(0x30, numbers.subarray(5), more)))
  )
  yield publicProbe(
    'RSA with an element after its algorithm',
    spki(derElement(0x30, algorithm, more), derElement(3, numbers))
  )
  yield publicProbe('RSA with an element at its end', spki(derElement(0x30, algorithm), derElement(3, numbers), more))
  yield publicProbe('Ed25519 of 31 bytes', keyMessage(1, data.subarray(1)))
  yield publicProbe('Ed25519 bytes that are not a point', keyMessage(1, new Uint8Array(32).fill(2)))
  yield publicProbe('Ed25519 of small order', keyMessage(1, new Uint8Array([1, ...new Uint8Array(31)])))
  yield publicProbe(
    'Ed25519 point not in its canonical form',
    keyMessage(1, new Uint8Array([0xee, ...new Uint8Array(30).fill(0xff), 0x7f]))
  )
  const secp256k1 = (await newKeyPair('Secp256k1')).publicKey.data
  const uncompressed = unhex(
    '04b838ff44e5bc177bf21189d0766082fc9d843226887fc9760371100b7ee20a6ff0c9d75bfba7b31a6bca1974496eeb56de357071955d83c4b1badaa0b21832e9'
  )
  yield publicProbe('Secp256k1 uncompressed', keyMessage(2, uncompressed))
  yield publicProbe(
    'Secp256k1 bytes that are not a point',
    keyMessage(2, new Uint8Array([2, ...new Uint8Array(32).fill(0xff)]))
  )
  yield publicProbe('Secp256k1 with an additional byte', keyMessage(2, new Uint8Array([...secp256k1, 0])))
  for (const bits of [512, 1024, 2048, 4096, 8192, 8256])
    yield publicProbe(`RSA of ${bits} bits`, keyMessage(0, rsaOf(bits)))
  yield publicProbe('RSA with a byte after the DER', keyMessage(0, new Uint8Array([...rsa, 0])))
  for (const name of ['P-256', 'P-384', 'P-521', 'secp224r1', 'secp256k1']) {
    yield publicProbe(`ECDSA on ${name}`, keyMessage(3, curve(name)))
  }
  yield publicProbe('a type that does not exist', keyMessage(4, data))
  yield publicProbe('empty', new Uint8Array())
}

async function* privateKeys(): AsyncGenerator<Probe> {
  const pair = await newKeyPair('Ed25519')
  const other = await newKeyPair('Ed25519')
  const { data } = pair.privateKey
  const seed = data.subarray(0, 32)
  yield privateProbe('Ed25519, 64 bytes', exportPrivateKey(pair))
  yield privateProbe('Ed25519, 96 bytes', keyMessage(1, new Uint8Array([...data, ...data.subarray(32)])))
  yield privateProbe(
    'Ed25519, 96 bytes, with different public halves',
    keyMessage(1, new Uint8Array([...data, ...other.privateKey.data.subarray(32)]))
  )
  yield privateProbe('Ed25519, the seed alone', keyMessage(1, seed))
  yield privateProbe(
    'Ed25519, with the public half of another key',
    keyMessage(1, new Uint8Array([...seed, ...other.privateKey.data.subarray(32)]))
  )
  yield privateProbe('Secp256k1, 0', keyMessage(2, new Uint8Array(32)))
  yield privateProbe(
    'Secp256k1, the group order',
    keyMessage(2, unhex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'))
  )
}

const textProbe = (title: string, text: string): Probe => ({
  title: `peer ID as text: ${title}`,
  operation: 'peer.parse',
  call: { texts: { text } },
  ours: () => parsePeerId(text),
  isAccepted: (answer) => answer['peer'] === undefined || isSamePeer(answer['peer'], text)
})

/** Whether the implementation parsed the same peer ID as RecordKit: another one does not count as accepted. */
function isSamePeer(peer: unknown, text: string): boolean {
  try {
    return hex(parsePeerId(text)) === peer
  } catch {
    return true
  }
}

function* peerIds(): Generator<Probe> {
  yield textProbe('CIDv1 of dag-pb', 'k50rm9yjlt0jey4fqg6wafvqprktgbkpgkqdg27tpqje6iimzxewnhvtin9hhq')
  yield textProbe('CIDv1 of raw', 'bafkreifoybygix7fh3r3g5rqle3wcnhqldgdg4shzf4k3ulyw3gn7mabt4')
  yield textProbe('empty', '')
  yield textProbe('base58 with a letter outside its alphabet', '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH0')
  yield textProbe('base58 with a missing letter', '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH')
  yield textProbe('CIDv1 libp2p-key, base36', 'k51qzi5uqu5djmw2yvf8kk5cdjc1ddc00o4d5sjwi6f79xzcay9j3gkddw5uu4')
  yield textProbe('CIDv1 libp2p-key, base32', 'bafzaajaiaejcbcui4ppxicpzsx6vfwznhs45oxfhe3dp2zpzekc7c5zzyryagmwa')
  yield textProbe('base58 of an identity hash that is not a key', '1AbCd')
}

const keyProbe = (text: string): Probe => ({
  title: `record key ${JSON.stringify(text)}`,
  operation: 'key.split',
  call: { bytes: { key: utf8(text) } },
  ours: () => splitRecordKey(utf8(text))
})

export async function* keyProbes(): AsyncGenerator<Probe> {
  yield* publicKeys()
  yield* privateKeys()
  yield* peerIds()
  for (const text of ['', '/', '//', '/a', '/a/', 'a/b', '//a/b', '/a//b', '/a/b']) yield keyProbe(text)
}
