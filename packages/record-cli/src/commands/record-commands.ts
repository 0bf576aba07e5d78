import type { Command } from '../command.ts'
import { publishOptions, sessionOptions } from '../session.ts'
import { storeOptions } from '../open-store.node.ts'
import { inputOptions } from './input-options.ts'
import { recordOptions } from './ipns-commands.ts'

const key = { name: 'record-key', describe: 'a record key such as /ipns/k51… or /config/k51…/app', required: true }

export const recordCommands: readonly Command[] = [
  {
    name: 'get',
    summary: 'print the content of a record',
    positionals: [key],
    options: {
      ...sessionOptions,
      value: { type: 'flag', describe: 'print the signed bytes, to store or forward them' },
      'no-cache': { type: 'flag', describe: 'pass the caches of servers' }
    },
    examples: [
      ['get /config/k51…/app', 'the content, as it was put'],
      ['get /ipns/k51… --value > my.ipns-record', 'the signed record']
    ],
    load: async () => (await import('./records.ts')).getRecord
  },
  {
    name: 'put',
    summary: 'sign content and store it under a key',
    positionals: [key, { name: 'file', describe: 'the content; - or nothing for the standard input', required: false }],
    options: {
      ...publishOptions,
      ...recordOptions,
      text: { type: 'text', describe: 'the content as text' },
      signed: { type: 'flag', describe: 'the input is a signed record: store and publish it unchanged' }
    },
    examples: [
      ['put /config/k51…/app --text \'{"colour":"green"}\'', 'a record that only the owner of k51… can write'],
      [
        'put /ipns/k51… my.ipns-record --signed --endpoint http://127.0.0.1:8190',
        'publish a record that was made elsewhere'
      ]
    ],
    load: async () => (await import('./records.ts')).putRecord
  },
  {
    name: 'watch',
    summary: 'print the record of a key whenever it changes, until ctrl-C',
    positionals: [key],
    options: {
      ...sessionOptions,
      interval: { type: 'text', describe: 'time between two look-ups', default: '60s', env: true },
      limit: { type: 'number', describe: 'end after this many records' }
    },
    examples: [['watch /ipns/k51… --endpoint https://delegated-ipfs.dev --json', 'one line of JSON for each change']],
    load: async () => (await import('./records.ts')).watchRecord
  },
  {
    name: 'list',
    summary: 'list the records of the store',
    positionals: [
      { ...key, name: 'prefix', describe: 'only keys that begin with this, such as /ipns/', required: false }
    ],
    options: { ...storeOptions },
    examples: [['list /config/', 'all records under /config/']],
    load: async () => (await import('./records.ts')).listRecords
  },
  {
    name: 'delete',
    summary: 'delete a record from the store, and stop publishing it',
    positionals: [key],
    options: { ...storeOptions },
    examples: [['delete /config/k51…/app', 'copies on other machines stay until they expire']],
    load: async () => (await import('./records.ts')).deleteRecord
  },
  {
    name: 'revoke',
    summary: 'end a key of signed records for good; it cannot be undone',
    positionals: [key],
    options: { ...publishOptions, ...recordOptions, yes: { type: 'flag', describe: 'revoke it' } },
    examples: [['revoke /config/k51…/app --yes', 'no later record under the key is accepted']],
    load: async () => (await import('./records.ts')).revokeRecord
  },
  {
    name: 'compare',
    summary: 'say which of two records wins, and why',
    positionals: [
      { name: 'a', describe: 'a file with a record', required: true },
      { name: 'b', describe: 'another file', required: true }
    ],
    options: {
      ...inputOptions,
      key: {
        type: 'text',
        describe: 'the record key of both, such as /ipns/k51…; needed for records that do not contain it'
      },
      name: { type: 'text', describe: 'the IPNS name of both' }
    },
    examples: [
      ['compare old.ipns-record new.ipns-record --name k51…', 'every node of RecordKit decides in the same way']
    ],
    load: async () => (await import('./compare.ts')).compareRecords
  }
]
