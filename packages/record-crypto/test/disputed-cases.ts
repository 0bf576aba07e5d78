import { fromHex } from '@recordkit/testing'
import cases from '@recordkit/vectors/ed25519-speccheck/cases.json' with { type: 'json' }
import results from '@recordkit/vectors/ed25519-speccheck/results.json' with { type: 'json' }

/** The cases of ed25519-speccheck, and what ZIP 215 accepts: the row `Zebra`. */
export const disputedCases = cases.map(({ pub_key: key, message, signature }, index) => ({
  publicKey: fromHex(key),
  message: fromHex(message),
  signature: fromHex(signature),
  disputed: results.acceptedByLibrary.Zebra[index]
}))
