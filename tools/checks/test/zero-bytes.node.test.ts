import { join } from 'node:path'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import { beforeAll, expect, test } from 'vitest'
import { packages } from './packages.ts'

/** Ignores `sideEffects: false`, so that esbuild drops only code that has no side effects. */
const ignoreSideEffects: Plugin = {
  name: 'ignore-side-effects',
  setup(build) {
    build.onResolve({ filter: /.*/ }, async ({ path, ...options }) => {
      if (options.pluginData === 'resolved') return undefined
      // what is loaded on demand is a file of its own
      if (options.kind === 'dynamic-import') return { path, external: true }
      const found = await build.resolve(path, { ...options, pluginData: 'resolved' })
      return { ...found, sideEffects: !found.path.includes('/node_modules/') }
    })
  }
}

// programs are not bundled
const imports = packages
  .filter(({ manifest }) => manifest.bin === undefined)
  .flatMap(({ name, folder, manifest }) =>
    Object.entries(manifest.exports).map(([subpath, file]) => ({
      title: `@recordkit/${name}${subpath.slice(1)}`,
      file: join(folder, file)
    }))
  )

/** One program per entry point, with one unused import. */
const programs: Plugin = {
  name: 'programs',
  setup(build) {
    build.onResolve({ filter: /^program-\d+$/ }, ({ path }) => ({ path, namespace: 'program' }))
    build.onLoad({ filter: /.*/, namespace: 'program' }, ({ path }) => {
      const { file } = imports[Number(path.slice('program-'.length))] as (typeof imports)[number]
      return { contents: `import ${JSON.stringify(file)}`, resolveDir: join(file, '..') }
    })
  }
}

let bundles: ReadonlyMap<string, string>

// one build with an entry point per program, so that esbuild reads shared modules once
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: imports.map((_, index) => ({ in: `program-${index}`, out: String(index) })),
    plugins: [programs, ignoreSideEffects],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    outdir: '/bundles',
    write: false
  })
  bundles = new Map(outputFiles.map(({ path, text }) => [/(\d+)\.js$/.exec(path)?.[1] ?? path, text]))
})

for (const [index, { title }] of imports.entries()) {
  test(`an unused import of ${title} bundles to 0 bytes`, () => {
    expect(bundles.get(String(index))?.trim()).toBe('')
  })
}
