import type { Command, CommandOption } from '../command.ts'
import { passphraseOptions } from '../keys.node.ts'
import { publishOptions, sessionOptions } from '../session.ts'
import { dataOption } from '../data-directory.node.ts'
import { inputOptions } from './input-options.ts'

/** How a record is made. */
export const recordOptions: Readonly<Record<string, CommandOption>> = {
  key: { type: 'text', describe: 'the name of the key that signs', default: 'default', env: true },
  lifetime: { type: 'text', describe: 'how long the record is valid, such as 48h' },
  ttl: { type: 'text', describe: 'how long readers may cache the record, such as 5m' },
  sequence: { type: 'text', describe: 'the sequence, by default the time in ms or one above the known one' },
  ...passphraseOptions
}

export const ipnsCommands: readonly Command[] = [
  {
    name: 'ipns publish',
    summary: 'point the IPNS name of a key to a path or CID',
    positionals: [{ name: 'value', describe: 'a path such as /ipfs/bafy…, or a CID', required: true }],
    options: { ...publishOptions, ...recordOptions },
    examples: [
      [
        'ipns publish /ipfs/bafy… --endpoint http://127.0.0.1:8190',
        'publish through a recordkit serve on this machine'
      ],
      ['ipns publish bafy… --key blog --lifetime 7d --ttl 1h', 'with another key; stored here only'],
      ['ipns publish bafy… --later', 'recordkit serve on this store publishes and renews it']
    ],
    load: async () => (await import('./ipns.ts')).publishName
  },
  {
    name: 'ipns resolve',
    summary: 'find what an IPNS name points to',
    positionals: [{ name: 'name', describe: 'k51…, another form of a peer ID, or the name of a key', required: true }],
    options: {
      ...sessionOptions,
      'no-cache': { type: 'flag', describe: 'pass the caches of servers' },
      'no-follow': { type: 'flag', describe: 'do not follow names that point to names' }
    },
    examples: [
      ['ipns resolve k51… --endpoint https://delegated-ipfs.dev', 'ask a public server'],
      ['ipns resolve blog', 'what the key blog of this machine published']
    ],
    load: async () => (await import('./ipns.ts')).resolveName
  },
  {
    name: 'ipns create',
    summary: 'make an IPNS record without storing it',
    positionals: [
      { name: 'value', describe: 'a path such as /ipfs/bafy…, or a CID', required: true },
      { name: 'file', describe: 'the new file; - or nothing for the standard output', required: false }
    ],
    options: {
      ...dataOption,
      ...recordOptions,
      force: { type: 'flag', describe: 'replace an existing file' }
    },
    examples: [['ipns create /ipfs/bafy… my.ipns-record --lifetime 30d', 'a record for another machine to publish']],
    load: async () => (await import('./ipns.ts')).createName
  },
  {
    name: 'ipns verify',
    summary: 'verify an IPNS record; the exit status is the verdict',
    positionals: [
      { name: 'name', describe: 'the IPNS name', required: true },
      { name: 'file', describe: 'the record; - or nothing for the standard input', required: false }
    ],
    options: { ...inputOptions },
    examples: [['ipns verify k51… my.ipns-record && echo valid', 'use the verdict in a script']],
    load: async () => (await import('./ipns.ts')).verifyName
  }
]
