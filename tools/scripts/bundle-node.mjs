// Each package runs this in its folder before it is packed. Node takes about half a millisecond per loaded file, so for Node one
// file contains the code that entry points share, and each entry point re-exports its part. Bundlers get the separate files, which
// they tree-shake best. A file with code has a source map, which names the files in `src` that are packed too.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { build } from 'esbuild'

const { basename, dirname, join, relative } = posix
/** Paths have slashes on every platform, because they also become specifiers of imports. */
const slashes = (path) => path.replaceAll('\\', '/')
const folder = slashes(process.cwd())
const { exports, imports = {} } = JSON.parse(readFileSync('package.json', 'utf8'))
const out = join('dist', 'node')
const entries = Object.values(exports).map((path) => join(path))

/** The file for Node of an import such as `#memory`. */
const platformFileOf = (name) => join(folder, imports[name].node)

const platformFiles = {
  name: 'platform-files',
  setup({ onResolve }) {
    onResolve({ filter: /^#/ }, ({ path }) => ({ path: platformFileOf(path) }))
    // a module that is loaded on demand stays a file of its own
    onResolve({ filter: /^\./ }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import') return undefined
      const file = relative(join(folder, 'src'), join(dirname(slashes(importer)), path))
      return { path: `../${file.replace(/\.ts$/, '.js')}`, external: true }
    })
    onResolve({ filter: /^[^.#/]/ }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path, external: true }
    )
  }
}

async function bundle(options) {
  const { outputFiles, metafile } = await build({
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'error',
    outdir: out,
    ...options,
    plugins: [...(options.plugins ?? []), platformFiles]
  })
  const text = (name) => outputFiles.find(({ path }) => path.endsWith(name))?.text ?? ''
  const output = Object.entries(metafile.outputs).find(([path]) => path.endsWith('.js'))[1]
  return { text: text('.js'), map: text('.js.map'), output }
}

/** The modules, external packages and exports of a file. */
async function inspect(file) {
  const { output } = await bundle({ entryPoints: [file] })
  const packages = output.imports.filter(({ external }) => external).map(({ path }) => path)
  return { file, modules: Object.keys(output.inputs), packages, names: output.exports }
}

const inspected = await Promise.all(entries.map(inspect))
const main = inspected[0]
// modules of Node too: node:fs/promises and what it loads take as long as four files
const needsMorePackages = ({ packages }) => packages.some((name) => !main.packages.includes(name))
const together = inspected.filter((entry) => !needsMorePackages(entry))
const separate = inspected.filter(needsMorePackages)
const shared = new Set(together.flatMap(({ modules }) => modules))

rmSync(out, { recursive: true, force: true })
/** @param map - the source map; `''` for a file that only re-exports */
function write(file, text, map = '') {
  mkdirSync(dirname(join(out, file)), { recursive: true })
  writeFileSync(join(out, file), map === '' ? text : `${text}//# sourceMappingURL=${basename(file)}.map\n`)
  if (map === '') return
  const content = JSON.parse(map)
  const toFolder = relative(dirname(join(out, file)), '.')
  // modules of other packages are named by their package, which is installed elsewhere or not at all
  content.sources = content.sources.map((source) =>
    source.replace(/^.*node_modules\//, '').replace(/^shared:/, `${toFolder}/`)
  )
  writeFileSync(join(out, `${file}.map`), JSON.stringify(content))
}
const nameOf = (file) => relative('src', file).replace(/\.ts$/, '')
/** The name in the shared file of what a module exports. */
const sharedName = (file, name) => `${nameOf(file).replaceAll(/\W/g, '_')}_${name}`
const reexport = ({ file, names }, from, inwards) =>
  `export { ${names
    .map((name) => (inwards ? `${name} as ${sharedName(file, name)}` : `${sharedName(file, name)} as ${name}`))
    .join(', ')} } from '${from}'\n`

// modules of separate entry points that others need too: they must exist only once
const separateModules = separate.flatMap(({ modules }) => modules)
const needed = new Set(
  separateModules.filter((file, index) => shared.has(file) || separateModules.indexOf(file) < index)
)
const parts = new Map(
  (await Promise.all([...needed].map(inspect)))
    .filter((part) => !needsMorePackages(part))
    .map((part) => [part.file, part])
)
const whole = together.length === 1 && parts.size === 0
const contents = [...new Map([...together, ...parts.values()].map((part) => [part.file, part])).values()]
  .filter(({ names }) => names.length > 0)
  .map((part) => reexport(part, `./${part.file}`, true))
  .join('')
const joined = whole
  ? await bundle({ entryPoints: [main.file] })
  : await bundle({ stdin: { contents, resolveDir: folder, loader: 'ts' } })
write(whole ? 'index.js' : 'shared.js', joined.text, joined.map)
/** The path of the shared file, relative to an entry point. */
const sharedFrom = (file) => `./${relative(dirname(nameOf(file)), 'shared.js')}`
if (!whole)
  for (const entry of together) write(`${nameOf(entry.file)}.js`, reexport(entry, sharedFrom(entry.file), false))
for (const { file } of separate) {
  const own = await bundle({
    entryPoints: [file],
    // the source map names the sources relative to it
    outdir: undefined,
    outfile: join(out, `${nameOf(file)}.js`),
    plugins: [
      {
        name: 'shared',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^[.#]/ }, ({ path, importer }) => {
            if (path === sharedFrom(file)) return { path, external: true }
            const found = relative(
              folder,
              path.startsWith('#') ? platformFileOf(path) : join(dirname(slashes(importer)), path)
            )
            return parts.has(found) ? { path: found, namespace: 'shared' } : undefined
          })
          onLoad({ filter: /./, namespace: 'shared' }, ({ path }) => ({
            contents: reexport(parts.get(path), sharedFrom(file), false),
            resolveDir: folder
          }))
        }
      }
    ]
  })
  write(`${nameOf(file)}.js`, own.text, own.map)
}
