import { LevelRecordStore } from '@recordkit/store-level'
import { Attempts } from '../attempts.ts'
import type { Attack } from '../attack.ts'
import { FailingLevel } from '../failing-level.ts'
import { createTestManager } from '../test-manager.ts'
import { keyPair, ownKey, sealed, senderOf, start } from '../records.ts'

/** Storage that fails. */
export const storage: readonly Attack[] = [
  {
    id: 'failing-store',
    title:
      'a flood during which two of three writes fail, before or after they were applied; then the store is opened again',
    bound: 'a write is one batch, applied completely or not at all; the caller receives the error of a failed write',
    async run({ random, times }) {
      const time = { now: start }
      const database = new FailingLevel()
      const open = async () => LevelRecordStore.open(database, { clock: () => time.now })
      const store = await open()
      const target = await createTestManager({ random, time, store })
      const attempts = new Attempts(() => current)
      let current = target
      const author = await keyPair(random)
      let failed = 0
      for (let shot = 0; shot < times(3_000); shot++) {
        const key = ownKey(author, `s${shot % 200}`)
        const value = await sealed({ key, signer: author, sequence: BigInt(shot), now: time.now })
        if (shot % 20 === 0) await target.honest.once()
        attempts.tried++
        database.fails = random.of(['not', 'before', 'after'])
        const broken = database.fails !== 'not'
        const reported = await target.manager.receive(key, value, { sender: senderOf(shot) }).then(
          ({ status }) => status === 'stored',
          () => false
        )
        // a failed write must not be reported as stored
        if (broken && reported) attempts.accepted++
        if (broken) failed++
        database.fails = 'not'
      }
      if (failed === 0) throw new Error('no write failed')
      await store.close()
      const again = await open()
      current = await createTestManager({ random, time, store: again, honest: target.honest })
      const { problems } = await again.verify()
      return attempts.result({ sizes: [{ what: 'problems found by verify', size: problems.length, most: 0 }] })
    }
  }
]
