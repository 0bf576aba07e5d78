import type { Algorithm } from '@recordkit/record-types'
import { ed25519By } from '../src/ed25519-algorithm.ts'
import { ed25519 } from '../src/ed25519.ts'
import { ed25519Native } from '../src/ed25519-native.ts'
import { ed25519Portable } from '../src/ed25519-portable.ts'
import { ed25519NativeOrWasm, ed25519Wasm } from '../src/ed25519-wasm.ts'
import * as anywhere from '../src/platform/ed25519.anywhere.ts'
import * as webcrypto from '../src/platform/ed25519.webcrypto.ts'

/** All ways in which a runtime may verify Ed25519, by name. */
export const ed25519Paths: ReadonlyMap<string, Algorithm> = new Map([
  ['ed25519', ed25519],
  ['ed25519Native', ed25519Native],
  ['ed25519Portable', ed25519Portable],
  ['ed25519Wasm', ed25519Wasm],
  ['ed25519NativeOrWasm', ed25519NativeOrWasm],
  ['WebCrypto', ed25519By(webcrypto.verifyByPlatform)],
  ['anywhere', ed25519By(anywhere.verifyByPlatform)],
  ['anywhere, without WebCrypto Ed25519', ed25519By(anywhere.verifyWithDigest)]
])
