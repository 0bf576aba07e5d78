import {
  decodePublicKey,
  encodePublicKey,
  ipnsNameToString,
  parseIpnsName,
  parsePeerId,
  peerIdToString
} from '@recordkit/record-codec'
import { exportPrivateKey, verifySignature } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import type { KeyType } from '@recordkit/record-types'
import { hex, unhex, utf8 } from '../bytes.ts'
import type { Check } from '../check.ts'
import { isBareSeed, mustHave } from '../gaps.ts'
import { algorithms, keyPairOf, keyTypes, newKeyPair, ownPeer } from '../own.ts'
import { type Answer, type Implementation, OperationRefused, OperationUnsupported, textOf } from '../implementation.ts'
import type { Row } from '../table.ts'

const message = utf8('a message of some length, so that no one signs it by luck')

/** A key pair that they generated, or ours when they cannot generate this type. */
async function theirKey(
  implementation: Implementation,
  type: KeyType,
  check: Check
): Promise<{ pair: KeyPair; answer?: Answer }> {
  try {
    const answer = await implementation.call('key.generate', { texts: { type } })
    const encoded = unhex(textOf(answer, 'private'))
    if (!isBareSeed(implementation, encoded)) return { pair: await keyPairOf(encoded), answer }
    check.note('encodes an Ed25519 private key as the seed alone, not as the 64 bytes of the specification')
  } catch (error) {
    if (!(error instanceof OperationUnsupported)) throw error
    check.note(error.message)
  }
  return { pair: await newKeyPair(type) }
}

function theyMake(type: KeyType): Row {
  return {
    name: `${type} key and signature, they make`,
    async run(implementation, check) {
      await mustHave(implementation, type)
      const { pair, answer } = await theirKey(implementation, type, check)
      if (answer !== undefined) {
        check.equal(pair.publicKey.type, type, 'type of their private key')
        check.equalWhereGiven(answer['public'], hex(encodePublicKey(pair.publicKey)), 'public key of their private key')
        check.equalWhereGiven(answer['peer'], hex(pair.peerId), 'their peer ID')
        check.equal(hex(parsePeerId(textOf(answer, 'text'))), hex(pair.peerId), 'their peer ID, parsed from text')
        if (answer['public'] !== undefined) {
          check.equal(decodePublicKey(unhex(textOf(answer, 'public'))).type, type, 'type of their public key')
        }
        if (answer['name'] !== undefined) {
          check.equal(hex(parseIpnsName(textOf(answer, 'name'))), hex(pair.peerId), 'their IPNS name')
        }
      }
      const signed = await implementation.call('key.sign', { bytes: { private: exportPrivateKey(pair), message } })
      const input = new Uint8Array([
        ...unhex(signed['prefix'] === undefined ? '' : textOf(signed, 'prefix')),
        ...message
      ])
      const signature = unhex(textOf(signed, 'signature'))
      const verify = (bytes: Uint8Array): Promise<boolean> =>
        Promise.resolve(verifySignature(pair.publicKey, input, bytes, { algorithms }))
      check.that(await verify(signature), `RecordKit refuses their ${type} signature`)
      const wrong = signature.map((byte, index) => (index === signature.length - 3 ? byte ^ 1 : byte))
      check.that(!(await verify(wrong)), `RecordKit accepts a damaged ${type} signature of theirs`)
    }
  }
}

function weMake(type: KeyType): Row {
  return {
    name: `${type} key and signature, we make`,
    async run(implementation, check) {
      await mustHave(implementation, type)
      const pair = await newKeyPair(type)
      const publicKey = encodePublicKey(pair.publicKey)
      const compare = (answer: Answer, what: string): void => {
        check.equalWhereGiven(answer['public'], hex(publicKey), `our ${what}`)
        check.equal(answer['text'], peerIdToString(pair.peerId), `peer ID of our ${what}`)
        check.equalWhereGiven(answer['peer'], hex(pair.peerId), `bytes of the peer ID of our ${what}`)
        check.equalWhereGiven(answer['name'], ipnsNameToString(pair.peerId), `IPNS name of our ${what}`)
      }
      let decodesKeys = false
      await check.optional(async () => {
        try {
          compare(
            await implementation.call('key.fromPrivate', { bytes: { private: exportPrivateKey(pair) } }),
            'private key'
          )
          decodesKeys = true
        } catch (error) {
          if (!(error instanceof OperationRefused)) throw error
          if (implementation.name !== 'python' || type !== 'Ed25519') throw error
          check.note('encodes an Ed25519 private key as the seed alone, not as the 64 bytes of the specification')
        }
      })
      await check.optional(async () => {
        compare(await implementation.call('key.fromPublic', { bytes: { public: publicKey } }), 'public key')
        decodesKeys = true
      })
      const prefix = implementation.name === 'kubo' ? 'libp2p-key signed message:' : ''
      const input = new Uint8Array([...utf8(prefix), ...message])
      const signature = await pair.sign(input)
      const verify = (bytes: Uint8Array): Promise<Answer> =>
        implementation.call('key.verify', {
          // Kubo verifies with imported keys
          bytes: { public: publicKey, private: exportPrivateKey(pair), message: input, signature: bytes }
        })
      const right = await verify(signature)
      check.equal(right['valid'], true, `their verdict on our ${type} signature`)
      const wrong = signature.map((byte, index) => (index === signature.length - 3 ? byte ^ 1 : byte))
      try {
        check.equal((await verify(wrong))['valid'], false, `their verdict on our damaged ${type} signature`)
      } catch (error) {
        if (!(error instanceof OperationRefused)) throw error
      }
      if (!decodesKeys) check.note(`decodes ${type} keys only to verify signatures`)
    }
  }
}

const texts: Row = {
  name: 'peer IDs and IPNS names as text, both ways',
  async run(implementation, check) {
    for (const type of keyTypes) {
      const pair = await newKeyPair(type)
      const id = hex(ownPeer(pair.publicKey))
      for (const text of [peerIdToString(pair.peerId), ipnsNameToString(pair.peerId)]) {
        let parsed: Answer
        try {
          parsed = await implementation.call('peer.parse', { texts: { text } })
        } catch (error) {
          if (!(error instanceof OperationRefused)) throw error
          if (!text.startsWith('k')) throw error
          check.note('parses peer IDs in base58btc only, not CIDs')
          continue
        }
        if (parsed['peer'] !== id && text.startsWith('k')) {
          check.note('parses the bytes of a CID as a multihash')
          continue
        }
        check.equal(parsed['peer'], id, text)
        check.equal(hex(parsePeerId(textOf(parsed, 'text'))), id, `their text of ${text}`)
      }
    }
  }
}

export const keyRows: readonly Row[] = [...keyTypes.flatMap((type) => [theyMake(type), weMake(type)]), texts]
