import { copyBytes } from '@recordkit/record-types'
import type { AuthorPolicy, PeerId, Refusal } from '@recordkit/record-types'

/** the checks of the policies in this package, which overwrite no bytes */
const own = /* @__PURE__ */ new WeakSet<AuthorPolicy['check']>()

/** Marks the check of a policy as one that overwrites no bytes. */
export function ownCheck(check: AuthorPolicy['check']): AuthorPolicy['check'] {
  own.add(check)
  return check
}

/** Asks a policy. One of the application gets copies: what it does with their bytes changes no record. */
export function refusalOfAuthor(policy: AuthorPolicy, author: PeerId, key: Uint8Array): Refusal | undefined {
  return own.has(policy.check) ? policy.check(author, key) : policy.check(copyBytes(author), copyBytes(key))
}
