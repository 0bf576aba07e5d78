import type { KeyPair } from '@recordkit/record-crypto'
import { equalBytes, systemClock } from '@recordkit/record-types'
import { hour } from '@recordkit/testing'
import { countUnexpected, putMessage } from '../field-network.ts'
import type { FieldNetwork } from '../field-network.ts'
import type { Random } from '../random.ts'
import { keyPair, named, ownKey, sealed } from '../records.ts'

export interface Forgeries {
  /** messages that must all be refused */
  readonly messages: readonly Uint8Array[]
  /** counts the stored records that must not be stored */
  accepted(): Promise<number>
}

/** Makes puts of forged, foreign, misplaced and older records, after every node has stored the newest. */
export async function forgeries(network: FieldNetwork, random: Random): Promise<Forgeries> {
  const [victim, attacker] = [network.pairs[0] as KeyPair, await keyPair(random)]
  const [key, other] = [ownKey(victim, 'x'), ownKey(victim, 'y')]
  const now = systemClock()
  const [older, newest] = [
    await sealed({ key, signer: victim, sequence: 1n, now }),
    await sealed({ key, signer: victim, sequence: 2n, now })
  ]
  const foreign = await sealed({ key, signer: attacker, sequence: 9n, now })
  const name = await named(victim, 3n, now + hour)
  for (const records of network.records) await records.manager.receive(key, newest)
  const makers = [
    () => putMessage(key, key, random.damaged(newest)),
    () => putMessage(key, key, foreign),
    () => putMessage(key, key, older),
    () => putMessage(other, key, older),
    () => putMessage(other, other, newest),
    () => putMessage(name.key, name.key, random.damaged(name.value, name.value.length - 40)),
    () => putMessage(key, name.key, newest)
  ]
  return {
    messages: Array.from({ length: 700 }, (_, index) => makers[index % makers.length]?.() ?? new Uint8Array(0)),
    async accepted() {
      const unexpected = await countUnexpected(network, [key], (value) => equalBytes(value, newest))
      return unexpected + (await countUnexpected(network, [other, name.key], () => false))
    }
  }
}
