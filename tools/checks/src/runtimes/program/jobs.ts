import { decodePublicKey, encodePublicKey, ipnsRoutingKey, publicKeyFromPeerId } from '@recordkit/record-codec'
import {
  createIpnsRecord,
  ed25519,
  ed25519Keys,
  exportPrivateKey,
  generateKeyPair,
  importPrivateKey,
  openIpnsRecord,
  openPeerRecord,
  openSignedRecord,
  sealPeerRecord,
  sealSignedRecord,
  verifySignature
} from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { ecdsa, ecdsaKeys, generateEcdsaKeyPair } from '@recordkit/record-crypto/ecdsa'
import { ed25519Portable, generatePortableKeyPair } from '@recordkit/record-crypto/ed25519-portable'
import { exportEncryptedPrivateKeyPem, exportPrivateKeyPem } from '@recordkit/record-crypto/pem'
import { generateRsaKeyPair, rsa, rsaKeys } from '@recordkit/record-crypto/rsa'
import { generateSecp256k1KeyPair, secp256k1, secp256k1Keys } from '@recordkit/record-crypto/secp256k1'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { isRefusal, systemClock } from '@recordkit/record-types'
import { fromHex, toHex } from '@recordkit/record-types/internal'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import goKeys from '@recordkit/vectors/keys/go-libp2p-key-fixtures.json' with { type: 'json' }
import { encrypted, passphrase, unencrypted } from '@recordkit/testing/openssl-keys'
import type { RowResult } from './result.ts'
import { expectSame, runRow } from './result.ts'

type Case = readonly [id: string, run: () => Promise<void>]

const algorithms = [ed25519, rsa, ecdsa, secp256k1]
const keyAlgorithms = [ed25519Keys, rsaKeys, ecdsaKeys, secp256k1Keys]
const hour = 3_600_000_000_000n
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

async function signAndVerify(pair: KeyPair): Promise<void> {
  const message = bytes('hello')
  const signature = await pair.sign(message)
  const { publicKey } = pair
  expectSame(await verifySignature(publicKey, message, signature, { algorithms }), true, 'the verdict')
  expectSame(await verifySignature(publicKey, bytes('other'), signature, { algorithms }), false, 'the verdict')
}

async function ipnsRecord(signer: KeyPair): Promise<void> {
  const validity = systemClock() + hour
  const value = await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 1n, validity }, { signer })
  // a name of RSA or ECDSA is a hash, for which only the namespace finds the key in the record
  if (publicKeyFromPeerId(signer.peerId) !== undefined) {
    const opened = await openIpnsRecord(value, { name: signer.peerId, algorithms })
    expectSame(text(opened.content.value), '/ipfs/bafkqaaa', 'the value')
  }
  const engine = new ValidationEngine([ipns({ algorithms })])
  const parsed = engine.parse(ipnsRoutingKey(signer.peerId), value)
  if (isRefusal(parsed)) throw new Error(parsed.message)
  const verified = await engine.verify(parsed)
  if (isRefusal(verified)) throw new Error(verified.message)
}

async function peerRecord(signer: KeyPair): Promise<void> {
  const address = fromHex('047f000001060fa1')
  const opened = await openPeerRecord(await sealPeerRecord({ addresses: [address] }, { signer }), { algorithms })
  expectSame(opened.content.addresses.map(toHex).join(), toHex(address), 'the addresses')
}

async function signedRecord(signer: KeyPair): Promise<void> {
  const issued = systemClock()
  const record = { key: bytes('/a/b'), content: bytes('c'), sequence: 1n, issued, ttl: 0n, revoked: false }
  const value = await sealSignedRecord({ ...record, expires: issued + hour }, { signer })
  expectSame(text((await openSignedRecord(value, { algorithms })).content.content), 'c', 'the content')
}

async function memoryStore(): Promise<void> {
  const store = new MemoryRecordStore()
  const record = { key: bytes('k'), value: bytes('v'), timeReceived: systemClock() }
  const rank = (first: number): Uint8Array => new Uint8Array(32).fill(first)
  expectSame((await store.put({ ...record, rank: rank(2) })).status, 'stored', 'the status')
  expectSame((await store.put({ ...record, rank: rank(1) })).status, 'stale', 'the status')
  expectSame(text((await store.get(record.key))?.value), 'v', 'the value')
  await store.close()
}

async function manager(signer?: KeyPair): Promise<void> {
  const created = await createRecordManager({ signer })
  let events = 0
  created.events.addEventListener('record:stored', () => events++)
  await created.put('test-key', bytes('hello'))
  expectSame(text(await created.get('test-key')), 'hello', 'the content')
  expectSame(events, 1, 'the number of events')
  await created.close()
}

