// What the diagrams show, read from the source files. A name or a number that is not there any more is an error.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../pages.ts'

function source(file: string): string {
  return readFileSync(join(repository, 'packages', file), 'utf8')
}

/** The number of `const name = 1_000` in a source file. */
export function constant(file: string, name: string): number {
  const [, digits] = new RegExp(`^(?:export )?const ${name}(?:: \\w+)? = (\\d[\\d_]*)n?$`, 'm').exec(source(file)) ?? []
  if (digits === undefined) throw new Error(`packages/${file} has no number ${name}`)
  return Number(digits.replaceAll('_', ''))
}

/** The divisor of `expression / 3n` in a source file, for an expression that occurs once. */
export function divisor(file: string, expression: string): number {
  const [, digits] = new RegExp(`${expression} / (\\d+)n`).exec(source(file)) ?? []
  if (digits === undefined) throw new Error(`packages/${file} does not divide ${expression}`)
  return Number(digits)
}

/** The steps that comments in `RecordPipeline.process` number, in the order of the code. */
export function pipelineSteps(): string[] {
  const text = source('record-manager/src/record-pipeline.ts')
  const body = text.slice(text.indexOf('async process('), text.indexOf('return { ...resultOfPut'))
  const steps = [...body.matchAll(/\/\/ (.+)$/gm)].flatMap(([, comment = '']) =>
    [...comment.matchAll(/(?:^|, )(\d+) ([a-z ]+)/g)].map(([, number, name = '']) => ({ number: Number(number), name }))
  )
  steps.forEach(({ number }, index) => {
    if (number !== index + 1) throw new Error('the steps of the pipeline are not numbered in their order')
  })
  return steps.map(({ name }) => name)
}

/** The types of the events of a manager. */
export function managerEvents(): Set<string> {
  return new Set(
    [...source('record-manager/src/events.ts').matchAll(/^ {2}'([a-z:]+)': /gm)].map(([, type]) => type as string)
  )
}

/** Every error code that the packages declare. */
export function errorCodes(): Set<string> {
  return new Set(
    [...source('record-types/src/errors.ts').matchAll(/'([A-Z][A-Z0-9_]+)'/g)].map(([, code]) => code as string)
  )
}

export interface LayeredPackage {
  readonly name: string
  readonly layer: number
  /** names of packages that it imports */
  readonly imports: readonly string[]
}

/** The packages with the layer of each, as ARCHITECTURE.md says, and what each package.json depends on. */
export function layeredPackages(): LayeredPackage[] {
  const table = readFileSync(join(repository, 'ARCHITECTURE.md'), 'utf8')
  return globSync('packages/*/package.json', { cwd: repository })
    .toSorted()
    .map((file) => {
      const { name, dependencies = {} } = JSON.parse(readFileSync(join(repository, file), 'utf8')) as {
        name: string
        dependencies?: Record<string, string>
      }
      const short = name.replace('@recordkit/', '')
      const [, layer] = new RegExp(`^\\| (\\d) \\| \`${short}\``, 'm').exec(table) ?? []
      if (layer === undefined) throw new Error(`ARCHITECTURE.md has no layer of ${short}`)
      const imports = Object.keys(dependencies)
        .filter((other) => other.startsWith('@recordkit/'))
        .map((other) => other.replace('@recordkit/', ''))
      return { name: short, layer: Number(layer), imports }
    })
}
