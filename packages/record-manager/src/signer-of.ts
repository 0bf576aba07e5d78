import { equalBytes } from '@recordkit/record-types'
import type { Signer } from '@recordkit/record-types'
import type { Publication } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'

interface Signing {
  readonly engine: ValidationEngine
  readonly signer: Signer | undefined
}

/** The signer that signs the records of a publication; `undefined` when this manager does not have it, or nothing is signed. */
export function signerOf(publication: Publication, { engine, signer }: Signing): Signer | undefined {
  if (signer === undefined || publication.signer === undefined) return undefined
  return equalBytes(engine.authorOf(signer), publication.signer) ? signer : undefined
}
