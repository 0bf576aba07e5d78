import type { Algorithm } from '@recordkit/record-types'
import { fromHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import p256 from '@recordkit/vectors/wycheproof/ecdsa_secp256r1_sha256_test.json' with { type: 'json' }
import bitcoin from '@recordkit/vectors/wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json' with { type: 'json' }
import k1 from '@recordkit/vectors/wycheproof/ecdsa_secp256k1_sha256_test.json' with { type: 'json' }
import rsa2048 from '@recordkit/vectors/wycheproof/rsa_signature_2048_sha256_test.json' with { type: 'json' }
import rsa4096 from '@recordkit/vectors/wycheproof/rsa_signature_4096_sha256_test.json' with { type: 'json' }
import { ecdsa } from '../src/ecdsa.ts'
import { rsa } from '../src/rsa.ts'
import { secp256k1 } from '../src/secp256k1.ts'
import { ecdsaWebCrypto, rsaWebCrypto, secp256k1Portable } from './page-paths.ts'

interface Vector {
  readonly tcId: number
  readonly msg: string
  readonly sig: string
  readonly result: string
  readonly comment: string
}

/** Returns the cases with another result than Wycheproof has. Signatures that are only `acceptable` must be refused. */
async function differences(
  algorithm: Algorithm,
  groups: readonly { readonly publicKey: Uint8Array; readonly tests: readonly Vector[] }[]
): Promise<string[]> {
  const found = []
  for (const { publicKey, tests } of groups) {
    for (const { tcId, msg, sig, result, comment } of tests) {
      const valid = await algorithm.verify(publicKey, fromHex(msg), fromHex(sig))
      if (valid !== (result === 'valid')) found.push(`${tcId} ${result}: ${comment}`)
    }
  }
  return found
}

const spki = (group: { readonly publicKeyDer: string; readonly tests: readonly Vector[] }) => ({
  publicKey: fromHex(group.publicKeyDer),
  tests: group.tests
})

const compressed = (group: {
  readonly publicKey: { readonly uncompressed: string }
  readonly tests: readonly Vector[]
}) => {
  const point = fromHex(group.publicKey.uncompressed)
  const publicKey = point.slice(0, 33)
  publicKey[0] = 2 + ((point[64] as number) & 1)
  return { publicKey, tests: group.tests }
}

describe.each([
  ['ecdsa', ecdsa],
  ['ecdsa by WebCrypto', ecdsaWebCrypto]
])('%s', (_, algorithm) => {
  test('has the results of Wycheproof for P-256', async () => {
    expect(await differences(algorithm, p256.testGroups.map(spki))).toEqual([])
  })
})

describe.each([
  ['rsa', rsa],
  ['rsa by WebCrypto', rsaWebCrypto]
])('%s', (_, algorithm) => {
  test('has the results of Wycheproof for 2048 bits', async () => {
    expect(await differences(algorithm, rsa2048.testGroups.map(spki))).toEqual([])
  })

  test('has the results of Wycheproof for 4096 bits', async () => {
    expect(await differences(algorithm, rsa4096.testGroups.map(spki))).toEqual([])
  })
})

describe.each([
  ['secp256k1', secp256k1],
  ['secp256k1 by noble', secp256k1Portable]
])('%s', (_, algorithm) => {
  test('has the results of Wycheproof, whose Bitcoin cases refuse only what differs in the sign of s', async () => {
    expect(await differences(algorithm, k1.testGroups.map(compressed))).toEqual([])
    expect(await differences(algorithm, bitcoin.testGroups.map(compressed))).toEqual([
      '1 invalid: Signature malleability',
      '388 invalid: edge case for signature malleability'
    ])
  })
})
