import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build, transform } from 'esbuild'
import { rollup } from 'rollup'
import type { Plugin } from 'rollup'

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

/** Compiles our TypeScript sources module by module, as the build of an application does. */
function sources(code: string): Plugin {
  return {
    name: 'sources',
    resolveId: (id) => (id === entry ? id : undefined),
    async load(id) {
      if (id === entry) return code
      if (!id.endsWith('.ts')) return undefined
      return (await transform(await readFile(id, 'utf8'), { loader: 'ts', target })).code
    }
  }
}

/** The size of `code` bundled by rollup for a page: gzip, bytes. */
export async function measureWithRollup(code: string, conditions: readonly string[]): Promise<number> {
  const bundle = await rollup({
    input: entry,
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
  const { output } = await bundle.generate({ format: 'esm' })
  const { code: minified } = await transform(output[0].code, { minify: true, target, format: 'esm' })
  return gzipped(minified)
}
