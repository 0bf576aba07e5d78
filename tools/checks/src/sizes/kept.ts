import { readFileSync } from 'node:fs'
import { weighByEsbuild, weighByRollup } from './bundle.ts'
import type { Program } from './programs.ts'

/** gzip, bytes */
export interface Weight {
  readonly esbuild: number
  readonly rollup: number
}

export const keptFile = new URL('sizes.json', import.meta.url)

/** What the programs weighed when their weights were last kept. */
export function keptWeights(): Readonly<Record<string, Weight & { readonly peer?: number }>> {
  return JSON.parse(readFileSync(keptFile, 'utf8')) as Record<string, Weight & { readonly peer?: number }>
}

export async function weigh({ code, native }: Program): Promise<Weight> {
  const conditions = native === true ? ['ed25519-native'] : []
  return { esbuild: await weighByEsbuild(code, conditions), rollup: await weighByRollup(code, conditions) }
}
