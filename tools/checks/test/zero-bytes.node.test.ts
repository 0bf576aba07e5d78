import { join } from 'node:path'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import { expect, test } from 'vitest'
import { packages } from './packages.ts'

/** Ignores `sideEffects: false`, so that esbuild drops only code that has no side effects. */
const ignoreSideEffects: Plugin = {
  name: 'ignore-side-effects',
  setup(build) {
    build.onResolve({ filter: /.*/ }, async ({ path, ...options }) => {
      if (options.pluginData === 'resolved') return undefined
      const found = await build.resolve(path, { ...options, pluginData: 'resolved' })
      return { ...found, sideEffects: !found.path.includes('/node_modules/') }
    })
  }
}

for (const { name, folder, manifest } of packages) {
  for (const [subpath, file] of Object.entries(manifest.exports)) {
    test(`an unused import of @recordkit/${name}${subpath.slice(1)} bundles to 0 bytes`, async () => {
      const { outputFiles } = await build({
        stdin: { contents: `import ${JSON.stringify(join(folder, file))}`, resolveDir: folder },
        plugins: [ignoreSideEffects],
        bundle: true,
        minify: true,
        format: 'esm',
        platform: 'browser',
        write: false
      })
      expect(outputFiles[0]?.text.trim() ?? '').toBe('')
    })
  }
}
