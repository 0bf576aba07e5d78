import { writeFileSync } from 'node:fs'

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Writes a file of vectors/recordkit. A bigint becomes a decimal string. */
export function write(name: string, content: unknown): void {
  const json = JSON.stringify(
    content,
    (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    1
  )
  writeFileSync(new URL(`../../../vectors/recordkit/${name}.json`, import.meta.url), `${json}\n`)
}
