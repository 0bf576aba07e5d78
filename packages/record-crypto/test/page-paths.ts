import type { Algorithm } from '@recordkit/record-types'
import { algorithmOf } from '../src/algorithm.ts'
import { ecdsaBy } from '../src/ecdsa-algorithm.ts'
import * as ecdsaLeaf from '../src/platform/ecdsa.webcrypto.ts'
import * as rsaLeaf from '../src/platform/rsa.webcrypto.ts'
import * as secp256k1Leaf from '../src/platform/secp256k1.portable.ts'
import { secp256k1By } from '../src/secp256k1-algorithm.ts'

/** What a page runs, in Node too. */
export const rsaWebCrypto: Algorithm = algorithmOf('RSA', rsaLeaf.verifyByPlatform)
export const ecdsaWebCrypto: Algorithm = ecdsaBy(ecdsaLeaf.verifyByPlatform)
export const secp256k1Portable: Algorithm = secp256k1By(secp256k1Leaf.verifyByPlatform)
