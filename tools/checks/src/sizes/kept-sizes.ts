import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { measureWithEsbuild, measureWithRollup } from './bundle.ts'
import type { Program } from './programs.ts'

/** gzip, bytes */
export interface Size {
  readonly esbuild: number
  readonly rollup: number
}

/** A size in sizes.json. */
export interface KeptSize extends Size {
  /** the same work with other libraries, by esbuild */
  readonly alternative?: number | undefined
}

export const sizesFile = new URL('sizes.json', import.meta.url)

/** The sizes in sizes.json, by the name of the program. */
export function readSizes(): Readonly<Record<string, KeptSize>> {
  return JSON.parse(readFileSync(sizesFile, 'utf8')) as Record<string, KeptSize>
}

/** The conditions with which the imports of a program are resolved. */
export function conditionsOf({ native }: Program): readonly string[] {
  return native === true ? ['ed25519-native'] : []
}

/** Measures the current size of a program. */
export async function measure(program: Program): Promise<Size> {
  const conditions = conditionsOf(program)
  return {
    esbuild: await measureWithEsbuild(program.code, conditions),
    rollup: await measureWithRollup(program.code, conditions)
  }
}

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Paths of the pages that contain sizes, for {@link withSizes}. */
export function pagesWithSizes(): readonly string[] {
  return globSync(['docs/guides/*.md', 'packages/*/README.md'], { cwd: root })
    .map((path) => root + path)
    .filter((path) => readFileSync(path, 'utf8').includes('<!-- size: '))
}

/** A text with the current sizes between `<!-- size: name of the program -->` and `<!-- /size -->`. */
export function withSizes(text: string, sizes: Readonly<Record<string, KeptSize>>): string {
  return text.replace(/(<!-- size: (.*?) -->).*?(<!-- \/size -->)/g, (_, begin: string, name: string, end: string) => {
    const size = sizes[name]
    if (size === undefined) throw new Error(`there is no program with the name ${name}`)
    return `${begin}${(size.esbuild / 1000).toFixed(1)} kB${end}`
  })
}
