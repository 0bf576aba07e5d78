import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { createInstrumenter } from 'istanbul-lib-instrument'

type Counters = Record<string, number | number[]>
interface FileCoverage {
  readonly s: Counters
  readonly b: Counters
  readonly f: Counters
}

/** A counter of the instrumented code: one of an array, or a field. */
interface Counter {
  readonly in: Record<string | number, number>
  readonly at: string | number
}

/** Counts every statement, function and branch of the packages that are imported from now on. */
export function instrumentPackages(): void {
  const instrumenter = createInstrumenter({ esModules: true, compact: true, coverageVariable: '__fuzzed__' })
  registerHooks({
    load(url, context, next) {
      // what the schema compiler made is TypeScript that Node does not take
      if (url.includes('/test/generated/')) {
        const source = stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'), { mode: 'transform' })
        return { format: 'module', source, shortCircuit: true }
      }
      if (!/\/packages\/[^/]+\/src\/.*\.ts$/.test(url)) return next(url, context)
      const path = fileURLToPath(url)
      const source = instrumenter.instrumentSync(stripTypeScriptTypes(readFileSync(path, 'utf8')), path)
      return { format: 'module', source, shortCircuit: true }
    }
  })
}

/** Which counters have been reached, and which are new. */
export class Coverage {
  #unreached: Counter[] = []
  #known = 0

  /** Counters that have been reached since the last question; they are set back, so that who reaches them can be found. */
  fresh(): Counter[] {
    this.#learn()
    const fresh = this.#unreached.filter((counter) => reached(counter))
    if (fresh.length > 0) {
      this.#unreached = this.#unreached.filter((counter) => !reached(counter))
      for (const counter of fresh) counter.in[counter.at] = 0
    }
    return fresh
  }

  get reached(): number {
    return this.#known - this.#unreached.length
  }

  get known(): number {
    return this.#known
  }

  #learn(): void {
    const files = Object.values((globalThis as { __fuzzed__?: Record<string, FileCoverage> }).__fuzzed__ ?? {})
    const counters: Counter[] = []
    for (const file of files) {
      for (const group of [file.s, file.f, file.b]) {
        for (const [name, value] of Object.entries(group)) {
          if (typeof value === 'number') counters.push({ in: group as Record<string, number>, at: name })
          else for (const index of value.keys()) counters.push({ in: value as unknown as Counter['in'], at: index })
        }
      }
    }
    if (counters.length === this.#known) return
    this.#known = counters.length
    this.#unreached = counters
  }
}

export function reached({ in: group, at }: Counter): boolean {
  return (group[at] ?? 0) > 0
}
