import type { Algorithm } from '@recordkit/record-types'
import { ecdsaBy } from '../src/ecdsa-algorithm.ts'
import * as ecdsaModule from '../src/platform/ecdsa.webcrypto.ts'
import * as rsaModule from '../src/platform/rsa.webcrypto.ts'
import * as secp256k1Module from '../src/platform/secp256k1.portable.ts'
import { rsaBy } from '../src/rsa-algorithm.ts'
import { secp256k1By } from '../src/secp256k1-algorithm.ts'

/** The algorithms as browsers verify them, for tests in Node as well. */
export const rsaWebCrypto: Algorithm = rsaBy(rsaModule.verifyByPlatform)
export const ecdsaWebCrypto: Algorithm = ecdsaBy(ecdsaModule.verifyByPlatform)
export const secp256k1Portable: Algorithm = secp256k1By(secp256k1Module.verifyByPlatform)
