// A process that has a store open until its input ends.
import { once } from 'node:events'
import { ClassicLevel } from 'classic-level'
import { LevelRecordStore } from '../../src/index.ts'
import { record } from '../records.ts'

const store = await LevelRecordStore.open(new ClassicLevel(process.argv[2] ?? ''), { closeDatabase: true })
await store.put(record('/k', 'of the other process', 1))
console.log('open')
process.stdin.resume()
await once(process.stdin, 'end')
await store.close()
