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

/** A counter of the instrumented code: an item of an array, or a field. */
interface Counter {
  readonly in: Record<string | number, number>
  readonly at: string | number
}

/** Instruments the packages that are imported from now on: counts every statement, function and branch. */
export function instrumentPackages(): void {
  const instrumenter = createInstrumenter({ esModules: true, compact: true, coverageVariable: '__fuzzed__' })
  registerHooks({
    load(url, context, next) {
      // the generated codecs use TypeScript syntax that Node.js cannot strip
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

/** Tracks the counters that have been reached. */
export class Coverage {
  #unreached: Counter[] = []
  #known = 0

  /** The counters first reached since the last call. They are reset to 0, so that the input that reaches them can be found. */
  newlyReached(): Counter[] {
    this.#findCounters()
    const reachedNow = this.#unreached.filter((counter) => reached(counter))
    if (reachedNow.length > 0) {
      this.#unreached = this.#unreached.filter((counter) => !reached(counter))
      for (const counter of reachedNow) counter.in[counter.at] = 0
    }
    return reachedNow
  }

  get reached(): number {
    return this.#known - this.#unreached.length
  }

  get known(): number {
    return this.#known
  }

  #findCounters(): void {
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
