import { fromHex } from './hex.ts'

/**
 * Bytes of the vector files a `import.meta.glob(…, { query: '?hex', import: 'default', eager: true })` found,
 * by the last `depth` parts of their path.
 */
export function files(found: Record<string, string>, depth = 1): Map<string, Uint8Array> {
  return new Map(Object.entries(found).map(([path, hex]) => [path.split('/').slice(-depth).join('/'), fromHex(hex)]))
}
