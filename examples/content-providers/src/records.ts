import { joinRecordKey } from '@recordkit/record-codec'
import type { Namespace, PeerId } from '@recordkit/record-types'
import { onlyAuthors, providers, signed, withSchema } from '@recordkit/record-validators'
import type { CID } from 'multiformats/cid'
import * as v from 'valibot'

/** How curators describe a content. */
const Meta = v.strictObject({
  title: v.pipe(v.string(), v.maxLength(200)),
  mediaType: v.pipe(v.string(), v.regex(/^[a-z]+\/[a-z0-9.+-]+$/)),
  size: v.pipe(v.number(), v.integer(), v.minValue(0))
})
export type Meta = v.InferOutput<typeof Meta>

/** `/providers/<multihash>/<peer>`: signed by that peer. `/meta/<cid>`: signed by any curator. */
export function namespaces(curators: readonly PeerId[]): Namespace[] {
  return [providers(), withSchema(signed('meta', { authors: onlyAuthors(curators) }), Meta)]
}

export function metaKey(cid: CID): Uint8Array {
  return joinRecordKey('meta', cid.toString())
}
