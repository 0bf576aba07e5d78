import { ipnsNameToString, joinRecordKey, parseIpnsName, parseRecordKey, splitRecordKey } from '@recordkit/record-codec'
import { peerIdFromName } from '@recordkit/record-codec/internal'
import { isRecordError, RecordError } from '@recordkit/record-types'
import { mapKey, printable } from '@recordkit/record-types/internal'
import type { AuthorPolicy, PeerId } from '@recordkit/record-types'
import { ownCheck, refusalOfAuthor } from './author-allowed.ts'
import { KeyOwners } from './key-owners.ts'
import { checkPolicy } from './options.ts'
import { ignore, ownerOrUndefined, refusalOf } from './refusal.ts'

/** An author: an IPNS name or peer ID as text, or a binary peer ID. */
export type AuthorName = string | PeerId

/** The first path segment of a key. */
function ownerSegment(key: Uint8Array): Uint8Array {
  const { path } = splitRecordKey(key)
  const end = path.indexOf(0x2f)
  return end === -1 ? path : path.subarray(0, end)
}

/**
 * The peer ID of the owner that a key names: its first path segment, an IPNS name in base36.
 *
 * @throws RecordError `RECORD_KEY_INVALID` when the key is not `/namespace/path`; `IPNS_NAME_INVALID` or the decoding error
 * of the name when the segment is not an IPNS name in base36
 * @example
 * ```ts
 * const owner = ownerOf(record.key)
 * ```
 */
export function ownerOf(key: Uint8Array): PeerId {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(ownerSegment(key))
  const owner = parseIpnsName(text)
  // one owner has one spelling: otherwise the same entry could be stored under several keys
  if (ipnsNameToString(owner) !== text) {
    throw new RecordError(
      'IPNS_NAME_INVALID',
      `the key names its owner as ${printable(text)}; ${ipnsNameToString(owner)} is expected`,
      {
        key
      }
    )
  }
  return owner
}

/** The path of a key whose owner is spelled in any base that names of peers have. */
function ownedPath(path: string | Uint8Array): Uint8Array {
  if (typeof path !== 'string') return path
  const end = path.indexOf('/')
  const owner = end === -1 ? path : path.slice(0, end)
  let name: PeerId
  try {
    name = parseIpnsName(owner)
  } catch (cause) {
    throw new RecordError(
      'IPNS_NAME_INVALID',
      `the path must begin with the IPNS name or peer ID of its owner, as in k51…/app, and "${printable(owner)}" is neither; \`manager.namespace(…).keyFor("app")\` makes such a key`,
      { cause }
    )
  }
  return parseRecordKey(`${ipnsNameToString(name)}${path.slice(owner.length)}`)
}

/**
 * Makes the record key `/namespace/<owner>/path`, with the owner spelled as {@link ownerInKey} expects it.
 *
 * @throws RecordError `IPNS_NAME_INVALID` when `owner` is text that is not an IPNS name or peer ID; `INVALID_ARGUMENT` for
 * anything else
 * @example
 * ```ts
 * const key = ownedKey('config', signer.peerId, 'app')
 * ```
 */
export function ownedKey(namespace: string, owner: AuthorName, path: string): Uint8Array<ArrayBuffer> {
  return joinRecordKey(namespace, `${ipnsNameToString(peerIdFromName(owner, 'owner'))}/${path}`)
}

/**
 * Allows the author that the key itself names; see {@link ownedKey}. Such keys are self-certifying, need no list of authors,
 * and can be revoked.
 *
 * @example
 * ```ts
 * const config = signed('config', { authors: ownerInKey() })
 * ```
 */
export function ownerInKey(): AuthorPolicy {
  const owners = new KeyOwners()
  return {
    revocable: true,
    parsePath: ownedPath,
    pathFor: (author, path) => parseRecordKey(`${ipnsNameToString(author)}/${path}`),
    check: ownCheck((author, key) => {
      try {
        const segment = ownerSegment(key)
        if (owners.isOwner(author, segment)) return undefined
        const name = ipnsNameToString(author)
        return ignore('AUTHOR_FORBIDDEN', `the record is by ${name}, which is not the first path segment of its key`)
      } catch (error) {
        if (isRecordError(error)) return ignore('AUTHOR_FORBIDDEN', `the key does not name an owner: ${error.message}`)
        return refusalOf(error)
      }
    }),
    ownerOf: (key) => ownerOrUndefined(() => owners.ownerOf(ownerSegment(key)))
  }
}

/**
 * Allows these authors.
 *
 * @throws RecordError `IPNS_NAME_INVALID` for text that is not an IPNS name or peer ID; `INVALID_ARGUMENT` for anything else
 * @example
 * ```ts
 * const news = signed('news', { authors: onlyAuthors([alice.peerId, bob.peerId]) })
 * ```
 */
export function onlyAuthors(names: Iterable<AuthorName>): AuthorPolicy {
  const authors = new Set<string>()
  for (const name of names) authors.add(mapKey(peerIdFromName(name, 'author')))
  return {
    revocable: false,
    check: ownCheck((author) => {
      if (authors.has(mapKey(author))) return undefined
      return ignore('AUTHOR_FORBIDDEN', `${ipnsNameToString(author)} is not one of the ${authors.size} allowed authors`)
    })
  }
}

/**
 * Allows every author: the record that ranks highest wins, no matter who signed it. Anyone can replace a record at any time, and
 * with `futureSequences` block the key by the highest sequence. Use it for keys that need no protection.
 *
 * @example
 * ```ts
 * const wall = signed('wall', { authors: anyAuthor() })
 * ```
 */
export function anyAuthor(): AuthorPolicy {
  return { revocable: false, check: ownCheck(() => undefined) }
}

/**
 * Allows what `policy` allows, except for these authors.
 *
 * @throws RecordError `IPNS_NAME_INVALID` for text that is not an IPNS name or peer ID; `INVALID_ARGUMENT` for anything else
 * @example
 * ```ts
 * const wall = signed('wall', { authors: exceptAuthors(anyAuthor(), [spammer]) })
 * ```
 */
export function exceptAuthors(policy: AuthorPolicy, names: Iterable<AuthorName>): AuthorPolicy {
  checkPolicy(policy, 'policy')
  const denied = new Set<string>()
  for (const name of names) denied.add(mapKey(peerIdFromName(name, 'author')))
  return {
    ...policy,
    check: ownCheck((author, key) => {
      if (denied.has(mapKey(author))) return ignore('AUTHOR_DENIED', `${ipnsNameToString(author)} is a denied author`)
      return refusalOfAuthor(policy, author, key)
    }),
    ownerOf: (key) => policy.ownerOf?.(key)
  }
}
