import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application } from 'typedoc'
import { repository, repositoryUrl } from './pages.ts'

interface EntryPoint {
  /** of the package, without its scope */
  readonly name: string
  /** what is imported, without the scope; also the path of its page below /api/ */
  readonly title: string
  /** the source file */
  readonly file: string
}

/** The public entry points of all packages. */
export const entryPoints: readonly EntryPoint[] = globSync('packages/*/package.json', { cwd: repository })
  .toSorted()
  .flatMap((file) => {
    const folder = join(repository, dirname(file))
    const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      name: string
      exports: Record<string, string>
    }
    const short = name.replace('@recordkit/', '')
    return Object.entries(exports)
      .filter(([entry]) => entry !== './internal')
      .map(([entry, source]) => {
        const title = `${short}${entry.slice(1)}`
        return { name: short, title, file: join(folder, source) }
      })
  })

/**
 * Writes the API reference as Markdown, one page per entry point, with typedoc. TypeScript 7 has no API for other programs, so typedoc
 * reads the sources with the TypeScript 6 that this package depends on, which accepts the same language.
 *
 * @throws Error when a source cannot be read, or a link in a doc comment leads nowhere
 */
export async function writeApi(folder: string): Promise<void> {
  const application = await Application.bootstrapWithPlugins({
    plugin: [fileURLToPath(import.meta.resolve('typedoc-plugin-markdown'))],
    entryPoints: entryPoints.map(({ file }) => file),
    entryPointStrategy: 'resolve',
    tsconfig: join(repository, 'tools', 'site', 'tsconfig.api.json'),
    name: 'API reference',
    basePath: join(repository, 'packages'),
    readme: 'none',
    githubPages: false,
    sourceLinkTemplate: `${repositoryUrl}/blob/main/packages/{path}#L{line}`,
    gitRevision: 'main',
    disableGit: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    outputFileStrategy: 'modules',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    useHTMLAnchors: true,
    entryFileName: 'index',
    sanitizeComments: true,
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    outputs: [{ name: 'markdown', path: folder }],
    treatValidationWarningsAsErrors: true,
    logLevel: 'Error'
  } as Parameters<typeof Application.bootstrapWithPlugins>[0])
  const project = await application.convert()
  if (project === undefined || application.logger.hasErrors()) throw new Error('typedoc cannot read the sources')
  for (const module of project.children ?? [])
    module.name = entryPoints.find(({ file }) => file === module.sources?.[0]?.fullFileName)?.title ?? module.name
  application.validate(project)
  if (application.logger.hasErrors()) throw new Error('typedoc found links that lead nowhere')
  await application.generateOutputs(project)
}
