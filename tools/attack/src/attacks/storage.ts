import { LevelRecordStore } from '@recordkit/store-level'
import { Assault } from '../assault.ts'
import type { Attack } from '../attack.ts'
import { FailingLevel } from '../failing-level.ts'
import { openHouse } from '../house.ts'
import { keyPair, ownKey, sealed, senderOf, start } from '../records.ts'

/** Media that fail. */
export const storage: readonly Attack[] = [
  {
    id: 'failing-store',
    title:
      'a flood while every second write of it fails, before or after it was applied; then the store is opened again',
    bound: 'a write is one batch: all of it or nothing; what failed is told to who wrote it',
    async run({ random, times }) {
      const time = { now: start }
      const database = new FailingLevel()
      const open = async () => LevelRecordStore.open(database, { clock: () => time.now })
      const store = await open()
      const house = await openHouse({ random, time, store })
      const assault = new Assault(() => current)
      let current = house
      const author = await keyPair(random)
      let failed = 0
      for (let shot = 0; shot < times(3_000); shot++) {
        const key = ownKey(author, `s${shot % 200}`)
        const value = await sealed({ key, signer: author, sequence: BigInt(shot), now: time.now })
        if (shot % 20 === 0) await house.honest.once()
        assault.tried++
        database.fails = random.of(['not', 'before', 'after'])
        const broken = database.fails !== 'not'
        const told = await house.manager.receive(key, value, { sender: senderOf(shot) }).then(
          ({ status }) => status === 'stored',
          () => false
        )
        // a write that failed and is said to be stored is a lie that an attacker lives by
        if (broken && told) assault.gotIn++
        if (broken) failed++
        database.fails = 'not'
      }
      if (failed === 0) throw new Error('no write failed')
      await store.close()
      const again = await open()
      current = await openHouse({ random, time, store: again, honest: house.honest })
      const { problems } = await again.verify()
      return assault.result({ sizes: [{ what: 'problems found by verify', size: problems.length, most: 0 }] })
    }
  }
]
