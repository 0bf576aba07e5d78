import { RecordError } from '@recordkit/record-types'
import type { ImportSigningKey, VerifyByPlatform } from './platform.ts'

/** sodium-native is native code, which pages and most runtimes other than Node.js do not load. */
export const verifyByPlatform: VerifyByPlatform = () => {
  throw new RecordError(
    'ALGORITHM_MISSING',
    'libsodium requires Node.js; use `ed25519` of @recordkit/record-crypto on other platforms'
  )
}

export const importSigningKey: ImportSigningKey = verifyByPlatform as () => never
