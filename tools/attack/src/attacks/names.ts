import { joinRecordKey } from '@recordkit/record-codec'
import { kadDhtValidation } from '@recordkit/record-libp2p'
import { Attempts } from '../attempts.ts'
import type { Attack } from '../attack.ts'
import { createTestManager } from '../test-manager.ts'
import { keyPair, sealed, senderOf } from '../records.ts'

const names = Object.getOwnPropertyNames(Object.prototype).concat('prototype', 'then', 'default', '')

/** Namespaces named like object members. */
export const memberNames: readonly Attack[] = [
  {
    id: 'member-names',
    title: `namespaces named like object members: ${names.slice(0, 4).join(', ')} and ${names.length - 4} more`,
    bound: 'namespaces are in a Map; the validators object has no prototype',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const author = await keyPair(random)
      const { validators, selectors } = kadDhtValidation(target.engine)
      for (let round = 0; round < times(50, 2); round++) {
        for (const name of names) {
          const key = name === '' ? new TextEncoder().encode('//x') : joinRecordKey(name, `x${round}`)
          const value = await sealed({ key, signer: author, sequence: 1n, now: target.time.now })
          await attempts.send({ key, value, sender: senderOf(round) })
          if (validators[name] !== undefined || selectors[name] !== undefined) attempts.accepted++
        }
      }
      return attempts.result()
    }
  }
]
