import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { packages, root, sources } from './packages.ts'

interface Row {
  readonly layer: number
  readonly may: readonly string[]
  /** what a subpath may import in addition */
  readonly subpaths: ReadonlyMap<string, readonly string[]>
}

const allOf = /^all below$/

/** The layer table of ARCHITECTURE.md: | layer | package | contains | may import |, with the imports of subpaths after a semicolon. */
function table(): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const line of readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('\n')) {
    const found = /^\| (\d) \| `([a-z0-9-]+)` \| [^|]+ \| ([^|]+) \|$/.exec(line)
    if (found === null) continue
    const [main = '', ...others] = (found[3] as string).split(';').map((part) => part.trim())
    const names = (text: string): string[] => [...text.matchAll(/`([a-z0-9-]+)`/g)].map((match) => match[1] as string)
    const below = [...rows.entries()].filter(([, row]) => row.layer < Number(found[1])).map(([name]) => name)
    rows.set(found[2] as string, {
      layer: Number(found[1]),
      may: allOf.test(main) ? below : names(main),
      subpaths: new Map(others.map((text) => [/`\.\/([a-z0-9-]+)`/.exec(text)?.[1] ?? '', names(text)]))
    })
  }
  return rows
}

const rows = table()

/** Names of our packages that a source file imports. */
function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'@recordkit\/([a-z0-9-]+)/g)].map((match) => match[1] as string)
}

test('every package has a row in the layer table of ARCHITECTURE.md', () => {
  expect([...rows.keys()].sort()).toEqual(packages.map(({ name }) => name).sort())
})

for (const { name, folder, manifest } of packages) {
  test(`${name} imports only packages that the layer table allows`, () => {
    const row = rows.get(name)
    const wrong = sources(join(folder, 'src')).flatMap((file) => {
      const subpath = row?.subpaths.get(/([^/]+)\.ts$/.exec(file)?.[1] ?? '') ?? []
      return imports(file)
        .filter((target) => target !== name && !(row?.may.includes(target) ?? false) && !subpath.includes(target))
        .map((target) => `${relative(root, file)} imports ${target}`)
    })
    expect(wrong).toEqual([])
  })

  test(`${name} depends only on packages that the layer table allows`, () => {
    const row = rows.get(name)
    const allowed = new Set([...(row?.may ?? []), ...[...(row?.subpaths.values() ?? [])].flat()])
    const named = Object.keys(manifest.dependencies ?? {}).filter((target) => target.startsWith('@recordkit/'))
    const rest = named.filter((target) => !allowed.has(target.slice('@recordkit/'.length)))
    expect(rest).toEqual([])
  })

  test(`${name} imports Node.js modules only in files named *.node.ts`, () => {
    const platformFile = /\.node\.ts$/
    const wrong = sources(join(folder, 'src')).filter(
      (file) => !platformFile.test(file) && /from 'node:/.test(readFileSync(file, 'utf8'))
    )
    expect(wrong.map((file) => relative(root, file))).toEqual([])
  })
}

test('the layer table allows imports of lower layers only', () => {
  const upward = [...rows].flatMap(([name, row]) =>
    row.may.filter((target) => (rows.get(target)?.layer ?? 9) >= row.layer).map((target) => `${name} → ${target}`)
  )
  expect(upward).toEqual([])
})
