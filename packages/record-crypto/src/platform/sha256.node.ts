import { hash } from 'node:crypto'
import { plain } from './plain.node.ts'

export function digest(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return plain(hash('sha256', bytes, 'buffer'))
}

export async function digestAsync(bytes: Uint8Array): Promise<Uint8Array> {
  return digest(bytes)
}
