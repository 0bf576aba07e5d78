import { parseSync } from 'oxc-parser'
import type { Comment, ImportDeclaration, ExportNamedDeclaration, Node, Statement } from 'oxc-parser'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A name in another module. */
interface Reference {
  readonly from: string
  readonly name: string
}

/** A declaration file: what it declares, imports and exports. */
export interface Module {
  readonly file: string
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>
  readonly imports: ReadonlyMap<string, Reference>
  /** exported names: of declarations in this module, or of other modules */
  readonly exports: ReadonlyMap<string, string | Reference>
  /** modules whose exports are all exported */
  readonly stars: readonly string[]
}

/** A statement without comments and private members, and the names in it. */
export interface Declaration {
  readonly text: string
  readonly names: ReadonlySet<string>
}

type AnyNode = Record<string, unknown> & { readonly type: string; readonly start: number; readonly end: number }

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as AnyNode).type === 'string'
}

/** Calls `visit` for a node and everything in it, except below nodes for which it returns `false`. */
function walk(node: AnyNode, visit: (node: AnyNode) => boolean): void {
  if (!visit(node)) return
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit)
}

/** Private members are in declaration files by name only, and users cannot use them. */
function isPrivate(node: AnyNode): boolean {
  if (node['accessibility'] === 'private') return true
  return node.type === 'PropertyDefinition' && (node['key'] as AnyNode).type === 'PrivateIdentifier'
}

function declarationOf(statement: Node, source: string, comments: readonly Comment[]): Declaration {
  const removed = comments.filter(({ start, end }) => start >= statement.start && end <= statement.end) as {
    start: number
    end: number
  }[]
  const names = new Set<string>()
  walk(statement as unknown as AnyNode, (node) => {
    if (isPrivate(node)) {
      removed.push(node)
      return false
    }
    if (node.type === 'Identifier') names.add(node['name'] as string)
    return true
  })
  let text = ''
  let at = statement.start
  for (const { start, end } of removed.toSorted((a, b) => a.start - b.start)) {
    text += source.slice(at, start)
    at = end
  }
  text += source.slice(at, statement.end)
  return {
    text: text
      .replaceAll(/^\s*\n/gm, '')
      .replace(/^(?:declare )?/, '')
      .trimEnd(),
    names
  }
}

/** The names that a statement declares. */
function declaredNames(node: AnyNode): string[] {
  if (node.type === 'VariableDeclaration')
    return (node['declarations'] as AnyNode[]).map(({ id }) => (id as AnyNode)['name'] as string)
  return [(node['id'] as AnyNode)['name'] as string]
}

const nameOf = (node: unknown): string => ((node as AnyNode)['name'] ?? (node as AnyNode)['value']) as string

const cache = new Map<string, Module>()

/** @throws Error for syntax that the reports do not know */
export function readModule(file: string): Module {
  const cached = cache.get(file)
  if (cached !== undefined) return cached
  const source = readFileSync(file, 'utf8')
  const { program, comments, errors } = parseSync(file, source, { lang: 'dts' })
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const declarations = new Map<string, Declaration[]>()
  const imports = new Map<string, Reference>()
  const exports = new Map<string, string | Reference>()
  const stars: string[] = []
  const declare = (node: Statement): string[] => {
    const names = declaredNames(node as unknown as AnyNode)
    for (const name of names)
      declarations.set(name, [...(declarations.get(name) ?? []), declarationOf(node, source, comments)])
    return names
  }
  const readImport = ({ specifiers, source: from }: ImportDeclaration): void => {
    for (const one of specifiers)
      imports.set(one.local.name, {
        from: from.value,
        name:
          one.type === 'ImportSpecifier'
            ? nameOf(one.imported)
            : one.type === 'ImportDefaultSpecifier'
              ? 'default'
              : '*'
      })
  }
  const readExport = ({ declaration, specifiers, source: from }: ExportNamedDeclaration): void => {
    if (declaration !== null) for (const name of declare(declaration)) exports.set(name, name)
    for (const { local, exported } of specifiers)
      exports.set(nameOf(exported), from === null ? nameOf(local) : { from: from.value, name: nameOf(local) })
  }
  for (const statement of program.body) {
    if (statement.type === 'ImportDeclaration') readImport(statement)
    else if (statement.type === 'ExportNamedDeclaration') readExport(statement)
    else if (statement.type === 'ExportAllDeclaration') {
      if (statement.exported === null) stars.push(statement.source.value)
      else exports.set(nameOf(statement.exported), { from: statement.source.value, name: '*' })
    } else if (statement.type.endsWith('Declaration')) declare(statement)
    else throw new Error(`${file}: a ${statement.type} is not expected in a declaration file`)
  }
  const module = { file, declarations, imports, exports, stars }
  cache.set(file, module)
  return module
}

/** What a name stands for: a declaration of a module, or a name in another package. */
export type Target = { readonly module: Module; readonly name: string } | Reference

export function isDeclared(target: Target): target is { readonly module: Module; readonly name: string } {
  return 'module' in target
}

const isRelative = (from: string): boolean => from.startsWith('.')

function moduleAt(module: Module, from: string): Module {
  return readModule(join(dirname(module.file), from.replace(/\.(?:ts|js)$/, '.d.ts')))
}

function follow(module: Module, { from, name }: Reference): Target {
  if (!isRelative(from) || name === '*') return { from, name }
  const other = moduleAt(module, from)
  const found = exportsOf(other).get(name)
  if (found === undefined) throw new Error(`${other.file} does not export ${name}, which ${module.file} imports`)
  return found
}

/** What a name in the scope of a module stands for; `undefined` for names of the language and parameters. */
export function resolveName(module: Module, name: string): Target | undefined {
  if (module.declarations.has(name)) return { module, name }
  const imported = module.imports.get(name)
  return imported === undefined ? undefined : follow(module, imported)
}

/** Everything that a module exports, by name. */
export function exportsOf(module: Module): Map<string, Target> {
  const found = new Map<string, Target>()
  for (const from of module.stars) {
    if (!isRelative(from)) found.set(`* from '${from}'`, { from, name: '*' })
    else for (const [name, target] of exportsOf(moduleAt(module, from))) found.set(name, target)
  }
  for (const [name, target] of module.exports) {
    const resolved = typeof target === 'string' ? resolveName(module, target) : follow(module, target)
    if (resolved === undefined) throw new Error(`${module.file} exports ${name}, which it does not declare`)
    found.set(name, resolved)
  }
  return found
}
