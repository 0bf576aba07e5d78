import { equalBytes } from '@recordkit/record-types'
import type { AbortOptions, PeerId, RoutingAck } from '@recordkit/record-types'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { decodeMessage, putValueMessage } from './dht-message.ts'
import { sendRequest } from './rpc.ts'
import type { ProtocolDialer } from './rpc.ts'

/** Sends `PUT_VALUE` to one peer. Never rejects. */
export async function putValue(
  { dialer, protocol }: { readonly dialer: ProtocolDialer<Libp2pPeerId>; readonly protocol: string },
  peer: Libp2pPeerId,
  from: PeerId,
  { key, value }: { readonly key: Uint8Array; readonly value: Uint8Array },
  options: AbortOptions
): Promise<RoutingAck> {
  try {
    const response = await sendRequest(dialer, peer, protocol, putValueMessage(key, value), options)
    const { key: echoedKey, record } = decodeMessage(response)
    const isStored =
      echoedKey !== undefined && equalBytes(echoedKey, key) && record !== undefined && equalBytes(record.value, value)
    return { from, status: isStored ? 'stored' : 'mismatch' }
  } catch (error) {
    return { from, status: options.signal?.aborted === true ? 'timeout' : 'refused', error }
  }
}
