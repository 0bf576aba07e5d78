import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bun } from '../runtimes/engines.ts'
import { installTools } from '../npm-tools.ts'
import type { Project } from './projects.ts'

/** A bundler with the configuration of a user. */
export interface Bundler {
  readonly title: string
  /** what npm installs, once for all projects */
  readonly tools: readonly string[]
  /**
   * Bundles `program.mjs`, or `wrapped.mjs` when it knows no top-level await, for a page.
   *
   * @param modules - the folder `node_modules` of its tools
   * @returns the path of the bundle
   */
  bundle(project: Project, modules: string): Promise<string>
}

/** Runs a program of the installed tools. */
const runTool = (project: Project, program: string, ...args: readonly string[]): Promise<string> =>
  project.run(process.execPath, program, ...args)

const webpackConfiguration = (folder: string): string => `export default {
  mode: 'production',
  entry: './program.mjs',
  experiments: { outputModule: true },
  output: { path: process.cwd() + '/${folder}', filename: 'program.js', module: true, library: { type: 'module' } }
}`

export const bundlers: readonly Bundler[] = [
  {
    title: 'esbuild',
    tools: ['esbuild'],
    async bundle(project, modules) {
      const args = ['program.mjs', '--bundle', '--format=esm', '--minify', '--outfile=esbuild.js']
      await runTool(project, join(modules, 'esbuild', 'bin', 'esbuild'), ...args)
      return join(project.folder, 'esbuild.js')
    }
  },
  {
    title: 'Vite',
    tools: ['vite@8'],
    async bundle(project, modules) {
      await project.write('index.html', '<script type="module" src="./program.mjs"></script>')
      await project.write(
        'vite.config.mjs',
        `export default { logLevel: 'error', build: { target: 'esnext', outDir: 'vite', rollupOptions: { output: { entryFileNames: 'program.js' } } } }`
      )
      await runTool(project, join(modules, 'vite', 'bin', 'vite.js'), 'build')
      return join(project.folder, 'vite', 'program.js')
    }
  },
  {
    title: 'Rolldown',
    tools: ['rolldown@1'],
    async bundle(project, modules) {
      const args = ['program.mjs', '--file', 'rolldown.js', '--format', 'esm', '--platform', 'browser', '--minify']
      await runTool(project, join(modules, 'rolldown', 'bin', 'cli.mjs'), ...args)
      return join(project.folder, 'rolldown.js')
    }
  },
  {
    title: 'rollup',
    tools: ['rollup@4', '@rollup/plugin-node-resolve@16', '@rollup/plugin-commonjs@29'],
    async bundle(project, modules) {
      const plugin = (name: string): string => pathToFileURL(join(modules, '@rollup', name, 'dist/es/index.js')).href
      await project.write(
        'rollup.config.mjs',
        `import resolve from '${plugin('plugin-node-resolve')}'
import commonjs from '${plugin('plugin-commonjs')}'
export default {
  input: 'program.mjs',
  plugins: [resolve({ browser: true, preferBuiltins: false }), commonjs()],
  output: { file: 'rollup.js', format: 'es' }
}`
      )
      await runTool(project, join(modules, 'rollup/dist/bin/rollup'), '--config', '--silent')
      return join(project.folder, 'rollup.js')
    }
  },
  {
    title: 'webpack',
    tools: ['webpack@5', 'webpack-cli'],
    async bundle(project, modules) {
      await project.write('webpack.config.mjs', webpackConfiguration('webpack'))
      await runTool(project, join(modules, 'webpack/bin/webpack.js'), '--stats=errors-only')
      return join(project.folder, 'webpack', 'program.js')
    }
  },
  {
    title: 'Rspack',
    tools: ['@rspack/core@2', '@rspack/cli@2'],
    async bundle(project, modules) {
      await project.write('rspack.config.mjs', webpackConfiguration('rspack').replace(/\n  experiments: .*/, ''))
      await runTool(project, join(modules, '@rspack/cli/bin/rspack.js'), 'build', '--config', 'rspack.config.mjs')
      return join(project.folder, 'rspack', 'program.js')
    }
  },
  {
    title: 'Bun',
    tools: [bun.package],
    async bundle(project, modules) {
      const args = ['program.mjs', '--target', 'browser', '--minify', '--outfile', 'bun.js']
      await project.run(join(modules, bun.program), 'build', ...args)
      return join(project.folder, 'bun.js')
    }
  },
  {
    title: 'Parcel',
    tools: ['parcel@2'],
    async bundle(project, modules) {
      // without this option Parcel does not read `exports`: see docs/consumers.md
      await project.set('@parcel/resolver-default', { packageExports: true })
      const args = ['build', 'wrapped.mjs', '--dist-dir', 'parcel', '--no-cache', '--no-source-maps']
      await runTool(project, join(modules, 'parcel/lib/bin.js'), ...args)
      return join(project.folder, 'parcel', 'wrapped.js')
    }
  }
]

const installed = new Map<Bundler, Promise<string>>()

/** Installs a bundler when it is first used, and bundles a program. @returns the path of the bundle */
export async function bundle(bundler: Bundler, project: Project): Promise<string> {
  let modules = installed.get(bundler)
  if (modules === undefined) installed.set(bundler, (modules = installTools(bundler.tools)))
  return bundler.bundle(project, await modules)
}
