import type { Algorithm } from '@recordkit/record-types'
import { algorithmOf } from '../src/algorithm.ts'
import { ecdsaBy } from '../src/ecdsa-algorithm.ts'
import * as ecdsaLeaf from '../src/platform/ecdsa.webcrypto.ts'
import * as rsaLeaf from '../src/platform/rsa.webcrypto.ts'

/** What a page runs, in Node too. */
export const rsaWebCrypto: Algorithm = algorithmOf('RSA', rsaLeaf.verifyByPlatform)
export const ecdsaWebCrypto: Algorithm = ecdsaBy(ecdsaLeaf.verifyByPlatform)
