import type {
  AccountSize,
  AccountTotals,
  EntryContent,
  MemberKind,
  StoreAccounts,
  StoreBackend
} from '@recordkit/record-store'
import { authorAccount, groupAccount, namespaceAccount } from '@recordkit/record-store'
import { check, same } from '../assert.ts'
import { publicationOf, rankOf, record, text } from '../store/store-case.ts'
import type { BackendCase } from './backend-case.ts'
import { changesTo, must, writeAll } from './backend-case.ts'

function accountsOf({ accounts }: StoreBackend): StoreAccounts {
  if (accounts === undefined) throw new Error('the backend has no `accounts`, although its factory declares them')
  return accounts
}

/** A record of a group, first received at a time. */
function sent(key: string, group: string, since: number, value = 'v', author?: string): EntryContent {
  const stored = record(key, value, 1, author === undefined ? {} : { author: text(author) })
  return { record: stored, recordShare: { group: text(group), since: BigInt(since) } }
}

function marked(key: string, group: string, since: number): EntryContent {
  const mark = { key: text(key), rank: rankOf(1, 'v'), until: 100n }
  return { mark, markShare: { group: text(group), since: BigInt(since) } }
}

async function write(backend: StoreBackend, contents: Readonly<Record<string, EntryContent>>): Promise<void> {
  await writeAll(
    backend,
    Object.entries(contents).map(([key, content]) => [text(key), content])
  )
}

async function checkTotals(backend: StoreBackend, expected: Partial<AccountTotals>, when: string): Promise<void> {
  const totals: AccountTotals = {
    records: 0,
    bytes: 0,
    marks: 0,
    publications: 0,
    publishedRecords: 0,
    publishedBytes: 0,
    groups: 0,
    ...expected
  }
  same(await accountsOf(backend).totals(), totals, `totals ${when}`)
}

async function sizeOf(backend: StoreBackend, name: Uint8Array): Promise<AccountSize | undefined> {
  return (await accountsOf(backend).sizes([name]))[0]
}

async function largest(backend: StoreBackend, measure: keyof AccountSize, limit = 10): Promise<string[]> {
  const groups = await accountsOf(backend).largestGroups(measure, limit)
  return groups.map((group) => new TextDecoder().decode(group))
}

async function oldest(backend: StoreBackend, kind: MemberKind, group: string, limit = 10): Promise<string[]> {
  const keys = await accountsOf(backend).oldest(kind, text(group), limit)
  return keys.map((key) => new TextDecoder().decode(key))
}

/** bytes of key, value and rank of `sent('/a/1', …)` */
const size = 4 + 1 + 33

