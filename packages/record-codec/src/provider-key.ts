import { equalBytes, limits } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { checkBytes, failArgument, throwRecordError } from './throw-record-error.ts'
import { ipnsNameToString } from './ipns-name-to-string.ts'
import { parseIpnsName } from './ipns-name.ts'
import { decodeMultibase, encodeBase32 } from './multibase.ts'
import { joinRecordKey, splitRecordKey } from './record-key.ts'

/** The parts of the key of a signed provider record. */
export interface ProviderKeyParts {
  /** of the content that is provided, at most 80 bytes */
  readonly multihash: Uint8Array
  readonly provider: PeerId
}

/**
 * Returns the record key of a signed provider record: `/providers/<multihash in base32, lower case, without
 * padding>/<provider as an IPNS name in base36>`.
 *
 * @throws RecordError `INVALID_ARGUMENT`; the codes of `assertPeerId`
 * @example
 * ```ts
 * const key = providerKey(cid.multihash.bytes, signer.peerId)
 * ```
 */
export function providerKey(multihash: Uint8Array, provider: PeerId): Uint8Array<ArrayBuffer> {
  return joinRecordKey('providers', `${contentPath(multihash)}/${ipnsNameToString(provider)}`)
}

/**
 * Returns the prefix of the record keys of all signed providers of a content.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * for await (const record of store.iterate({ prefix: providersPrefix(cid.multihash.bytes) })) console.log(record.key)
 * ```
 */
export function providersPrefix(multihash: Uint8Array): Uint8Array<ArrayBuffer> {
  return joinRecordKey('providers', `${contentPath(multihash)}/`)
}

/**
 * Splits a record key that {@link providerKey} made. Every other spelling is refused, so that a provider has one key.
 *
 * @throws RecordError `RECORD_KEY_INVALID`, `IPNS_NAME_INVALID`, `PEER_ID_INVALID`
 * @example
 * ```ts
 * const { multihash, provider } = splitProviderKey(record.key)
 * ```
 */
export function splitProviderKey(key: Uint8Array): ProviderKeyParts {
  const path = new TextDecoder().decode(splitRecordKey(key).path.subarray(0, 400))
  const slash = path.indexOf('/')
  const content = path.slice(0, Math.max(slash, 0))
  // five bits a letter: 80 bytes are 128 letters
  if (!/^[a-z2-7]{2,128}$/.test(content)) failKey()
  const provider = parseIpnsName(path.slice(slash + 1))
  const multihash = decodeMultibase(`b${content}`)
  if (multihash === undefined || !equalBytes(providerKey(multihash, provider), key)) failKey()
  return { multihash, provider }
}

function contentPath(multihash: Uint8Array): string {
  checkBytes(multihash, 'multihash')
  if (multihash.length === 0 || multihash.length > limits.providerKey) {
    failArgument(`multihash is ${multihash.length} bytes, not 1 to ${limits.providerKey}`)
  }
  return encodeBase32(multihash)
}

function failKey(): never {
  throwRecordError('RECORD_KEY_INVALID', 'provider record key is not /providers/<multihash in base32>/<peer in base36>')
}
