import { joinRecordKey } from '@recordkit/record-codec'
import { kadDhtValidation } from '@recordkit/record-libp2p'
import { Assault } from '../assault.ts'
import type { Attack } from '../attack.ts'
import { openHouse } from '../house.ts'
import { keyPair, sealed, senderOf } from '../records.ts'

const names = Object.getOwnPropertyNames(Object.prototype).concat('prototype', 'then', 'default', '')

/** Namespaces named like members of objects. */
export const memberNames: readonly Attack[] = [
  {
    id: 'member-names',
    title: `namespaces named like object members: ${names.slice(0, 4).join(', ')} and ${names.length - 4} more`,
    bound: 'a Map of bytes; validators without a prototype',
    async run({ random, times }) {
      const house = await openHouse({ random })
      const assault = new Assault(house)
      const author = await keyPair(random)
      const { validators, selectors } = kadDhtValidation(house.engine)
      for (let round = 0; round < times(50, 2); round++) {
        for (const name of names) {
          const key = name === '' ? new TextEncoder().encode('//x') : joinRecordKey(name, `x${round}`)
          const value = await sealed({ key, signer: author, sequence: 1n, now: house.time.now })
          await assault.fire({ key, value, sender: senderOf(round) })
          if (validators[name] !== undefined || selectors[name] !== undefined) assault.gotIn++
        }
      }
      return assault.result()
    }
  }
]
