import {
  decodeIpnsRecord,
  encodeIpnsData,
  encodeIpnsRecord,
  encodePublicKey,
  ipnsRoutingKey,
  ipnsSigningInput,
  joinRecordKey
} from '@recordkit/record-codec'
import { generateRsaKeyPair, rsa } from '@recordkit/record-crypto/rsa'
import type { KeyPair } from '@recordkit/record-crypto'
import type { ReceiveResult } from '@recordkit/record-manager'
import { day } from '@recordkit/testing'
import { equalBytes } from '@recordkit/record-types'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { Attempts } from '../attempts.ts'
import type { Attack } from '../attack.ts'
import { createTestManager } from '../test-manager.ts'
import { keyPair, named, ownKey, sealed, senderOf, start } from '../records.ts'

/** Records without a valid signature, signed by the wrong key, or signed for another key. */
export const forgeries: readonly Attack[] = [
  {
    id: 'forged-signature',
    title:
      'a valid record with one bit flipped, anywhere; signed records and IPNS records (whose unsigned V1 fields may differ)',
    bound: 'the records of a sender are refused unread after about ten forgeries; scores of 10,000 senders',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const victim = await keyPair(random)
      const key = ownKey(victim, 'x')
      const value = await sealed({ key, signer: victim, sequence: 5n, now: start })
      const name = await named(victim, 5n, start + 2n * day)
      for (let shot = 0; shot < times(10_000); shot++) {
        const sender = senderOf(random.below(400))
        if (shot % 2 === 0) await attempts.send({ key, value: random.damaged(value), sender })
        else
          await attempts.send(
            { key: name.key, value: random.damaged(name.value), sender },
            hasSameSignature(name.value)
          )
      }
      return attempts.result({
        sizes: [
          { what: 'records', size: (await target.store.stats()).entries, most: 16 + 1 },
          { what: 'verdicts', size: target.engine.verdicts.stats.entries, most: 4096 },
          { what: 'scores', size: target.scores.size, most: 10_000 }
        ]
      })
    }
  },
  {
    id: 'foreign-signer',
    title: 'records correctly signed by the attacker under keys of others, with sequences up to 2^64 - 1',
    bound: 'the author is compared before the signature is verified',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const attacker = await keyPair(random)
      const targets = [ownKey(target.honest.author, 'other'), target.honest.keyOf(0), target.honest.keyOf(1)]
      for (let shot = 0; shot < times(2_000); shot++) {
        const sequence = random.of([0n, 1n, 1_000_000n, 2n ** 63n, 2n ** 64n - 1n])
        const key = random.of(targets)
        const now = target.time.now
        await attempts.send({
          key,
          value: await sealed({ key, signer: attacker, sequence, now }),
          sender: senderOf(shot)
        })
        if (shot % 10 === 0) {
          const revocation = await sealed({ key, signer: attacker, sequence, now, revoked: true })
          await attempts.send({ key, value: revocation, sender: senderOf(shot) })
        }
      }
      return attempts.result()
    }
  },
  {
    id: 'key-confusion',
    title: 'the requested key, the key of the record and the signed key differ, in every namespace',
    bound: 'compared while parsing, before any signature',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const [victim, attacker] = [await keyPair(random), await keyPair(random)]
      const a = ownKey(victim, 'a')
      const b = ownKey(victim, 'b')
      const shared = joinRecordKey('open', 'a')
      const ofA = await sealed({ key: a, signer: victim, sequence: 9n, now: start })
      const ofShared = await sealed({ key: shared, signer: victim, sequence: 9n, now: start })
      const name = await named(victim, 9n, start + 2n * day)
      const attackers = await named(attacker, 9n, start + 2n * day)
      const ownPublicKey = encodePublicKey(attacker.publicKey)
      const shots = [
        { key: b, value: ofA },
        { key: ownKey(attacker, 'a'), value: ofA },
        { key: joinRecordKey('open', 'b'), value: ofShared },
        { key: a, value: ofShared },
        { key: shared, value: ofA },
        { key: name.key, value: ofA },
        { key: a, value: name.value },
        { key: name.key, value: attackers.value },
        { key: attackers.key, value: name.value },
        { key: joinRecordKey('pk', victim.peerId), value: ownPublicKey },
        { key: name.key, value: await withForeignKey(attacker) }
      ]
      // a cached verdict on bytes under one key must not be used for the same bytes under another key
      await target.engine.validate(a, ofA)
      await target.engine.validate(shared, ofShared)
      await target.engine.validate(name.key, name.value)
      for (let round = 0; round < times(100, 2); round++)
        for (const [index, shot] of shots.entries())
          await attempts.send({ ...shot, sender: senderOf(round * 16 + index) })
      return attempts.result()
    }
  },
  {
    id: 'embedded-key',
    title: 'an IPNS record of a hashed (RSA) name, signed by another RSA key that is embedded in it',
    bound: 'the embedded key is hashed and compared before its signature is verified',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const engine = new ValidationEngine([ipns({ algorithms: [rsa] })], { clock: () => target.time.now })
      const [victim, attacker] = [await generateRsaKeyPair(), await generateRsaKeyPair()]
      const key = ipnsRoutingKey(victim.peerId)
      const value = await withForeignKey(attacker)
      for (let round = 0; round < times(200, 5); round++) {
        await attempts.send({ key, value: random.damaged(value), sender: senderOf(round) })
        if ((await engine.validate(key, value)).status === 'accept') attempts.accepted++
        attempts.tried++
      }
      return attempts.result()
    }
  }
]

/** Whether the accepted record has the same signed data: the fields of an IPNS record that V2 does not sign may differ. */
function hasSameSignature(original: Uint8Array): (result: ReceiveResult) => boolean {
  const { data, signatureV2 } = decodeIpnsRecord(original)
  return ({ record }) => {
    const accepted = record === undefined ? undefined : decodeIpnsRecord(record.value)
    return accepted !== undefined && equalBytes(accepted.data, data) && equalBytes(accepted.signatureV2, signatureV2)
  }
}

/** A record with the public key and signature of the attacker, for the name of the victim. */
async function withForeignKey(attacker: KeyPair): Promise<Uint8Array> {
  const data = encodeIpnsData({
    value: new TextEncoder().encode('/ipfs/bafkqaaa'),
    validity: start + 2n * day,
    sequence: 9n,
    ttl: 0n
  })
  return encodeIpnsRecord({
    data,
    signatureV2: await attacker.sign(ipnsSigningInput(data)),
    publicKey: encodePublicKey(attacker.publicKey)
  })
}
