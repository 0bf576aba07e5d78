import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { packages, root, sources } from './packages.ts'

interface Export {
  readonly name: string
  readonly file: string
}

/** What an entry point exports, except types, with the files that define it. */
function exportsOf(file: string): Export[] {
  const text = readFileSync(file, 'utf8')
  const defined = [...text.matchAll(/^export (?:async |abstract )*(?:function\*?|class) (\w+)/gm)]
  const named = [...text.matchAll(/^export \{([^}]*)\} from '(\.[^']*)'/gm)].flatMap(([, names = '', from = '']) =>
    names.split(',').flatMap((item) => {
      const [name = ''] = item.trim().split(' as ')
      return name === '' || name.startsWith('type ') ? [] : [{ name, file: join(dirname(file), from) }]
    })
  )
  const all = [...text.matchAll(/^export \* from '(\.[^']*)'/gm)]
  return [
    ...defined.map(([, name = '']) => ({ name, file })),
    ...named,
    ...all.flatMap(([, from = '']) => exportsOf(join(dirname(file), from)))
  ]
}

/** Whether a name is a constant or has a doc comment with an example, above its first overload. */
function hasExample({ name, file }: Export): boolean {
  const text = readFileSync(file, 'utf8')
  const declaration = new RegExp(`^export (?:async |abstract )*(?:function\\*?|class) ${name}\\b`, 'm').exec(text)
  if (declaration === null) {
    const imported = new RegExp(`^export \\{[^}]*\\b${name}\\b[^}]*\\} from '(\\.[^']*)'`, 'm').exec(text)
    return imported === null || hasExample({ name, file: join(dirname(file), imported[1] as string) })
  }
  const before = text.slice(0, declaration.index).trimEnd()
  return before.endsWith('*/') && before.slice(before.lastIndexOf('/**')).includes('@example')
}

test('every function and class that a package exports has an example in its doc comment', () => {
  const exported = packages.flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports)
      .filter(([path]) => path !== './internal')
      .flatMap(([, file]) => exportsOf(join(folder, file)))
  )
  expect(exported.length).toBeGreaterThan(150)
  const missing = exported.filter((item) => !hasExample(item))
  expect(missing.map(({ name, file }) => `${relative(root, file)} ${name}`)).toEqual([])
})

test('every optional field whose doc comment states a default uses @default', () => {
  const wrong = packages.flatMap(({ folder }) =>
    sources(join(folder, 'src')).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:readonly )?(\w+)\?[:(]/g)]
        .filter(
          ([, comment = '']) =>
            /\bdefault:|\bby default\b|\bdefaults to\b|\bdefaults apply\b|\b(?:the|its) default is\b|\bwhen absent\b/i.test(
              comment
            ) && !comment.includes('@default')
        )
        .map(([, , name]) => `${relative(root, file)} ${name}`)
    )
  )
  expect(wrong).toEqual([])
})

test('the check of examples finds a function without one', () => {
  const file = join(root, 'tools/checks/test/packages.ts')
  expect(exportsOf(file)).toEqual([{ name: 'sources', file }])
  expect(hasExample({ name: 'sources', file })).toBe(false)
})
