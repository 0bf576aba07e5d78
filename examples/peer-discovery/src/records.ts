import { text } from '@recordkit/example-shared'
import { ipnsNameToString, joinRecordKey, peerIdToString } from '@recordkit/record-codec'
import type { KeyPair } from '@recordkit/record-crypto'
import type { RecordView } from '@recordkit/record-manager'
import type { Namespace } from '@recordkit/record-types'
import { ownerInKey, peerRecords, signed, withSchema } from '@recordkit/record-validators'
import * as v from 'valibot'

/** The description of a service. */
const Service = v.strictObject({
  protocol: v.pipe(v.string(), v.startsWith('/')),
  capacity: v.pipe(v.number(), v.integer(), v.minValue(0))
})

/** `/peer/<peer>`: the addresses of a peer. `/service/<peer>/<name>`: a service of it. Only that peer can sign them. */
export function namespaces(): Namespace[] {
  return [peerRecords(), withSchema(signed('service', { authors: ownerInKey() }), Service)]
}

export function peerKey({ peerId }: KeyPair): Uint8Array {
  return joinRecordKey('peer', peerId)
}

export function serviceKey({ peerId }: KeyPair, name: string): Uint8Array {
  return joinRecordKey('service', `${ipnsNameToString(peerId)}/${name}`)
}

export function readService({ key, content, author }: RecordView): v.InferOutput<typeof Service> & {
  readonly name: string
  readonly peer: string
} {
  const service = v.parse(Service, JSON.parse(text(content)))
  return { ...service, name: text(key).split('/')[3] ?? '', peer: author === undefined ? '' : peerIdToString(author) }
}
