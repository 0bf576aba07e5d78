import { join } from 'node:path'
import { installTools } from '../npm-tools.ts'
import type { Project } from './projects.ts'

/** A version of TypeScript with one kind of module resolution. */
export interface Compiler {
  readonly title: string
  /** whether the types of a page are there */
  readonly dom: boolean
  /** part of the short form */
  readonly short: boolean
  /**
   * Type-checks `program.ts`, or `types.ts` without the types of a page, with `skipLibCheck: false`.
   *
   * @param types - packages of global types
   */
  check(project: Project, types: readonly string[]): Promise<void>
}

const versions = ['5.9', '6', '7'] as const
const resolutions = ['nodenext', 'bundler'] as const

/** The types that a program can expect of its platform: a page of today, or nothing but the language of 2022. */
const libs = {
  page: ['es2024', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'],
  language: ['es2022']
}

function compiler(version: string, resolution: (typeof resolutions)[number], lib: keyof typeof libs): Compiler {
  return {
    title: `TS ${version}, ${resolution}${lib === 'page' ? '' : ', es2022 without dom'}`,
    dom: lib === 'page',
    short: version === '7' && (resolution === 'nodenext') === (lib === 'page'),
    async check(project, types) {
      const options = {
        module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
        moduleResolution: resolution,
        target: lib === 'page' ? 'es2024' : 'es2022',
        lib: libs[lib],
        types,
        strict: true,
        noEmit: true,
        skipLibCheck: false
      }
      const configuration = `tsconfig-${version}-${resolution}-${lib}.json`
      await project.write(
        configuration,
        JSON.stringify({ compilerOptions: options, files: [lib === 'page' ? 'program.ts' : 'types.ts'] })
      )
      const modules = await installTools([`typescript@${version}`])
      await project
        .run(process.execPath, join(modules, 'typescript', 'bin', 'tsc'), '-p', configuration)
        .catch((error) => {
          throw new Error((error as { stdout?: string }).stdout || String(error))
        })
    }
  }
}

export const compilers: readonly Compiler[] = versions.flatMap((version) =>
  resolutions.flatMap((resolution) => [
    compiler(version, resolution, 'page'),
    compiler(version, resolution, 'language')
  ])
)
