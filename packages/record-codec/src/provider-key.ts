import { equalBytes, limits } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { base32 } from 'multiformats/bases/base32'
import { checkBytes, throwRecordError, failArgument } from './throw-record-error.ts'
import { ipnsNameToString } from './ipns-name-to-string.ts'
import { parseIpnsName } from './ipns-name.ts'
import { joinRecordKey, splitRecordKey } from './record-key.ts'

/** What a signed provider record is about: who provides what. */
export interface ProviderKeyParts {
  /** of the content, at most 80 bytes */
  readonly multihash: Uint8Array
  readonly provider: PeerId
}

/**
 * The record key under which a peer says, signed, that it provides content: `/providers/<multihash in base32, lower
 * case, without padding>/<peer as an IPNS name in base36>`.
 *
 * @throws RecordError `INVALID_ARGUMENT`, and as `checkPeerId`
 */
export function providerKey(multihash: Uint8Array, provider: PeerId): Uint8Array {
  return joinRecordKey('providers', `${contentPath(multihash)}/${ipnsNameToString(provider)}`)
}

/** What the keys of all signed providers of a content begin with. @throws RecordError `INVALID_ARGUMENT` */
export function providersPrefix(multihash: Uint8Array): Uint8Array {
  return joinRecordKey('providers', `${contentPath(multihash)}/`)
}

/**
 * Reads {@link providerKey} back, in exactly its spelling: one statement, one key.
 *
 * @throws RecordError `RECORD_KEY_INVALID`, `IPNS_NAME_INVALID`, `PEER_ID_INVALID`
 */
export function splitProviderKey(key: Uint8Array): ProviderKeyParts {
  const path = new TextDecoder().decode(splitRecordKey(key).path.subarray(0, 400))
  const slash = path.indexOf('/')
  const content = path.slice(0, Math.max(slash, 0))
  // five bits a letter: 80 bytes are 128 letters
  if (!/^[a-z2-7]{2,128}$/.test(content)) failKey()
  const provider = parseIpnsName(path.slice(slash + 1))
  const multihash = decodeContent(content)
  if (!equalBytes(providerKey(multihash, provider), key)) failKey()
  return { multihash, provider }
}

function decodeContent(text: string): Uint8Array {
  try {
    return base32.decode(`b${text}`)
  } catch {
    return failKey()
  }
}

function contentPath(multihash: Uint8Array): string {
  checkBytes(multihash, 'multihash')
  if (multihash.length === 0 || multihash.length > limits.providerKey) {
    failArgument(`multihash is ${multihash.length} bytes; 1 to ${limits.providerKey} are provided under`)
  }
  return base32.encode(multihash).slice(1)
}

function failKey(): never {
  throwRecordError('RECORD_KEY_INVALID', 'provider record key is not /providers/<multihash in base32>/<peer in base36>')
}
