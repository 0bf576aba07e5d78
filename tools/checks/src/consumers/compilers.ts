import type { Project } from './projects.ts'

/** A version of TypeScript with one kind of module resolution. */
export interface Compiler {
  readonly title: string
  /** @param types - packages of global types */
  check(project: Project, types: readonly string[]): Promise<void>
}

const versions = ['5.9', '6', '7'] as const
const resolutions = ['nodenext', 'bundler'] as const

/** Type-checks `program.ts` with the types of the published packages only. */
function compiler(version: string, resolution: (typeof resolutions)[number]): Compiler {
  return {
    title: `TS ${version}, ${resolution}`,
    async check(project, types) {
      const options = {
        module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
        moduleResolution: resolution,
        target: 'es2024',
        lib: ['es2024', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'],
        types,
        strict: true,
        noEmit: true,
        skipLibCheck: false
      }
      await project.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['program.ts'] }))
      await project
        .run('npx', '--yes', `--package=typescript@${version}`, 'tsc', '-p', 'tsconfig.json')
        .catch((error) => {
          throw new Error((error as { stdout?: string }).stdout || String(error))
        })
    }
  }
}

export const compilers: readonly Compiler[] = versions.flatMap((version) =>
  resolutions.map((resolution) => compiler(version, resolution))
)
