import type { RecordStore, StoredRecord } from '@recordkit/record-store'
import { markLifetime } from '@recordkit/record-store'
import { collect, rejects, same } from '../assert.ts'
import type { StoreCase, TestClock } from './store-case.ts'
import { cases, must, publicationOf, record, text } from './store-case.ts'

/** ns */
const hour = 3_600_000_000_000n

/** Puts records one after another, an instant apart, and returns the status of each. */
async function putAll(
  store: RecordStore,
  clock: TestClock,
  keys: readonly string[],
  more: Partial<StoredRecord> = {},
  group?: string
): Promise<string[]> {
  const statuses: string[] = []
  for (const key of keys) {
    clock.now += 1n
    const options = group === undefined ? {} : { group: text(group) }
    statuses.push((await store.put(record(key, 'v', 1, { timeReceived: clock.now, ...more }), options)).status)
  }
  return statuses
}

const from = (sender: string): Partial<StoredRecord> => ({ sender: text(sender) })

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`)
}

async function keysOf(store: RecordStore, prefix = ''): Promise<string[]> {
  const found = await collect(store.iterate({ prefix: text(prefix) }))
  return found.map(({ key }) => new TextDecoder().decode(key))
}

async function markedKeys(store: RecordStore): Promise<string[]> {
  return (await collect(store.marks())).map(({ key }) => new TextDecoder().decode(key))
}

async function addMark(store: RecordStore, clock: TestClock, key: string, more?: Partial<StoredRecord>): Promise<void> {
  await putAll(store, clock, [key], more)
  await store.delete(text(key))
}

/** How many of `statuses` are `status`. */
function count(statuses: readonly string[], status: string): number {
  return statuses.filter((each) => each === status).length
}

/** What a store may contain, and what goes when it is full. */
export const boundsCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must(
    'bounds/records',
    'never contains more records than it may, and contains every record that it reported as stored',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 10 })
      for (const [index, key] of numbered('/k/', 50).entries()) {
        const [status] = await putAll(store, clock, [key], index % 2 === 0 ? {} : from(`s${index % 5}`))
        const { entries } = await store.stats()
        same(entries <= 10, true, `${entries} entries are within the bound`)
        same(await store.has(text(key)), status === 'stored', `has what was ${status}`)
      }
      same((await store.stats()).entries, 10, 'entries')
    }
  ),
  must(
    'bounds/concurrent',
    'contains as many records as it may, and no more, when 64 puts run concurrently',
    async ({ openBounded }) => {
      const store = await openBounded({ maxRecords: 10 })
      const keys = numbered('/k/', 64)
      const results = await Promise.all(keys.map((key) => store.put(record(key, 'v', 1))))
      same(
        count(
          results.map(({ status }) => status),
          'stored'
        ) >= 10,
        true,
        'at least ten were stored'
      )
      const { entries } = await store.stats()
      same(entries <= 10 && entries > 0, true, `${entries} entries are within the bound`)
    }
  ),
  must(
    'bounds/bytes',
    'counts bytes of keys, values and ranks, and refuses what can never fit without removing anything',
    async ({ openBounded, clock }) => {
      const size = 4 + 1 + 33
      const store = await openBounded({ maxBytes: 3 * size })
      await putAll(store, clock, ['/x/1', '/x/2', '/x/3'])
      same((await store.stats()).bytes, 3 * size, 'bytes')
      const large = record('/x/4', 'v'.repeat(3 * size), 1)
      same((await store.put(large)).status, 'quota', 'status of a record that is too large')
      same(await keysOf(store), ['/x/1', '/x/2', '/x/3'], 'keys')
      same(await putAll(store, clock, ['/x/5']), ['stored'], 'status of a record that fits')
      same(await keysOf(store), ['/x/2', '/x/3', '/x/5'], 'keys after the oldest was removed')
    }
  ),
  must(
    'bounds/replace',
    'replaces, refreshes and refuses records of a full store without removing others',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 2 })
      await putAll(store, clock, ['/x/1', '/x/2'])
      same((await store.put(record('/x/1', 'w', 2))).status, 'stored', 'status of a higher record')
      same((await store.put(record('/x/2', 'v', 1))).status, 'refreshed', 'status of the same record')
      same((await store.put(record('/x/2', 'v', 0))).status, 'stale', 'status of a lower record')
      const conflict = await store.put(record('/x/3', 'v', 1), { ifRank: record('/x/3', 'v', 1).rank })
      same(conflict.status, 'conflict', 'status of a conditional put')
      same(await keysOf(store), ['/x/1', '/x/2'], 'keys')
    }
  ),
  must(
    'bounds/batch',
    'makes space for the records of a batch, and refuses those that do not fit',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 4 })
      await putAll(store, clock, numbered('/a/', 4))
      const batch = numbered('/b/', 6).map((key) => ({ type: 'put', record: record(key, 'v', 1) }) as const)
      const results = await store.batch(batch)
      const statuses = results.map((result) => ('status' in result ? result.status : ''))
      same((await store.stats()).entries, 4, 'entries')
      // a store applies operations in order, or refuses the last ones
      const kept = await keysOf(store)
      for (const key of kept) same(key.startsWith('/b/'), true, `${key} is of the batch`)
      same(count(statuses, 'stored') >= 4, true, 'at least four were stored')
    },
    ['atomicBatch']
  ),
  must(
    'bounds/expired-first',
    'removes expired records before it removes or refuses others',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 10 })
      await putAll(store, clock, numbered('/lasting/', 5))
      await putAll(store, clock, numbered('/expiring/', 5), { expires: clock.now + 100n })
      clock.now += 200n
      same(count(await putAll(store, clock, numbered('/new/', 5)), 'stored'), 5, 'stored records')
      same((await keysOf(store, '/lasting/')).length, 5, 'remaining unexpired records')
    }
  ),
  must(
    'bounds/oldest-first',
    'removes the record whose key was first received longest ago, whether it was refreshed or replaced since',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 3 })
      await putAll(store, clock, ['/c', '/a', '/b'])
      clock.now += hour
      same(await putAll(store, clock, ['/c']), ['refreshed'], 'status')
      await putAll(store, clock, ['/d'])
      same(await keysOf(store), ['/a', '/b', '/d'], 'keys')
      same((await store.put(record('/a', 'w', 2))).status, 'stored', 'status of a newer record')
      await putAll(store, clock, ['/e'])
      same(await keysOf(store), ['/b', '/d', '/e'], 'keys after a newer record')
    }
  ),
  must(
    'bounds/published',
    'never removes a published record, and lets published records use nine tenths of its space',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 10 })
      const publish = async (key: string): Promise<string> =>
        (await store.put(record(key, 'v', 1), { publication: publicationOf(key) })).status
      for (const key of numbered('/own/', 9)) same(await publish(key), 'stored', `status of ${key}`)
      const before = await store.stats()
      same(await publish('/own/more'), 'quota', 'status above nine tenths')
      same(await store.stats(), before, 'stats after a refusal')
      same(await putAll(store, clock, ['/x/1', '/x/2']), ['stored', 'stored'], 'status of other records')
      same(await keysOf(store), [...numbered('/own/', 9), '/x/2'], 'keys')
      const touch = (): Promise<unknown> => store.touch(text('/x/2'), { publication: publicationOf('/x/2') })
      await rejects(touch, 'QUOTA', 'a touch that publishes')
      same(await store.publication(text('/x/2')), undefined, 'publication')
      same((await store.put(record('/own/0001', 'w', 2))).status, 'stored', 'status of a newer published record')
      await store.touch(text('/own/0001'), { publication: null })
      same(await publish('/own/more'), 'stored', 'status when one is published no longer')
    }
  ),
  must(
    'bounds/full-of-published',
    'refuses a record when only published ones could be removed',
    async ({ openBounded, clock }) => {
      const size = 4 + 1 + 33
      const store = await openBounded({ maxBytes: 10 * size })
      for (const key of ['/o/1', '/o/2', '/o/3', '/o/4', '/o/5', '/o/6', '/o/7', '/o/8', '/o/9'])
        await store.put(record(key, 'v', 1), { publication: publicationOf(key) })
      await putAll(store, clock, ['/x/1'])
      const large = record('/x/2', 'v'.repeat(size), 1)
      same((await store.put(large)).status, 'quota', 'status')
      same((await keysOf(store)).length, 10, 'records')
    }
  ),
  must(
    'bounds/largest-group',
    'removes records of the group that has the most, so that a flood removes its own',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 60 })
      for (const group of ['a', 'b', 'c']) await putAll(store, clock, numbered(`/${group}/`, 5), from(group))
      await putAll(store, clock, numbered('/flood/', 200), from('flood'))
      await putAll(store, clock, numbered('/local/', 10))
      for (const group of ['a', 'b', 'c']) same((await keysOf(store, `/${group}/`)).length, 5, `records of ${group}`)
      same((await keysOf(store, '/local/')).length, 10, 'records of the application')
      same((await store.stats()).entries <= 60, true, 'entries are within the bound')
    }
  ),
  must(
    'bounds/largest-bytes',
    'removes records of the group with the most bytes when bytes are short',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxBytes: 10_000 })
      await putAll(store, clock, numbered('/small/', 40), from('small'))
      const large = numbered('/large/', 12).map((key) => record(key, 'v'.repeat(1000), 1, from('large')))
      for (const each of large) await store.put(each)
      await store.put(record('/new', 'v'.repeat(1500), 1, from('new')))
      same(await store.has(text('/new')), true, 'has a record of a third group')
      same((await keysOf(store, '/small/')).length, 40, 'small records')
      same((await keysOf(store, '/large/')).length < 8, true, 'large records are within the bound')
    }
  ),
  must(
    'bounds/fair-share',
    'lets two groups of attackers occupy a third of the space that four honest groups use, whichever came first',
    async ({ openBounded, clock }) => {
      for (const order of [
        ['honest', 'attack', 'honest'],
        ['attack', 'honest', 'attack', 'honest']
      ]) {
        const store = await openBounded({ maxRecords: 60 })
        const fill = async (name: string, groups: number, records: number): Promise<void> => {
          for (const key of numbered('', records))
            for (let group = 0; group < groups; group++)
              await putAll(store, clock, [`/${name}/${group}/${key}`], from(`${name} ${group}`))
        }
        for (const name of order) await (name === 'honest' ? fill(name, 4, 10) : fill(name, 2, 100))
        same((await keysOf(store, '/honest/')).length, 40, `honest records after ${order.join(', ')}`)
        same((await keysOf(store, '/attack/')).length <= 20, true, 'records of attackers are within their share')
      }
    }
  ),
  must(
    'bounds/group',
    'counts a record towards the group that the caller names, because senders are free',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 20 })
      await putAll(store, clock, numbered('/honest/', 8), from('honest'), '10.0.1')
      for (const key of numbered('/flood/', 60)) await putAll(store, clock, [key], from(`sender ${key}`), '10.0.0')
      await putAll(store, clock, numbered('/local/', 4))
      same((await keysOf(store, '/honest/')).length, 8, 'honest records')
    }
  ),
  must(
    'bounds/relayed',
    'counts a record towards its author once that sends it, and towards the smaller group when another relays it',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 400 })
      const owned = { author: text('owner') }
      for (const key of ['/own/1', '/own/2', '/own/3'])
        await putAll(store, clock, [key], { ...owned, ...from('relay') })
      await putAll(store, clock, numbered('/relayed/', 190), from('relay'))
      const again = [
        await putAll(store, clock, ['/own/1'], { ...owned, ...from('owner') }),
        await putAll(store, clock, ['/own/2'], { ...owned, ...from('small') })
      ]
      same(again, [['refreshed'], ['refreshed']], 'status')
      await putAll(store, clock, numbered('/local/', 206))
      await putAll(store, clock, numbered('/new/', 60), from('new'))
      same(await keysOf(store, '/own/'), ['/own/1', '/own/2'], 'own records')
      // the limit of the owner's group shows whether a larger group can draw its record away
      const limited = await openBounded({ maxRecordsPerGroup: 2 })
      await putAll(limited, clock, ['/own/1'], { ...owned, ...from('owner') })
      await putAll(limited, clock, ['/x/1', '/x/2'], from('relay'))
      same(
        await putAll(limited, clock, ['/own/1'], { ...owned, ...from('relay') }),
        ['refreshed'],
        'status of a relayed one'
      )
      const more = await putAll(limited, clock, ['/own/2', '/own/3'], { ...owned, ...from('owner') })
      same(more, ['stored', 'quota'], 'status of more records of the owner')
      // a group without records is the smaller one, and takes nothing from an author all the same
      same(await putAll(limited, clock, ['/own/1'], { ...owned, ...from('thief') }), ['refreshed'], 'status')
      same(
        await putAll(limited, clock, ['/y/1', '/y/2'], from('thief')),
        ['stored', 'stored'],
        'status of other records'
      )
    }
  ),
  must(
    'bounds/rate',
    'lets a large group add a twenty-second of the free entries an hour while less than half is free',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 440 })
      same(count(await putAll(store, clock, numbered('/a/', 221), from('s')), 'stored'), 221, 'stored at first')
      // 219 are free: 9 an hour, and 9 at once
      same(count(await putAll(store, clock, numbered('/b/', 12), from('s')), 'stored'), 9, 'stored at once')
      clock.now += hour
      same(count(await putAll(store, clock, numbered('/c/', 12), from('s')), 'stored'), 9, 'stored an hour later')
      same(await putAll(store, clock, ['/a/0001'], from('s')), ['refreshed'], 'status of a refresh')
      same((await store.put(record('/a/0001', 'w', 2, from('s')))).status, 'stored', 'status of a newer record')
      same(count(await putAll(store, clock, numbered('/t/', 100), from('t')), 'stored'), 100, 'stored of a small group')
      same(await putAll(store, clock, ['/local']), ['stored'], 'status of a record of the application')
    }
  ),
  must(
    'bounds/limits',
    'limits the records of an author and of a group, without expired and published ones',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecordsPerGroup: 2, maxRecordsPerAuthor: 2 })
      for (const [name, more] of [
        ['group', from('s')],
        ['author', { author: text('owner') }]
      ] as const) {
        const keys = numbered(`/${name}/`, 3)
        same(await putAll(store, clock, keys, more), ['stored', 'stored', 'quota'], `status per ${name}`)
        same(await putAll(store, clock, keys.slice(0, 1), more), ['refreshed'], `status of a refresh per ${name}`)
        const published = { publication: publicationOf(`/${name}/p`) }
        same(
          (await store.put(record(`/${name}/p`, 'v', 1, more), published)).status,
          'stored',
          'status of a published one'
        )
        await store.delete(text(keys[0] as string))
        same(await putAll(store, clock, [`/${name}/x`], { ...more, expires: clock.now + 10n }), ['stored'], 'status')
        clock.now += 20n
        same(await putAll(store, clock, [`/${name}/y`], more), ['stored'], 'status beside an expired one')
      }
      const own = await putAll(store, clock, ['/a/owner', '/b/owner', '/c/owner'], { author: text('owner') })
      same(own, ['stored', 'stored', 'stored'], 'status of keys that end with their author')
    }
  ),
  must(
    'bounds/namespace',
    'limits the records of a namespace by removing others of it',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecordsPerNamespace: 3 })
      await putAll(store, clock, ['/a/1', '/a/2', '/a', 'b/1', '/b/1', '/b/2', '/b/3', '/b/4'])
      same(await keysOf(store), ['/a', '/a/1', '/a/2', '/b/2', '/b/3', '/b/4', 'b/1'], 'keys')
    }
  ),
  must(
    'bounds/nothing',
    'refuses every record when it may contain none, and changes nothing',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 0 })
      same(await putAll(store, clock, ['/x']), ['quota'], 'status')
      same(await store.stats(), { entries: 0, bytes: 0, marks: 0, publications: 0 }, 'stats')
    }
  ),
  must(
    'bounds/distance',
    'removes the farthest of the oldest records of a group when it knows distances',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 3, distance: (key) => key.at(-1) ?? 0 })
      await putAll(store, clock, ['/x/1', '/x/3', '/x/2', '/x/4'])
      same(await keysOf(store), ['/x/1', '/x/2', '/x/4'], 'keys')
    }
  ),
  must(
    'bounds/max-age',
    'ends what a sender sent when it was not received again in time, and never what the application put',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxAge: 48 * 3_600_000 })
      await putAll(store, clock, ['/a', '/b'], from('s'))
      await putAll(store, clock, ['/own'])
      clock.now += 24n * hour
      same(await putAll(store, clock, ['/b'], from('s')), ['refreshed'], 'status')
      clock.now += 25n * hour
      same(await keysOf(store), ['/b', '/own'], 'keys')
    }
  ),
  must(
    'bounds/marks',
    'keeps at most as many marks as it may, and removes the oldest of the group with the most',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxMarks: 5 })
      await addMark(store, clock, '/honest', from('honest'))
      await addMark(store, clock, '/other', from('other'))
      for (const key of ['/d', '/c', '/b']) await addMark(store, clock, key, from('s'))
      // set again, it is the newest
      await store.put(record('/d', 'v', 6, from('s')))
      await store.delete(text('/d'))
      await addMark(store, clock, '/a', from('s'))
      same((await store.stats()).marks, 5, 'marks')
      same(await markedKeys(store), ['/a', '/b', '/d', '/honest', '/other'], 'keys of the marks')
      same((await store.put(record('/d', 'v', 5))).status, 'stale', 'status below a kept mark')
      same((await store.put(record('/c', 'v', 0))).status, 'stored', 'status below the removed mark')
    }
  ),
  must(
    'bounds/marks-at-once',
    'keeps at most as many marks as it may after 64 concurrent deletes, and all records',
    async ({ openBounded }) => {
      const store = await openBounded({ maxMarks: 10 })
      const keys = numbered('/k/', 64)
      await Promise.all(keys.map((key) => store.put(record(key, 'v', 5))))
      await Promise.all(keys.map((key) => store.delete(text(key))))
      same((await store.stats()).marks, 10, 'marks')
      same((await markedKeys(store)).length, 10, 'marks of the iteration')
      await Promise.all(keys.map((key) => store.put(record(key, 'v', 5))))
      same((await store.stats()).entries, 64, 'records')
    }
  ),
  must(
    'bounds/marks-published',
    'keeps the marks of published keys, however many others are set',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxMarks: 2 })
      const publication = publicationOf('/own')
      // the mark of a record that was to be valid for longer than the mark of the next one
      await store.put(record('/own', 'v', 1, { expires: clock.now + 10n ** 17n }), { publication })
      await store.put(record('/own', 'w', 2, { expires: clock.now + 1n }))
      clock.now += 2n
      for (const key of numbered('/k/', 5)) await addMark(store, clock, key)
      same((await store.stats()).marks, 2, 'marks')
      same(await markedKeys(store), ['/k/0004', '/own'], 'keys of the marks')
    }
  ),
  must(
    'bounds/mark-left',
    'leaves the mark of a removed record only if it had stayed for an hour, for 30 days',
    async ({ openBounded, clock }) => {
      const store = await openBounded({ maxRecords: 1 })
      await putAll(store, clock, ['/a', '/b'])
      same(await store.mark(text('/a')), undefined, 'mark of a record that stayed for an instant')
      clock.now += hour
      const until = clock.now + markLifetime
      same((await store.put(record('/c', 'v', 1, { expires: 2n ** 62n }))).status, 'stored', 'status')
      same((await store.mark(text('/b')))?.until, until, 'end of the mark')
      clock.now += hour
      const { rank } = record('/c', 'v', 1)
      await store.put(record('/d', 'v', 1))
      const left = { key: text('/c'), rank, until: clock.now + markLifetime }
      same(await store.mark(text('/c')), left, 'mark of a record that is valid for longer')
      same((await store.put(record('/c', 'v', 0))).status, 'stale', 'status below the mark')
    }
  ),
  must(
    'bounds/damaged',
    'removes others when the oldest records of the largest group are damaged, and replaces a damaged one',
    async ({ openBounded, factory, clock }) => {
      const store = await openBounded({ maxRecords: 6 })
      const keys = numbered('/k/', 6)
      await putAll(store, clock, keys)
      for (const key of keys.slice(0, 3)) await factory.corrupt?.(store, text(key))
      same(await putAll(store, clock, ['/new/1', '/new/2']), ['stored', 'stored'], 'status of new records')
      same(await store.has(text('/new/2')), true, 'has the newest record')
      same(
        (await store.put(record(keys[0] as string, 'w', 2))).status,
        'stored',
        'status of a put over a damaged entry'
      )
    },
    ['corruption']
  ),
  must(
    'bounds/reopen',
    'knows after a reopen and a sweep what it contains, and which group has the most',
    async ({ openBounded, reopen, clock }) => {
      const store = await openBounded({})
      await putAll(store, clock, numbered('/small/', 3), from('small'))
      await putAll(store, clock, numbered('/large/', 20), from('large'))
      await addMark(store, clock, '/marked')
      const again = await reopen(store, { maxRecords: 23, maxMarks: 1 })
      await again.sweep()
      await putAll(again, clock, ['/new'])
      same(await keysOf(again), [...numbered('/large/', 20).slice(1), '/new', ...numbered('/small/', 3)], 'keys')
      await addMark(again, clock, '/marked again')
      same(await markedKeys(again), ['/marked again'], 'keys of the marks')
    },
    ['persistent', 'reopen']
  )
])
