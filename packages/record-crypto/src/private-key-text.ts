import { RecordError } from '@recordkit/record-types'
import { printable } from '@recordkit/record-types/internal'
import type { MaybePromise, PrivateKey } from '@recordkit/record-types'
import { fromBase64 } from '@recordkit/record-types/internal'
import { decryptLibp2pKey } from './libp2p-key.ts'
import { notAPrivateKey } from './not-a-private-key.ts'
import type { Passphrase } from './passphrase.ts'
import { decodeEncryptedDer, decodePkcs1, decodePkcs8, decodeProtobuf, decodeSec1 } from './private-key-bytes.ts'

/** characters; the PEM of an RSA key of 8192 bits has 6500 */
const maxText = 65_536

/**
 * Decodes a private key from text: PEM, or the protobuf in base64, as multibase too, or encrypted by a js-libp2p keychain. Text
 * before and after the PEM block is skipped.
 *
 * @throws RecordError `PRIVATE_KEY_INVALID`, `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`
 */
export function decodePrivateKeyText(text: string, passphrase?: Passphrase): MaybePromise<PrivateKey> {
  if (text.length > maxText) throw notAPrivateKey(`text of ${text.length} characters`, 'PRIVATE_KEY_INVALID')
  const blocks = [...text.matchAll(/-----BEGIN ([^-\n]+)-----((?:[^-]|-(?!----))*)-----END \1-----/g)]
  const block = blocks.find(([, label = '']) => label.endsWith('PRIVATE KEY')) ?? blocks[0]
  if (block !== undefined) return decodeBlock(block[1] as string, block[2] as string, passphrase)
  const trimmed = text.trim()
  // every protobuf of a private key begins with the byte 8
  if (/^(mCA|CA)[\w+/=-]+$/.test(trimmed)) return decodeProtobuf(decodeBase64(trimmed.replace(/^m/, ''), 'base64'))
  // a salt, a nonce, a key and a tag: at least 80 bytes
  if (/^m[A-Za-z\d+/]{107,}$/.test(trimmed)) return decryptLibp2pKey(fromBase64(trimmed.slice(1)), passphrase)
  throw notAPrivateKey(describeText(trimmed), 'PRIVATE_KEY_INVALID')
}

function decodeBlock(label: string, body: string, passphrase: Passphrase | undefined): MaybePromise<PrivateKey> {
  const decoder = Object.hasOwn(decoders, label) ? decoders[label] : undefined
  if (decoder === undefined) throw notAPrivateKey(`a PEM block "${printable(label, 40)}"`, 'PRIVATE_KEY_INVALID')
  if (body.includes('ENCRYPTED')) {
    throw new RecordError(
      'PRIVATE_KEY_INVALID',
      'the PEM block is encrypted in the old format of OpenSSL; convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc`'
    )
  }
  return decoder(decodeBase64(body.replaceAll(/\s/g, ''), `PEM block "${label}"`), passphrase)
}

const decoders: Readonly<
  Record<string, (der: Uint8Array, passphrase: Passphrase | undefined) => MaybePromise<PrivateKey>>
> = {
  'PRIVATE KEY': decodePkcs8,
  'ENCRYPTED PRIVATE KEY': decodeEncryptedDer,
  'RSA PRIVATE KEY': decodePkcs1,
  'EC PRIVATE KEY': decodeSec1
}

function decodeBase64(text: string, what: string): Uint8Array {
  try {
    return fromBase64(text)
  } catch (cause) {
    throw new RecordError('PRIVATE_KEY_INVALID', `the ${what} is not base64`, { cause })
  }
}

/** Names text that is not a private key. It is not quoted: it may contain one. */
function describeText(text: string): string {
  const begin = /-----BEGIN ([^-\n]+)-----/.exec(text)
  if (begin !== null) return `a PEM block "${printable(begin[1] as string, 40)}" without its end: the text is cut off`
  for (const [pattern, name] of known) if (pattern.test(text)) return name
  return 'other text'
}

const known: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'an empty text'],
  [/^-/, 'the beginning of PEM: the text is cut off'],
  [/^(ssh-|ecdsa-)/, 'an OpenSSH public key'],
  [/^(12D3|16Uiu|Qm|k51|k2k4|bafz|\/ipns\/)/, 'a peer ID or IPNS name, which is public'],
  [/^[{[]/, 'JSON'],
  [/^<[!a-z]/i, 'an HTML or XML document'],
  [/^([\da-f]{2}){32,}$/i, 'hexadecimal text: convert it to bytes'],
  [/^[.~]?[/\\]|^[A-Za-z]:\\|\.(key|pem|der)$/, 'a path: read the file with loadSigner of the subpath ./key-files']
]
