import { parseIpnsName } from '@recordkit/record-codec'
import { openIpnsRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'

/** Verifies also where the page is not a secure context, and so has no `crypto.subtle`. */
export async function verifyAnywhere(value: Uint8Array, name: string): Promise<Uint8Array> {
  const { content } = await openIpnsRecord(value, { name: parseIpnsName(name), algorithms: [ed25519Portable] })
  return content.value
}
