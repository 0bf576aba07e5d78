import { fromHex } from './hex.ts'

/**
 * Decodes the vector files that `import.meta.glob(…, { query: '?hex', import: 'default', eager: true })` found.
 *
 * @param depth - number of the last parts of a path that make the key
 */
export function files(found: Record<string, string>, depth = 1): Map<string, Uint8Array> {
  return new Map(Object.entries(found).map(([path, hex]) => [path.split('/').slice(-depth).join('/'), fromHex(hex)]))
}
