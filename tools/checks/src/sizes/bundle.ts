import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build, transform } from 'esbuild'
import { rollup } from 'rollup'
import type { Plugin, RollupCache } from 'rollup'

const here = fileURLToPath(new URL('.', import.meta.url))
const target = 'es2022'

function gzipped(code: string | Uint8Array): number {
  return gzipSync(code, { level: 9 }).length
}

/** The size of `code` bundled by esbuild for a page: gzip, bytes. */
export async function measureWithEsbuild(code: string, conditions: readonly string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: here },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['browser', ...conditions],
    target,
    write: false,
    logLevel: 'error'
  })
  return gzipped(outputFiles[0]?.contents as Uint8Array)
}

const entry = '\0entry.js'

/** Compiled sources by file name: the programs share most of them. */
const transformed = new Map<string, Promise<string>>()

async function readSource(file: string): Promise<string> {
  return (await transform(await readFile(file, 'utf8'), { loader: 'ts', target })).code
}

type Modules = Map<string, RollupCache['modules'][number]>

/** Modules parsed by rollup, by resolve conditions and then by name. */
const parsed = new Map<string, Modules>()

/** Compiles our TypeScript sources module by module, as the build of an application does. */
function sources(code: string): Plugin {
  return {
    name: 'sources',
    resolveId: (id) => (id === entry ? id : undefined),
    async load(id) {
      if (id === entry) return code
      if (!id.endsWith('.ts')) return undefined
      const source = transformed.get(id) ?? readSource(id)
      transformed.set(id, source)
      return source
    }
  }
}

/** The size of `code` bundled by rollup for a page: gzip, bytes. */
export async function measureWithRollup(code: string, conditions: readonly string[]): Promise<number> {
  const modules: Modules = parsed.get(conditions.join()) ?? new Map()
  parsed.set(conditions.join(), modules)
  const bundle = await rollup({
    input: entry,
    cache: { modules: [...modules.values()] },
    plugins: [
      sources(code),
      nodeResolve({
        browser: true,
        preferBuiltins: false,
        rootDir: here,
        extensions: ['.js', '.ts'],
        exportConditions: ['browser', 'import', 'default', ...conditions]
      })
    ],
    onwarn: (warning) => {
      if (warning.code === 'UNRESOLVED_IMPORT') throw new Error(warning.message)
    }
  })
  for (const one of bundle.cache?.modules ?? []) modules.set(one.id, one)
  const { output } = await bundle.generate({ format: 'esm' })
  const { code: minified } = await transform(output[0].code, { minify: true, target, format: 'esm' })
  return gzipped(minified)
}
