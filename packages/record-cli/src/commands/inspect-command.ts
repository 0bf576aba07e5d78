import type { Command } from '../command.ts'
import { inputOptions } from './input-options.ts'

export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'explain bytes: records, envelopes, keys, messages of the DHT, archives',
  positionals: [{ name: 'file', describe: 'the file; - or nothing for the standard input', required: false }],
  options: {
    ...inputOptions,
    name: { type: 'text', describe: 'the IPNS name of the record, or the peer ID of its author' },
    kind: {
      type: 'text',
      describe: 'what the bytes are; says why they are not',
      choices: [
        'archive',
        'dht-message',
        'dht-record',
        'envelope',
        'ipns-record',
        'peer-record',
        'private-key',
        'public-key',
        'signed-record'
      ]
    },
    domain: { type: 'text', describe: 'the domain that the signature of an envelope covers' }
  },
  examples: [
    ['inspect record.ipns-record --name k51…', 'every field of an IPNS record, and whether it is valid'],
    ['inspect - --base64 --json < record.txt', 'the same as JSON, of base64 from the standard input'],
    ['inspect backup.archive', 'how many records an archive contains, and how many are valid']
  ],
  load: async () => (await import('./inspect.ts')).inspect
}
