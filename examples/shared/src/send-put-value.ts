import type { PeerId } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { encodeRecord } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import type { Libp2p } from 'libp2p'
import { protocol } from './node.ts'

/** A Kademlia `Message` with key (2) and record (3). Its type is PUT_VALUE, which is 0 and therefore not written. */
function putValueMessage(key: Uint8Array, value: Uint8Array): Uint8Array {
  const record = encodeRecord({ key, value })
  return writeFields([18, key, 26, record])
}

/**
 * Sends a value to one peer as an attacker would: the bytes as they are, without any check on this side.
 *
 * @returns whether the peer accepted it: it echoes the message then, and resets the stream otherwise
 */
export async function sendPutValue(from: Libp2p, to: PeerId, key: Uint8Array, value: Uint8Array): Promise<boolean> {
  const signal = AbortSignal.timeout(10_000)
  const stream = await from.dialProtocol(to, protocol, { signal })
  try {
    const messages = lpStream(stream, { maxDataLength: 8 << 20 })
    await messages.write(putValueMessage(key, value), { signal })
    await messages.read({ signal })
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (stream.status === 'open') throw error
    return false
  } finally {
    stream.abort(new Error('done'))
  }
}
