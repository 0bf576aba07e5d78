import { decodeProviderAddresses, splitProviderKey } from '@recordkit/record-codec'
import { equalBytes } from '@recordkit/record-types'
import type { AuthorPolicy } from '@recordkit/record-types'
import { withContent } from './combinators.ts'
import type { SealingNamespace } from './namespace.ts'
import { refusalOf, reject } from './refusal.ts'
import { signed } from './signed.ts'
import type { SignedOptions, SignedFields } from './signed.ts'

/** Only the peer that the key names as the provider may say so. */
function providerInKey(): AuthorPolicy {
  return {
    revocable: true,
    check(author, key) {
      try {
        if (equalBytes(splitProviderKey(key).provider, author)) return undefined
        return reject('AUTHOR_FORBIDDEN', 'a peer says for itself what it provides; this is signed by another')
      } catch (error) {
        return refusalOf(error)
      }
    }
  }
}

/**
 * Signed provider records under `/providers/<multihash>/<peer>`: who provides what, said by the provider, with the
 * addresses it is reached at as `encodeProviderAddresses` writes them. DHT provider records are unsigned.
 *
 * @see docs/spec/signed-record.md, "Signed providers"
 * @see https://github.com/libp2p/go-libp2p-kad-dht/issues/559
 */
export function providers(options: Omit<SignedOptions, 'authors'> = {}): SealingNamespace<SignedFields> {
  return withContent(signed('providers', { ...options, authors: providerInKey() }), (content) => {
    decodeProviderAddresses(content)
    return undefined
  })
}