/** Imports a private key, signs with it, and exports and imports it in the other forms. */
async function importKey(key: Uint8Array | string, options: { passphrase?: string } = {}): Promise<KeyPair> {
  const pair = await importPrivateKey(key, { algorithms: keyAlgorithms, ...options })
  await signAndVerify(pair)
  for (const form of [exportPrivateKey(pair), exportPrivateKeyPem(pair)]) {
    // oxlint-disable-next-line no-await-in-loop
    const again = await importPrivateKey(form, { algorithms: keyAlgorithms })
    expectSame(toHex(again.publicKey.data), toHex(pair.publicKey.data), 'the public key')
  }
  return pair
}

async function encryptKey(): Promise<void> {
  const pair = await generateKeyPair()
  const pem = await exportEncryptedPrivateKeyPem(pair, { passphrase })
  const again = await importPrivateKey(pem, { passphrase })
  expectSame(toHex(again.publicKey.data), toHex(pair.publicKey.data), 'the public key')
}

const generated: readonly (readonly [string, () => Promise<KeyPair>])[] = [
  ['Ed25519', generateKeyPair],
  ['Secp256k1', generateSecp256k1KeyPair],
  ['RSA', generateRsaKeyPair],
  ['ECDSA P-256', generateEcdsaKeyPair],
  ['ECDSA P-384', () => generateEcdsaKeyPair({ curve: 'P-384' })],
  ['ECDSA P-521', () => generateEcdsaKeyPair({ curve: 'P-521' })]
]

const goKey = ({
  type,
  privateKeyProtobufHex,
  publicKeyProtobufHex,
  messageUtf8,
  signatureHex
}: (typeof goKeys.vectors)[number]): Case => [
  `${type} of go-libp2p`,
  async () => {
    const pair = await importKey(fromHex(privateKeyProtobufHex))
    expectSame(toHex(encodePublicKey(pair.publicKey)), publicKeyProtobufHex, 'the public key')
    const publicKey = decodePublicKey(fromHex(publicKeyProtobufHex))
    const valid = await verifySignature(publicKey, bytes(messageUtf8), fromHex(signatureHex), { algorithms })
    expectSame(valid, true, 'the verdict')
  }
]

/** Runs with a `crypto` as in a page that is not served by https: it has no `subtle`. */
async function withoutSubtle(job: () => Promise<void>): Promise<void> {
  const { crypto } = globalThis
  const getRandomValues = crypto.getRandomValues.bind(crypto)
  Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues }, configurable: true, writable: true })
  try {
    await job()
  } finally {
    Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true, writable: true })
  }
}

async function portableManager(): Promise<void> {
  const created = await createRecordManager({ signer: await generatePortableKeyPair(), algorithms: [ed25519Portable] })
  await created.put('test-key', bytes('hello'))
  expectSame(text(await created.get('test-key')), 'hello', 'the content')
  await created.close()
}

async function namesPortableSigner(): Promise<void> {
  const reason = await generateKeyPair().then(
    () => 'generatePortableKeyPair is not needed',
    (error: Error) => error.message
  )
  expectSame(reason.includes('generatePortableKeyPair'), true, `that the error names it: ${reason}`)
}

const insecurePage: readonly (readonly [string, () => Promise<void>])[] = [
  ['put and get with `ed25519Portable`', portableManager],
  ['the error of `generateKeyPair`', namesPortableSigner],
  ['Secp256k1', async () => signAndVerify(await generateSecp256k1KeyPair())]
]

/** Runs the jobs of an application. */
export async function jobs(): Promise<RowResult[]> {
  const perKey = (job: (pair: KeyPair) => Promise<void>): Case[] =>
    generated.map(([type, generate]) => [type, async () => job(await generate())])
  const rows: (readonly [name: string, cases: Case[]])[] = [
    ['generate a key, sign, verify', perKey(signAndVerify)],
    ['create and verify an IPNS record', perKey(ipnsRecord)],
    ['seal and open a peer record', perKey(peerRecord)],
    ['seal and open a signed record', perKey(signedRecord)],
    ['`MemoryRecordStore`', [['put and get', memoryStore]]],
    ['`createRecordManager`, put, get, events', [['without options', manager]]],
    ['without `crypto.subtle`', insecurePage.map(([id, job]): Case => [id, () => withoutSubtle(job)])],
    [
      'import and export private keys',
      [
        ...goKeys.vectors.map(goKey),
        ...Object.entries(unencrypted).map(([id, pem]): Case => [id, async () => void (await importKey(pem))])
      ]
    ],
    [
      'encrypted private keys',
      [
        ['export and import', encryptKey],
        ...Object.entries(encrypted).map(([id, pem]): Case => [
          id,
          async () => void (await importKey(pem, { passphrase }))
        ])
      ]
    ]
  ]
  const results: RowResult[] = []
  // oxlint-disable-next-line no-await-in-loop -- in order
  for (const [name, cases] of rows) results.push(await runRow(name, cases))
  return results
}
