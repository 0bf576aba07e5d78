import { ed25519 } from '@recordkit/record-crypto'
import { ecdsa } from '@recordkit/record-crypto/ecdsa'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { ed25519Wasm } from '@recordkit/record-crypto/ed25519-wasm'
import { rsa } from '@recordkit/record-crypto/rsa'
import { secp256k1 } from '@recordkit/record-crypto/secp256k1'
import { fromHex } from '@recordkit/record-types/internal'
import speccheck from '@recordkit/vectors/ed25519-speccheck/cases.json' with { type: 'json' }
import runtimes from '@recordkit/vectors/recordkit/signature-runtimes.json' with { type: 'json' }
import p256 from '@recordkit/vectors/wycheproof/ecdsa_secp256r1_sha256_test.json' with { type: 'json' }
import bitcoin from '@recordkit/vectors/wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json' with { type: 'json' }
import k1 from '@recordkit/vectors/wycheproof/ecdsa_secp256k1_sha256_test.json' with { type: 'json' }
import ed from '@recordkit/vectors/wycheproof/ed25519_test.json' with { type: 'json' }
import rsa2048 from '@recordkit/vectors/wycheproof/rsa_signature_2048_sha256_test.json' with { type: 'json' }
import rsa4096 from '@recordkit/vectors/wycheproof/rsa_signature_4096_sha256_test.json' with { type: 'json' }
import type { RowResult } from './result.ts'
import { expectSame, runRow } from './result.ts'

type Verifier = Pick<typeof ed25519, 'verify'>
type Case = readonly [id: string, run: () => Promise<void>]

function verdict(
  { verify }: Verifier,
  id: string,
  [publicKey, message, signature]: readonly [Uint8Array, string, string],
  valid: boolean
): Case {
  return [
    id,
    async () => expectSame(await verify(publicKey, fromHex(message), fromHex(signature)), valid, 'the verdict')
  ]
}

interface Test {
  readonly tcId: number
  readonly msg: string
  readonly sig: string
  readonly result: string
  readonly comment: string
}

function wycheproof<Group extends { readonly tests: readonly Test[] }>(
  verifier: Verifier,
  groups: readonly Group[],
  keyOf: (group: Group) => Uint8Array,
  alsoValid: readonly number[] = []
): Case[] {
  return groups.flatMap((group) =>
    group.tests.map(({ tcId, msg, sig, result, comment }) =>
      verdict(verifier, `${tcId} ${comment}`, [keyOf(group), msg, sig], result === 'valid' || alsoValid.includes(tcId))
    )
  )
}

const compressed = ({ publicKey }: { readonly publicKey: { readonly uncompressed: string } }): Uint8Array => {
  const point = fromHex(publicKey.uncompressed)
  const key = point.slice(0, 33)
  key[0] = 2 + ((point[64] as number) & 1)
  return key
}
const spki = ({ publicKeyDer }: { readonly publicKeyDer: string }): Uint8Array => fromHex(publicKeyDer)
const raw = ({ publicKey }: { readonly publicKey: { readonly pk: string } }): Uint8Array => fromHex(publicKey.pk)

/** Verifies all vectors of signatures. */
export async function verdicts(): Promise<RowResult[]> {
  const check = (algorithm: Verifier): Case[] =>
    speccheck.map((found, index) =>
      verdict(algorithm, `${index}`, [fromHex(found.pub_key), found.message, found.signature], index === 3)
    )
  const own = (wanted: string, algorithm: Verifier): Case[] =>
    runtimes
      .filter(({ type }) => type === wanted)
      .map(({ id, publicKey, message, signature, valid }) =>
        verdict(algorithm, id, [fromHex(publicKey), message, signature], valid)
      )
  const rows: (readonly [name: string, cases: Case[]])[] = [
    ['Ed25519, speccheck', check(ed25519)],
    ['Ed25519, Wycheproof', wycheproof(ed25519, ed.testGroups, raw)],
    ['`ed25519Portable`, speccheck', check(ed25519Portable)],
    ['`ed25519Portable`, Wycheproof', wycheproof(ed25519Portable, ed.testGroups, raw)],
    ['`ed25519Wasm`, speccheck', check(ed25519Wasm)],
    ['`ed25519Wasm`, Wycheproof', wycheproof(ed25519Wasm, ed.testGroups, raw)],
    ['Secp256k1, Wycheproof', wycheproof(secp256k1, k1.testGroups, compressed)],
    // both signs of s are accepted
    ['Secp256k1, Wycheproof for Bitcoin', wycheproof(secp256k1, bitcoin.testGroups, compressed, [1, 388])],
    ['ECDSA, Wycheproof P-256', wycheproof(ecdsa, p256.testGroups, spki)],
    ['ECDSA, where platforms differ', own('ECDSA', ecdsa)],
    ['RSA, Wycheproof 2048 bits', wycheproof(rsa, rsa2048.testGroups, spki)],
    ['RSA, Wycheproof 4096 bits', wycheproof(rsa, rsa4096.testGroups, spki)],
    ['RSA, where platforms differ', own('RSA', rsa)]
  ]
  const results: RowResult[] = []
  // oxlint-disable-next-line no-await-in-loop -- in order
  for (const [name, cases] of rows) results.push(await runRow(name, cases))
  return results
}
