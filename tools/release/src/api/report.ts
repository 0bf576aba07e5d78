import { join } from 'node:path'
import type { Manifest } from '../repository.ts'
import { exportsOf, isDeclared, readModule, resolveName } from './modules.ts'
import type { Module, Target } from './modules.ts'

/** The declaration of one name, which may have overloads or merged declarations. */
function textOf({ module, name }: { module: Module; name: string }): string {
  return (module.declarations.get(name) ?? []).map(({ text }) => text).join('\n')
}

const identityOf = ({ module, name }: { module: Module; name: string }): string => `${module.file} ${name}`

/**
 * The public API of a built package as text: for each entry point the exported declarations in alphabetical order, without comments, then the
 * declarations that they use and that are not exported. `./internal` is not public.
 *
 * @param folder - of the package, with its declarations in `dist`
 */
export function apiReport(folder: string, { name: packageName, exports }: Pick<Manifest, 'name' | 'exports'>): string {
  const entries = Object.entries(exports).filter(([path]) => path !== './internal')
  const shown = new Map<string, string>()
  const pending: { module: Module; name: string }[] = []
  const show = (target: Target, exported: string, entry: string): string => {
    if (!isDeclared(target))
      return `export { ${target.name}${target.name === exported || target.name === '*' ? '' : ` as ${exported}`} } from '${target.from}'`
    const before = shown.get(identityOf(target))
    if (before !== undefined) return `export { ${exported} } from '${before}'`
    shown.set(identityOf(target), entry)
    pending.push(target)
    const renamed = target.name === exported ? '' : `// ${exported} is the name outside of\n`
    return `${renamed}${textOf(target)}`
  }
  const sections = entries.map(([path, file]) => {
    const entry = `${packageName}${path.slice(1)}`
    const module = readModule(join(folder, file.replace(/^\.\/src\//, 'dist/').replace(/\.ts$/, '.d.ts')))
    const names = [...exportsOf(module)].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return `## ${entry}\n\n\`\`\`ts\n${names.map(([exported, target]) => show(target, exported, entry)).join('\n')}\n\`\`\``
  })
  const used: { name: string; text: string }[] = []
  for (let target = pending.shift(); target !== undefined; target = pending.shift()) {
    const { module } = target
    for (const declaration of module.declarations.get(target.name) ?? [])
      for (const name of declaration.names) {
        const other = resolveName(module, name)
        if (other === undefined || !isDeclared(other) || shown.has(identityOf(other))) continue
        shown.set(identityOf(other), '')
        used.push({ name: other.name, text: textOf(other) })
        pending.push(other)
      }
  }
  used.sort((a, b) => (a.name + a.text < b.name + b.text ? -1 : 1))
  if (used.length > 0)
    sections.push(`## Used above, and not exported\n\n\`\`\`ts\n${used.map(({ text }) => text).join('\n')}\n\`\`\``)
  return [`# Public API of ${packageName}`, 'Written by `npm run api`.', ...sections].join('\n\n').trimEnd() + '\n'
}
