import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const fileOf = (name: string): URL => new URL(`../corpus/${name}.json`, import.meta.url)

/** Inputs that once covered new code or caused a finding. */
export function readCorpus(name: string): Uint8Array[] {
  const file = fileOf(name)
  if (!existsSync(file)) return []
  return (JSON.parse(readFileSync(file, 'utf8')) as string[]).map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
}

export function writeCorpus(name: string, inputs: readonly Uint8Array[]): void {
  const lines = [...new Set(inputs.map((input) => Buffer.from(input).toString('hex')))].sort(
    (a, b) => a.length - b.length || (a < b ? -1 : 1)
  )
  writeFileSync(fileOf(name), `${JSON.stringify(lines, null, 2)}\n`)
}
