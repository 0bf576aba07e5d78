import { readFileSync } from 'node:fs'

/** The version of this program, as in its package.json: a release changes it there only. */
export function readVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
