import { encodePublicKey } from '@recordkit/record-codec'
import { exportPrivateKey, generateKeyPair, importPrivateKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { generateEcdsaKeyPair } from '@recordkit/record-crypto/ecdsa'
import { exportEncryptedPrivateKeyPem, exportPrivateKeyPem } from '@recordkit/record-crypto/pem'
import { generateRsaKeyPair } from '@recordkit/record-crypto/rsa'
import { generateSecp256k1KeyPair } from '@recordkit/record-crypto/secp256k1'
import { isRecordError } from '@recordkit/record-types'
import { keyAlgorithms } from '@recordkit/record-inspect'
import type { CommandCode } from '../command.ts'
import { exitStatus, notFound, usageError } from '../failure.ts'
import { peerFields } from '@recordkit/record-inspect/internal'
import { defaultKeyName, loadKey, newPassphrase, openKeys, readPassphrase } from '../keys.node.ts'
import { base64, visible } from '../output.ts'
import type { JsonObject } from '../output.ts'
import { readInput } from '../read-input.node.ts'
import { writeFile } from '../write-output.node.ts'

/** bytes; an RSA key of 8192 bits in PEM has 6500 */
const maxKeyFile = 65_536

const generators: Readonly<Record<string, () => Promise<KeyPair>>> = {
  Ed25519: generateKeyPair,
  RSA: generateRsaKeyPair,
  ECDSA: generateEcdsaKeyPair,
  Secp256k1: generateSecp256k1KeyPair
}

export const generateKey: CommandCode = async (args, context) => {
  const name = args.optionalText('name') ?? defaultKeyName
  const passphrase = await newPassphrase(args, context)
  const keys = await openKeys(args, context, passphrase)
  const generate = generators[args.text('type')] ?? generateKeyPair
  const pair = await keys.import(name, (await generate()).privateKey)
  await context.print({ ...keyFields(name, pair), encrypted: passphrase !== undefined })
  return exitStatus.success
}

export const listKeys: CommandCode = async (args, context) => {
  const entries = await (await openKeys(args, context)).list()
  const keys = entries.map(({ name, peerId }) => ({
    key: name,
    ...(peerId === undefined ? { peerId: null, name: null } : peerFields(peerId))
  }))
  const width = Math.max(0, ...keys.map(({ key }) => key.length)) + 2
  const text = keys.map(
    ({ key, name }) => `${key.padEnd(width)}${name ?? 'unknown: the file does not name its peer ID'}\n`
  )
  await context.print(
    { keys },
    text.length === 0 ? 'there are no keys; recordkit key generate makes one\n' : text.join('')
  )
  return exitStatus.success
}

export const showKey: CommandCode = async (args, context) => {
  const name = args.text('name')
  const entry = (await (await openKeys(args, context)).list()).find((known) => known.name === name)
  try {
    await context.print(keyFields(name, await loadKey(name, args, context)))
  } catch (error) {
    // the public part of an encrypted key is readable without its passphrase
    if (!isRecordError(error, 'PASSPHRASE_MISSING') || entry?.peerId === undefined) throw error
    await context.print({ key: name, ...peerFields(entry.peerId), type: null, publicKey: null })
  }
  return exitStatus.success
}

export const importKey: CommandCode = async (args, context) => {
  const name = args.text('name')
  const bytes = await readInput(args.optionalText('file'), context, maxKeyFile)
  const passphrase = await newPassphrase(args, context)
  const keys = await openKeys(args, context, passphrase)
  const source = await decrypted(bytes)
  const pair = await keys.import(name, source.privateKey)
  await context.print({ ...keyFields(name, pair), encrypted: passphrase !== undefined })
  return exitStatus.success

  async function decrypted(key: Uint8Array): Promise<KeyPair> {
    try {
      return await importPrivateKey(key, { algorithms: keyAlgorithms })
    } catch (error) {
      if (!isRecordError(error, 'PASSPHRASE_MISSING')) throw error
    }
    const source = { option: 'source-passphrase-file', variable: 'RECORDKIT_SOURCE_PASSPHRASE' }
    const opens = await readPassphrase(args, context, 'Passphrase of the imported key: ', source)
    return importPrivateKey(key, { algorithms: keyAlgorithms, passphrase: opens })
  }
}

export const exportKey: CommandCode = async (args, context) => {
  const name = args.text('name')
  const file = args.optionalText('file')
  const format = args.text('format')
  if (args.flag('encrypt') && format !== 'pem')
    throw usageError('--encrypt needs --format pem: the other formats are not encrypted')
  const isFile = file !== undefined && file !== '-'
  if (!isFile && context.json) throw usageError('--json needs a file to export to')
  if (!isFile && format === 'libp2p' && context.isTerminal)
    throw usageError('the format libp2p is binary; pass a file, or --format base64')
  const pair = await loadKey(name, args, context)
  const bytes = await encoded(pair)
  if (!isFile) await context.write(bytes)
  else {
    await writeFile(file, [bytes], { replace: args.flag('force'), mode: 0o600 })
    await context.print(
      { ...keyFields(name, pair), file, format },
      `${visible(name)} was written to ${visible(file)}\n`
    )
  }
  return exitStatus.success

  async function encoded(key: KeyPair): Promise<Uint8Array> {
    if (format === 'libp2p') return exportPrivateKey(key)
    const text = new TextEncoder()
    if (format === 'base64') return text.encode(`${base64(exportPrivateKey(key))}\n`)
    const passphrase = await newPassphrase(args, context)
    return text.encode(
      passphrase === undefined ? exportPrivateKeyPem(key) : await exportEncryptedPrivateKeyPem(key, { passphrase })
    )
  }
}

export const removeKey: CommandCode = async (args, context) => {
  const name = args.text('name')
  if (!args.flag('yes')) throw usageError('a key cannot be restored; pass --yes to delete it')
  const keys = await openKeys(args, context)
  try {
    await keys.remove(name)
  } catch (error) {
    if (isRecordError(error, 'KEY_FILE_NOT_FOUND')) throw notFound(`there is no key "${visible(name)}"`)
    throw error
  }
  await context.print({ key: name, removed: true }, `the key ${visible(name)} was deleted\n`)
  return exitStatus.success
}

function keyFields(name: string, { publicKey, peerId }: KeyPair): JsonObject {
  return {
    key: name,
    type: publicKey.type,
    ...peerFields(peerId),
    publicKey: base64(encodePublicKey(publicKey))
  }
}
