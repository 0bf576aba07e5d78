import { join } from 'node:path'
import type { Project } from './projects.ts'

/** A bundler with the configuration of a user. */
export interface Bundler {
  readonly title: string
  /** Bundles `program.mjs` for a page and returns the path of the bundle. */
  bundle(project: Project): Promise<string>
}

const npx = (project: Project, packages: readonly string[], ...command: readonly string[]): Promise<string> =>
  project.run('npx', '--yes', ...packages.map((name) => `--package=${name}`), ...command)

export const bundlers: readonly Bundler[] = [
  {
    title: 'esbuild',
    async bundle(project) {
      const args = ['program.mjs', '--bundle', '--format=esm', '--minify', '--outfile=esbuild.js']
      await npx(project, ['esbuild'], 'esbuild', ...args)
      return join(project.folder, 'esbuild.js')
    }
  },
  {
    title: 'Vite',
    async bundle(project) {
      await project.write('index.html', '<script type="module" src="./program.mjs"></script>')
      await project.write(
        'vite.config.mjs',
        `export default { logLevel: 'error', build: { target: 'esnext', outDir: 'vite', rollupOptions: { output: { entryFileNames: 'program.js' } } } }`
      )
      await npx(project, ['vite'], 'vite', 'build')
      return join(project.folder, 'vite', 'program.js')
    }
  },
  {
    title: 'rollup',
    async bundle(project) {
      await project.run(
        'npm',
        'install',
        '--no-save',
        'rollup',
        '@rollup/plugin-node-resolve',
        '@rollup/plugin-commonjs'
      )
      await project.write(
        'rollup.config.mjs',
        `import resolve from '@rollup/plugin-node-resolve'
import commonjs from '@rollup/plugin-commonjs'
export default {
  input: 'program.mjs',
  plugins: [resolve({ browser: true, preferBuiltins: false }), commonjs()],
  output: { file: 'rollup.js', format: 'es' }
}`
      )
      await project.run('npx', 'rollup', '--config', '--silent')
      return join(project.folder, 'rollup.js')
    }
  },
  {
    title: 'webpack',
    async bundle(project) {
      await project.run('npm', 'install', '--no-save', 'webpack', 'webpack-cli')
      await project.write(
        'webpack.config.mjs',
        `export default {
  mode: 'production',
  entry: './program.mjs',
  experiments: { outputModule: true },
  output: { path: process.cwd() + '/webpack', filename: 'program.js', module: true, library: { type: 'module' } }
}`
      )
      await project.run('npx', 'webpack', '--stats=errors-only')
      return join(project.folder, 'webpack', 'program.js')
    }
  }
]
