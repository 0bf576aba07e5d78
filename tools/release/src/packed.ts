import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { readManifest } from './repository.ts'
import { run } from './run.ts'

/** A packed package. */
export interface Packed {
  readonly name: string
  readonly version: string
  readonly tarball: string
  /** paths inside of the package, in alphabetical order */
  readonly files: readonly string[]
  /** bytes */
  readonly packedSize: number
  /** bytes */
  readonly unpackedSize: number
  /** what is wrong with its files */
  readonly problems: readonly string[]
}

const required = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT']

/** `src` is packed because the source maps name its files, `wasm` because its licence and sources go with the module made of them. */
const allowed = [
  /^src\/.+\.ts$/,
  /^dist\/.+\.(?:js|js\.map|d\.ts|d\.ts\.map)$/,
  /^proto\/.+\.proto$/,
  /^wasm\/(?:Cargo\.toml|Cargo\.lock|LICENSE|src\/.+\.rs)$/
]
const unwanted = /(?:^|\/)(?:test|tests|tools|scripts|node_modules)\/|\.(?:test|spec|bench)\./

/** The file in `src` that a file in `dist` was compiled from; bundles for Node have none. */
function sourceOf(file: string): string | undefined {
  const module = /^dist\/(?!node\/)(.+?)\.(?:js|d\.ts)(?:\.map)?$/.exec(file)?.[1]
  return module === undefined ? undefined : `src/${module}.ts`
}

/** Files that are missing, and files that do not belong into a package. */
export function fileProblems(files: readonly string[]): string[] {
  const packed = new Set(files)
  return [
    ...required.filter((file) => !packed.has(file)).map((file) => `${file} is missing`),
    ...files
      .filter((file) => unwanted.test(file) || !(required.includes(file) || allowed.some((one) => one.test(file))))
      .map((file) => `${file} does not belong into the package`),
    ...files
      .filter((file) => !packed.has(sourceOf(file) ?? file))
      .map((file) => `${file} was compiled from a file that is not in the package`)
  ]
}

/** Source maps that name files which are not packed. Modules of other packages are named without a path to them. */
function sourceMapProblems(folder: string, files: readonly string[]): string[] {
  return files
    .filter((file) => file.endsWith('.map'))
    .flatMap((file) => {
      const { sources } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { sources: readonly string[] }
      const paths = sources.map((source) => new URL(source, `file:///${file}`).pathname.slice(1))
      return paths
        .filter((path) => path.startsWith('src/') && !files.includes(path))
        .map((path) => `${file} names ${path}, which is not in the package`)
    })
}

/** Versions of our own packages that are not those of this release, or that only the workspace understands. */
function dependencyProblems(folder: string, versions: ReadonlyMap<string, string>): string[] {
  return Object.entries(readManifest(folder).dependencies ?? {})
    .filter(
      ([name, range]) => range.startsWith('workspace:') || (versions.has(name) && range !== `^${versions.get(name)}`)
    )
    .map(([name, range]) => `package.json depends on ${name} ${range}`)
}

/** @param versions - of all packages of the release */
export async function inspectTarball(tarball: string, versions: ReadonlyMap<string, string>): Promise<Packed> {
  const unpacked = mkdtempSync(join(tmpdir(), 'recordkit-packed-'))
  try {
    await run(unpacked, 'tar', ['-xzf', tarball])
    const folder = join(unpacked, 'package')
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const paths = entries.map((entry) => join(entry.parentPath, entry.name))
    const files = paths.map((path) => path.slice(folder.length + 1).replaceAll('\\', '/')).toSorted()
    const { name, version } = readManifest(folder)
    return {
      name,
      version,
      tarball,
      files,
      packedSize: statSync(tarball).size,
      unpackedSize: paths.reduce((sum, path) => sum + statSync(path).size, 0),
      problems: [
        ...fileProblems(files),
        ...sourceMapProblems(folder, files),
        ...dependencyProblems(folder, versions)
      ].map((problem) => `${basename(tarball)}: ${problem}`)
    }
  } finally {
    rmSync(unpacked, { recursive: true, force: true })
  }
}

/** The listing of a release as a table. */
export function listing(packed: readonly Packed[]): string {
  const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1)
  const rows = packed.map(({ name, version, files, packedSize, unpackedSize }) => [
    name,
    version,
    String(files.length),
    kilobytes(packedSize),
    kilobytes(unpackedSize)
  ])
  const total = (of: (one: Packed) => number): number => packed.reduce((sum, one) => sum + of(one), 0)
  const table = [
    ['package', 'version', 'files', 'kB packed', 'kB unpacked'],
    ...rows,
    [
      `${packed.length} packages`,
      '',
      String(total(({ files }) => files.length)),
      kilobytes(total(({ packedSize }) => packedSize)),
      kilobytes(total(({ unpackedSize }) => unpackedSize))
    ]
  ]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')
  return table.map(line).join('\n')
}
