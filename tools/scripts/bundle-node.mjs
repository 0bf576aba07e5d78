// Run by each package before it is packed, in its folder: one file an entry for Node, where every file that is loaded takes
// its half of a millisecond. Pages get the files as they are: bundlers shake those best.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const { exports, imports = {} } = JSON.parse(readFileSync('package.json', 'utf8'))
rmSync('dist/node', { recursive: true, force: true })
await build({
  entryPoints: Object.values(exports),
  outdir: 'dist/node',
  outbase: 'src',
  bundle: true,
  splitting: true,
  chunkNames: 'shared-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node22',
  packages: 'external',
  logLevel: 'error',
  plugins: [
    {
      name: 'leaves',
      setup({ onResolve }) {
        onResolve({ filter: /^#/ }, ({ path }) => ({ path: join(process.cwd(), imports[path].node) }))
      }
    }
  ]
})
