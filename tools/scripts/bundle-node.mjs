// Run by each package before it is packed, in its folder: for Node, where every file that is loaded takes its half of a
// millisecond, one file holds what the entries share and each entry is a short one that takes its part. Pages get the files
// as they are: bundlers shake those best.
//
// `--inline multiformats/bases`: what begins so is taken into the file, too.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'

const folder = process.cwd()
const { exports, imports = {} } = JSON.parse(readFileSync('package.json', 'utf8'))
const inline = process.argv[2] === '--inline' ? process.argv[3] : undefined
const out = join('dist', 'node')
const entries = Object.values(exports).map((path) => join(path))

/** The leaf for Node of a name such as `#memory`. */
const leafOf = (name) => join(folder, imports[name].node)

const leaves = {
  name: 'leaves',
  setup({ onResolve }) {
    onResolve({ filter: /^#/ }, ({ path }) => ({ path: leafOf(path) }))
    onResolve({ filter: /^[^.#/]/ }, ({ path, kind }) =>
      kind === 'entry-point' || (inline !== undefined && path.startsWith(inline)) ? undefined : { path, external: true }
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
    target: 'node22',
    logLevel: 'error',
    outdir: out,
    ...(inline === undefined
      ? {}
      : { banner: { js: `// With parts of ${inline}, which is under Apache-2.0 OR MIT.` } }),
    ...options,
    plugins: [...(options.plugins ?? []), leaves]
  })
  return { text: outputFiles[0].text, output: Object.values(metafile.outputs)[0] }
}

/** What is imported by a file, as it stands alone: modules of ours, packages of others, and what it exports. */
async function look(file) {
  const { output } = await bundle({ entryPoints: [file] })
  const packages = output.imports.filter(({ external }) => external).map(({ path }) => path)
  return { file, modules: Object.keys(output.inputs), packages, names: output.exports }
}

const looked = await Promise.all(entries.map(look))
const main = looked[0]
const costsMore = ({ packages }) => packages.some((name) => !name.startsWith('node:') && !main.packages.includes(name))
const together = looked.filter((entry) => !costsMore(entry))
const apart = looked.filter(costsMore)
const shared = new Set(together.flatMap(({ modules }) => modules))

rmSync(out, { recursive: true, force: true })
function write(file, text) {
  mkdirSync(dirname(join(out, file)), { recursive: true })
  writeFileSync(join(out, file), text)
}
const nameOf = (file) => relative('src', file).replace(/\.ts$/, '')
/** The name in the shared file of what a module exports. */
const sharedName = (file, name) => `${nameOf(file).replaceAll(/\W/g, '_')}_${name}`
const pass = ({ file, names }, from, inwards) =>
  `export { ${names
    .map((name) => (inwards ? `${name} as ${sharedName(file, name)}` : `${sharedName(file, name)} as ${name}`))
    .join(', ')} } from '${from}'\n`

// what stands apart and is needed twice, or by the others too: there must be one of it
const taken = apart.flatMap(({ modules }) => modules)
const needed = new Set(taken.filter((file, index) => shared.has(file) || taken.indexOf(file) < index))
const parts = new Map(
  (await Promise.all([...needed].map(look))).filter((part) => !costsMore(part)).map((part) => [part.file, part])
)
const whole = together.length === 1 && parts.size === 0
const contents = [...new Map([...together, ...parts.values()].map((part) => [part.file, part])).values()]
  .filter(({ names }) => names.length > 0)
  .map((part) => pass(part, `./${part.file}`, true))
  .join('')
const { text } = whole
  ? await bundle({ entryPoints: [main.file] })
  : await bundle({ stdin: { contents, resolveDir: folder, loader: 'ts' } })
write(whole ? 'index.js' : 'shared.js', text)
/** The shared file, seen from an entry. */
const sharedFrom = (file) => `./${relative(dirname(nameOf(file)), 'shared.js')}`
if (!whole) for (const entry of together) write(`${nameOf(entry.file)}.js`, pass(entry, sharedFrom(entry.file), false))
for (const { file } of apart) {
  const { text: own } = await bundle({
    entryPoints: [file],
    plugins: [
      {
        name: 'shared',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^[.#]/ }, ({ path, importer }) => {
            if (path === sharedFrom(file)) return { path, external: true }
            const found = relative(folder, path.startsWith('#') ? leafOf(path) : join(dirname(importer), path))
            return parts.has(found) ? { path: found, namespace: 'shared' } : undefined
          })
          onLoad({ filter: /./, namespace: 'shared' }, ({ path }) => ({
            contents: pass(parts.get(path), sharedFrom(file), false),
            resolveDir: folder
          }))
        }
      }
    ]
  })
  write(`${nameOf(file)}.js`, own)
}
