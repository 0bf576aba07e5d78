import type { Signer } from '@recordkit/record-types'
import type { Publication } from '@recordkit/record-store'
import type { KeyChain } from './key-chain.ts'

/** The signer that signs the records of a publication; `undefined` when this manager does not have it, or nothing is signed. */
export function signerOf({ signer }: Publication, { signers }: { readonly signers: KeyChain }): Signer | undefined {
  return signer && signers.get(signer)
}
