import { ipnsNameToString, joinRecordKey, parseIpnsName, splitRecordKey } from '@recordkit/record-codec'
import { equalBytes, isRecordError, RecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { AuthorPolicy, PeerId } from '@recordkit/record-types'
import { refusalOf, reject } from './refusal.ts'

/** A name of an author as an application writes it: an IPNS name or peer ID in text, or the binary peer ID. */
export type AuthorName = string | PeerId

function authorOf(name: AuthorName): PeerId {
  return typeof name === 'string' ? parseIpnsName(name) : name
}

/** The first path segment of a key. */
function ownerSegment(key: Uint8Array): Uint8Array {
  const { path } = splitRecordKey(key)
  const end = path.indexOf(0x2f)
  return end === -1 ? path : path.subarray(0, end)
}

/** The peer ID that a key names as its owner: its first path segment, an IPNS name in base36. */
export function ownerOf(key: Uint8Array): PeerId {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(ownerSegment(key))
  const owner = parseIpnsName(text)
  // one owner, one spelling: otherwise the same entry could live under several keys
  if (ipnsNameToString(owner) !== text) {
    throw new RecordError('IPNS_NAME_INVALID', `a key names its owner in base36, as ${ipnsNameToString(owner)}`, {
      key
    })
  }
  return owner
}

/** The record key `/namespace/<owner>/path`, its owner in the one spelling that `ownerInKey` takes. */
export function ownedKey(namespace: string, owner: AuthorName, path: string): Uint8Array {
  return joinRecordKey(namespace, `${ipnsNameToString(authorOf(owner))}/${path}`)
}

/** Only the author that the key itself names may write: self-certifying, needs no list, and allows revocation. */
export function ownerInKey(): AuthorPolicy {
  return {
    revocable: true,
    check(author, key) {
      try {
        const name = ipnsNameToString(author)
        // as bytes: whatever else stands there, another name or another spelling, is not this author's
        if (equalBytes(ownerSegment(key), new TextEncoder().encode(name))) return undefined
        return reject('AUTHOR_FORBIDDEN', `the record is by ${name}; its key names another owner, or none in base36`)
      } catch (error) {
        if (isRecordError(error)) return reject('AUTHOR_FORBIDDEN', `the key names no owner: ${error.message}`)
        return refusalOf(error)
      }
    }
  }
}

/** Only these authors may write. */
export function onlyAuthors(names: Iterable<AuthorName>): AuthorPolicy {
  const authors = new Set<string>()
  for (const name of names) authors.add(mapKey(authorOf(name)))
  return {
    revocable: false,
    check(author) {
      if (authors.has(mapKey(author))) return undefined
      return reject(
        'AUTHOR_FORBIDDEN',
        `${ipnsNameToString(author)} is not one of the ${authors.size} authors that may write here`
      )
    }
  }
}

/** Anyone may write: the latest signed record counts, whoever signed it. */
export function anyAuthor(): AuthorPolicy {
  return { revocable: false, check: () => undefined }
}

/** What `policy` allows, but not by these authors. */
export function exceptAuthors(policy: AuthorPolicy, names: Iterable<AuthorName>): AuthorPolicy {
  const denied = new Set<string>()
  for (const name of names) denied.add(mapKey(authorOf(name)))
  return {
    revocable: policy.revocable,
    check(author, key) {
      if (denied.has(mapKey(author))) return reject('AUTHOR_DENIED', `${ipnsNameToString(author)} is denied here`)
      return policy.check(author, key)
    }
  }
}