/** The rules for backends that keep accounts. */
export const accountCases: readonly BackendCase[] = /* @__PURE__ */ (() => [
  must(
    'accounts/totals',
    'counts records, bytes, marks, publications and groups, and what is published',
    async ({ open }) => {
      const backend = await open()
      await checkTotals(backend, {}, 'of nothing')
      await write(backend, {
        '/a/1': sent('/a/1', 'x', 1),
        '/a/2': marked('/a/2', 'y', 1),
        '/a/3': marked('/a/3', 'x', 1)
      })
      await checkTotals(backend, { records: 1, bytes: size, marks: 2, groups: 2 }, 'of a record and two marks')
      await write(backend, { '/a/1': { ...sent('/a/1', 'x', 1), publication: publicationOf('/a/1') }, '/a/3': {} })
      const published = { publications: 1, publishedRecords: 1, publishedBytes: size }
      await checkTotals(backend, { records: 1, bytes: size, marks: 1, groups: 1, ...published }, 'when it is published')
      await write(backend, { '/a/1': { publication: publicationOf('/a/1') }, '/a/2': {} })
      await checkTotals(backend, { publications: 1 }, 'of a publication alone')
      await write(backend, { '/a/1': {} })
      await checkTotals(backend, {}, 'when everything is removed')
    },
    ['accounts']
  ),
  must(
    'accounts/sizes',
    'counts towards group, author and namespace, without published entries and keys that end with their author',
    async ({ open }) => {
      const backend = await open()
      await write(backend, {
        '/a/1': sent('/a/1', 'x', 1, 'v', 'author'),
        '/a/2': sent('/a/2', 'x', 2, 'vv'),
        '/b/author': sent('/b/author', '', 3, 'v', 'author'),
        '/a/3': { ...sent('/a/3', 'x', 4, 'v', 'author'), publication: publicationOf('/a/3') },
        '/a/4': marked('/a/4', 'x', 5)
      })
      const names = [
        groupAccount(text('x')),
        groupAccount(text('')),
        authorAccount(text('author')),
        namespaceAccount(text('/a/9'))
      ]
      const expected = [
        { records: 2, bytes: 2 * size + 1, marks: 1 },
        { records: 1, bytes: size + 5, marks: 0 },
        { records: 1, bytes: size, marks: 0 },
        { records: 2, bytes: 2 * size + 1, marks: 0 }
      ]
      same(await accountsOf(backend).sizes(names), expected, 'sizes')
      const none = { records: 0, bytes: 0, marks: 0 }
      same(await sizeOf(backend, groupAccount(text('other'))), none, 'size of an account that does not exist')
      same(await accountsOf(backend).sizes([]), [], 'sizes of no accounts')
      // a record moves to another group, and grows
      await write(backend, { '/a/2': sent('/a/2', 'y', 2, 'vvv'), '/a/1': {} })
      same(await sizeOf(backend, groupAccount(text('x'))), { ...none, marks: 1 }, 'size of the group that lost records')
      same(
        await sizeOf(backend, groupAccount(text('y'))),
        { ...none, records: 1, bytes: size + 2 },
        'size of the other'
      )
      same(await sizeOf(backend, authorAccount(text('author'))), none, 'size of the author')
    },
    ['accounts']
  ),
  must(
    'accounts/without-share',
    'counts an entry without a share towards the empty group, as the oldest',
    async ({ open }) => {
      const backend = await open()
      const { record: stored } = sent('/a/2', '', 0)
      await write(backend, { '/a/1': sent('/a/1', '', 5), '/a/2': { record: stored } })
      same(await oldest(backend, 'records', ''), ['/a/2', '/a/1'], 'oldest')
      await write(backend, { '/a/2': {} })
      await checkTotals(backend, { records: 1, bytes: size, groups: 1 }, 'when it is removed')
      same(await oldest(backend, 'records', ''), ['/a/1'], 'oldest when it is removed')
    },
    ['accounts']
  ),
  must(
    'accounts/largest',
    'lists the groups with the most records, bytes and marks, the largest first',
    async ({ open }) => {
      const backend = await open()
      const contents: Record<string, EntryContent> = {}
      for (const [group, records] of [
        ['small', 3],
        ['large', 200],
        ['middle', 40]
      ] as const)
        for (let index = 0; index < records; index++) {
          const key = `/${group}/${String(index).padStart(3, '0')}`
          contents[key] = sent(key, group, index)
          contents[`${key}m`] = marked(`${key}m`, `${group} marks`, index)
        }
      contents['/bytes'] = sent('/bytes', 'bytes', 1, 'v'.repeat(20_000))
      await write(backend, contents)
      same(await largest(backend, 'records'), ['large', 'middle', 'small', 'bytes'], 'by records')
      same(await largest(backend, 'records', 2), ['large', 'middle'], 'the first two by records')
      same(await largest(backend, 'bytes', 2), ['bytes', 'large'], 'the first two by bytes')
      same(await largest(backend, 'marks'), ['large marks', 'middle marks', 'small marks'], 'by marks')
      const removed: Record<string, EntryContent> = {}
      for (const key of Object.keys(contents)) if (key.startsWith('/large/')) removed[key] = {}
      await write(backend, removed)
      same(await largest(backend, 'records'), ['middle', 'small', 'bytes'], 'by records when the largest is gone')
    },
    ['accounts']
  ),
  must(
    'accounts/oldest',
    'lists the records or marks of a group by the time since which they count, whatever their keys',
    async ({ open }) => {
      const backend = await open()
      await write(backend, {
        '/c': sent('/c', 'x', 1),
        '/b': sent('/b', 'x', 300),
        '/a': sent('/a', 'x', 20),
        '/d': sent('/d', 'xy', 0),
        '/e': { ...sent('/e', 'x', 0), publication: publicationOf('/e') },
        '/m': marked('/m', 'x', 7),
        '/l': marked('/l', 'x', 9)
      })
      same(await oldest(backend, 'records', 'x'), ['/c', '/a', '/b'], 'records')
      same(await oldest(backend, 'records', 'x', 2), ['/c', '/a'], 'the first two')
      same(await oldest(backend, 'marks', 'x'), ['/m', '/l'], 'marks')
      same(await oldest(backend, 'records', 'y'), [], 'records of a group that does not exist')
      // the share of a record moves, and a published one becomes an ordinary one
      await write(backend, { '/c': sent('/c', 'x', 400), '/e': sent('/e', 'x', 0), '/m': {} })
      same(await oldest(backend, 'records', 'x'), ['/e', '/a', '/b', '/c'], 'records after a change')
      same(await oldest(backend, 'marks', 'x'), ['/l'], 'marks after a change')
    },
    ['accounts']
  ),
  must(
    'accounts/refused',
    'changes no account when it refuses a write',
    async ({ open }) => {
      const backend = await open()
      await write(backend, { '/a': sent('/a', 'x', 1) })
      const changes = await changesTo(backend, [[text('/a'), sent('/a', 'y', 2, 'long')]])
      await write(backend, { '/a': sent('/a', 'x', 1, 'w') })
      check(!(await backend.write(changes)), 'a write over another version was not refused')
      await checkTotals(backend, { records: 1, bytes: 2 + 1 + 33, groups: 1 }, 'after a refused write')
      same(await oldest(backend, 'records', 'y'), [], 'records of the group that was not written')
    },
    ['accounts']
  ),
  must(
    'accounts/shared',
    'counts what concurrent writers of several processes write',
    async ({ open, share }) => {
      const backend = await open()
      const other = await share(backend)
      const keys = Array.from({ length: 40 }, (_, index) => `/k/${index}`)
      await Promise.all(
        keys.map(async (key, index) => write(index % 2 === 0 ? backend : other, { [key]: sent(key, 'x', index) }))
      )
      const bytes = keys.reduce((sum, key) => sum + key.length + 1 + 33, 0)
      for (const each of [backend, other]) {
        await checkTotals(each, { records: 40, bytes, groups: 1 }, 'of both')
        same(await oldest(each, 'records', 'x', 2), ['/k/0', '/k/1'], 'oldest')
      }
    },
    ['accounts', 'share']
  ),
  must(
    'accounts/reopen',
    'has the same accounts after close and reopen',
    async ({ open, reopen }) => {
      const backend = await open()
      await write(backend, { '/a': sent('/a', 'x', 2), '/b': sent('/b', 'x', 1), '/m': marked('/m', 'y', 1) })
      const again = await reopen(backend)
      await checkTotals(again, { records: 2, bytes: 2 * (2 + 1 + 33), marks: 1, groups: 2 }, 'after a reopen')
      same(await largest(again, 'records'), ['x'], 'largest groups')
      same(await oldest(again, 'records', 'x'), ['/b', '/a'], 'oldest')
    },
    ['accounts', 'reopen']
  )
])()
