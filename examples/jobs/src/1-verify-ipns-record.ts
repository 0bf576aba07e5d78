import { parseIpnsName } from '@recordkit/record-codec'
import { openIpnsRecord } from '@recordkit/record-crypto'

export async function verify(gateway: string, name: string): Promise<string> {
  const response = await fetch(`${gateway}/ipns/${name}?format=ipns-record`)
  if (!response.ok) throw new Error(`gateway answered ${response.status}`)
  const value = new Uint8Array(await response.arrayBuffer())
  const { content } = await openIpnsRecord(value, { name: parseIpnsName(name) })
  return new TextDecoder().decode(content.value)
}
