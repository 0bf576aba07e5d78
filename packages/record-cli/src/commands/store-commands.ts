import type { Command } from '../command.ts'
import { dataOption } from '../data-directory.node.ts'
import { storeOptions } from '../open-store.node.ts'

const load =
  (name: 'storeStats' | 'verifyStore' | 'repairStore' | 'exportStore' | 'importStore' | 'migrateStore') => async () =>
    (await import('./store.ts'))[name]

export const storeCommands: readonly Command[] = [
  {
    name: 'store stats',
    summary: 'count what the store contains',
    options: { ...storeOptions },
    examples: [['store stats --json', 'records, bytes, marks and publications as JSON']],
    load: load('storeStats')
  },
  {
    name: 'store verify',
    summary: 'read every entry and report damage; changes nothing',
    options: { ...dataOption },
    examples: [['store verify', 'the exit status is 1 when an entry is damaged']],
    load: load('verifyStore')
  },
  {
    name: 'store repair',
    summary: 'move damaged entries aside and correct the indexes',
    options: { ...dataOption },
    examples: [['store repair', 'what was moved aside is kept in the store']],
    load: load('repairStore')
  },
  {
    name: 'store export',
    summary: 'write an archive: a backup, or records for others',
    positionals: [{ name: 'file', describe: 'the new file; - for the standard output', required: true }],
    options: {
      ...storeOptions,
      public: {
        type: 'flag',
        describe: 'only records for others: no marks, no publications, nothing that was put offline'
      },
      prefix: { type: 'text', describe: 'only keys that begin with this' },
      force: { type: 'flag', describe: 'replace an existing file' }
    },
    examples: [
      ['store export backup.archive', 'everything but the private keys'],
      ['store export - --public | ssh other recordkit store import -', 'copy the records to another machine']
    ],
    load: load('exportStore')
  },
  {
    name: 'store import',
    summary: 'verify and store the records of an archive',
    positionals: [{ name: 'file', describe: 'the archive; - or nothing for the standard input', required: false }],
    options: {
      ...storeOptions,
      trusted: { type: 'flag', describe: 'a backup of your own: import its marks and publications too' }
    },
    examples: [['store import backup.archive --trusted', 'restore a backup']],
    load: load('importStore')
  },
  {
    name: 'store migrate',
    summary: 'copy the whole store to another place; an old format is migrated when a store is opened',
    positionals: [{ name: 'to', describe: 'postgres://…, or a directory', required: true }],
    options: { ...storeOptions },
    examples: [
      ['store migrate postgres://user@host/database', 'from LevelDB to a database that several processes share']
    ],
    load: load('migrateStore')
  }
]
