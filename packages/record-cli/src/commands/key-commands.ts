import type { Command, CommandOption } from '../command.ts'
import { dataOption } from '../data-directory.node.ts'
import { passphraseOptions } from '../keys.node.ts'

const encrypt: Readonly<Record<string, CommandOption>> = {
  encrypt: { type: 'flag', describe: 'encrypt the key with a passphrase', env: true }
}
const name = { name: 'name', describe: 'the name of the key', required: true }

export const keyCommands: readonly Command[] = [
  {
    name: 'key generate',
    summary: 'make a key',
    positionals: [{ ...name, describe: 'the name of the key, by default "default"', required: false }],
    options: {
      ...dataOption,
      ...encrypt,
      ...passphraseOptions,
      type: {
        type: 'text',
        describe: 'the type of the key',
        choices: ['Ed25519', 'RSA', 'ECDSA', 'Secp256k1'],
        default: 'Ed25519'
      }
    },
    examples: [
      ['key generate blog', 'an Ed25519 key with the name blog'],
      ['key generate blog --encrypt', 'the same, encrypted with a passphrase that is asked for']
    ],
    load: async () => (await import('./key.node.ts')).generateKey
  },
  {
    name: 'key list',
    summary: 'list the keys',
    options: { ...dataOption },
    examples: [['key list --json', 'names and IPNS names of all keys as JSON']],
    load: async () => (await import('./key.node.ts')).listKeys
  },
  {
    name: 'key show',
    summary: 'show the public part of a key',
    positionals: [name],
    options: { ...dataOption, ...passphraseOptions },
    examples: [['key show blog', 'the IPNS name, peer ID and public key of blog']],
    load: async () => (await import('./key.node.ts')).showKey
  },
  {
    name: 'key import',
    summary: 'import a private key: PEM, DER, the protobuf of libp2p, an export of Kubo',
    positionals: [name, { name: 'file', describe: 'the file; - or nothing for the standard input', required: false }],
    options: {
      ...dataOption,
      ...encrypt,
      ...passphraseOptions,
      'source-passphrase-file': {
        type: 'text',
        describe:
          'a file with the passphrase of the imported key; else RECORDKIT_SOURCE_PASSPHRASE, else it is asked for',
        env: true
      }
    },
    examples: [
      ['key import blog blog.key', 'a key that `ipfs key export blog` wrote'],
      ['key import blog blog.pem --encrypt', 'a key in PEM; it is stored encrypted']
    ],
    load: async () => (await import('./key.node.ts')).importKey
  },
  {
    name: 'key export',
    summary: 'write a private key to a file',
    positionals: [
      name,
      { name: 'file', describe: 'the new file; - or nothing for the standard output', required: false }
    ],
    options: {
      ...dataOption,
      ...encrypt,
      ...passphraseOptions,
      format: {
        type: 'text',
        describe: 'libp2p is what `ipfs key import` reads',
        choices: ['libp2p', 'pem', 'base64'],
        default: 'libp2p'
      },
      force: { type: 'flag', describe: 'replace an existing file' }
    },
    examples: [
      ['key export blog blog.key', 'a file for `ipfs key import blog blog.key`'],
      ['key export blog blog.pem --format pem --encrypt', 'encrypted PKCS#8, which OpenSSL reads']
    ],
    load: async () => (await import('./key.node.ts')).exportKey
  },
  {
    name: 'key remove',
    summary: 'delete a key; it cannot be restored',
    positionals: [name],
    options: { ...dataOption, yes: { type: 'flag', describe: 'delete it' } },
    examples: [['key remove blog --yes', 'delete the key blog']],
    load: async () => (await import('./key.node.ts')).removeKey
  }
]
