import { namespaceNames } from './options.ts'
import { checkOptions } from '@recordkit/record-types/internal'
import { decodeProviderAddresses, splitProviderKey } from '@recordkit/record-codec'
import { equalBytes } from '@recordkit/record-types'
import type { AuthorPolicy } from '@recordkit/record-types'
import { withContent } from './combinators.ts'
import type { SealingNamespace } from './namespace.ts'
import { ignore, refusalOf } from './refusal.ts'
import { signed } from './signed.ts'
import type { SignedOptions, SignedFields } from './signed.ts'

/** Allows the provider that the key names. */
function providerInKey(): AuthorPolicy {
  return {
    revocable: true,
    check(author, key) {
      try {
        if (equalBytes(splitProviderKey(key).provider, author)) return undefined
        return ignore('AUTHOR_FORBIDDEN', 'the provider record is not signed by the provider that its key names')
      } catch (error) {
        return refusalOf(error)
      }
    }
  }
}

/**
 * The namespace of signed provider records, `/providers/<multihash>/<peer>`. The provider itself signs its record; the
 * content is its addresses, encoded by `encodeProviderAddresses`. The provider records of the DHT are unsigned.
 *
 * @see docs/spec/signed-record.md, "Signed providers"
 * @see https://github.com/libp2p/go-libp2p-kad-dht/issues/559
 * @example
 * ```ts
 * const engine = new ValidationEngine([providers()])
 * ```
 */
export function providers(options: Omit<SignedOptions, 'authors'> = {}): SealingNamespace<SignedFields> {
  checkOptions(options, { ...namespaceNames, maxClockSkew: 0, futureSequences: 0 })
  return withContent(signed('providers', { ...options, authors: providerInKey() }), (content) => {
    decodeProviderAddresses(content)
    return undefined
  })
}
