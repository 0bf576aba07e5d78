import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { buildJs } from '../src/builds.ts'
import { ImplementationProcess } from '../src/implementation.ts'
import { keyProbes } from '../src/probes/keys.ts'
import { acceptedHere, acceptedThere } from '../src/probes/probe.ts'
import { recordProbes } from '../src/probes/records.ts'
import { signatureProbes } from '../src/probes/signatures.ts'

/** For each row of the page that begins so, the inputs that it is about. */
const acceptedThereOnly: Record<string, RegExp> = {
  'a singular field of a payload twice, 65':
    /^peer record: (?:with two sequences|65 addresses)$|^envelope: of 70 000 bytes$/,
  'a peer record not by the peer':
    /^peer record: (?:signed by another|with another payload|vector unregistered)|^envelope: with another payload/,
  'Record with an unreadable time': /^Record: with an invalid time$/,
  'Record with field number 0': /^Record: with field number 0$/,
  'Ed25519 with small-order': /^Ed25519 speccheck case (?:0|1|2|11)$/,
  'P-224': /^public key: ECDSA on secp224r1$/,
  'RSA of 512 or 1024 bits': /^public key: RSA of (?:512|1024) bits$/,
  "an Ed25519 private key with another's":
    /^private key: Ed25519, (?:96 bytes, with different|with the public half of another)/,
  'IPNS: CBOR with duplicate keys': /^IPNS ed-cbor-duplicate-key$/,
  'IPNS: CBOR with bytes behind it': /^IPNS ed-cbor-trailing-byte$/,
  'IPNS: a negative TTL': /^IPNS (?:ed-ttl-negative-v2only|ed-sequence-2pow63-cbor-uint-v1v2)$/
}

const acceptedHereOnly: Record<string, RegExp> = {
  '33 bytes that are not a point': /^public key: Secp256k1 bytes that are not a point$/,
  'ECDSA keys of P-256': /^public key: ECDSA on P-256$|^Wycheproof ECDSA: /,
  'P-384 and P-521': /^public key: ECDSA on P-(?:384|521)$/,
  'RSA keys of 8192 bits': /^public key: RSA of 8192 bits$/,
  'an unreadable address in a peer record': /^peer record: with an invalid address$/,
  'an IPNS record with an empty value': /^IPNS ed-value-empty$/,
  '`Record` with its value as a varint': /^Record: with its value as a varint$/,
  'Secp256k1 signatures with bytes behind': /^Wycheproof Secp256k1: /,
  'RSA keys without a type':
    /^public key: (?:an RSA key without its type|RSA with an element (?:after its algorithm|at its end))$/
}

const page = readFileSync(join(fileURLToPath(new URL('../../..', import.meta.url)), 'docs/strictness.md'), 'utf8')

/** The cells of the row that begins with a text. */
function cells(begin: string): string[] {
  const row = page.split('\n').find((line) => line.startsWith(`| ${begin}`))
  expect(row, begin).toBeDefined()
  return (row ?? '')
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

/** titles of all inputs that js-libp2p and `ipns` judge, of those that only they accept, and of those that only RecordKit accepts */
const judged = new Set<string>()
const onlyThere = new Set<string>()
const onlyHere = new Set<string>()

beforeAll(async () => {
  const built = buildJs()
  if (!('command' in built)) throw new Error('the JavaScript program must be available without a build')
  const js = new ImplementationProcess('js', built.command, built.args)
  for (const source of [keyProbes, recordProbes, signatureProbes])
    for await (const probe of source()) {
      const there = await acceptedThere(probe, js)
      if (there === undefined) continue
      judged.add(probe.title)
      if (there !== (await acceptedHere(probe))) (there ? onlyThere : onlyHere).add(probe.title)
    }
  await js.stop()
})

test.each(Object.entries(acceptedThereOnly))('js-libp2p and ipns do what the page says of "%s"', (begin, titles) => {
  const js = cells(begin).at(-1)
  expect([...judged].filter((title) => titles.test(title))).not.toEqual([])
  expect(js).toBe([...onlyThere].some((title) => titles.test(title)) ? 'yes' : 'no')
})

test.each(Object.entries(acceptedHereOnly))('js-libp2p and ipns refuse what the page says of "%s"', (begin, titles) => {
  const [, by = ''] = cells(begin)
  expect([...onlyHere].filter((title) => titles.test(title))).not.toEqual([])
  expect(by).toMatch(/\bjs\b|^all$/)
})

test('the page explains every input that only js-libp2p and ipns, or only RecordKit, accept', () => {
  const explained = (title: string, rows: Record<string, RegExp>): boolean =>
    Object.values(rows).some((titles) => titles.test(title))
  expect([...onlyThere].filter((title) => !explained(title, acceptedThereOnly))).toEqual([])
  expect([...onlyHere].filter((title) => !explained(title, acceptedHereOnly))).toEqual([])
  expect(judged.size).toBeGreaterThan(190)
})
