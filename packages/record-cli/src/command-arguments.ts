import { usageError } from './failure.ts'

/** Stands for the argument `-`, of which yargs makes an empty text. */
export const standardInput = 'recordkit:standard-input'

/** The arguments of a command line by name. */
export class CommandArguments {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  /** @throws RecordError `INVALID_ARGUMENT` when it is missing, empty or repeated */
  text(name: string): string {
    const value = this.optionalText(name)
    if (value === undefined) throw usageError(`${name} is missing`)
    return value
  }

  /** @throws RecordError `INVALID_ARGUMENT` when it is empty or repeated */
  optionalText(name: string): string | undefined {
    const value = this.#values[name]
    if (value === undefined || value === null) return undefined
    if (Array.isArray(value)) throw usageError(`--${name} is repeated; it can be passed once`)
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    if (text === '') throw usageError(`${name} is empty`)
    return text === standardInput ? '-' : text
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  list(name: string): readonly string[] {
    const value = this.#values[name]
    return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
  }

  /** @throws RecordError `INVALID_ARGUMENT` unless it is a number of at least `least` */
  number(name: string, least = 0): number | undefined {
    const value = this.#values[name]
    if (value === undefined) return undefined
    if (typeof value === 'number' && value >= least) return value
    throw usageError(`--${name} must be a number of at least ${least}`)
  }

  /**
   * A duration such as `30s`, `5m`, `48h` or `7d`, in ms.
   *
   * @throws RecordError `INVALID_ARGUMENT`
   */
  duration(name: string): number | undefined {
    const text = this.optionalText(name)
    if (text === undefined) return undefined
    const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
    const milliseconds = Number(found?.[1]) * (units[found?.[2] ?? ''] ?? Number.NaN)
    if (milliseconds > 0) return milliseconds
    throw usageError(`--${name} is "${text}"; a duration such as 30s, 5m, 48h or 7d is expected`)
  }

  /** A whole number of any size. @throws RecordError `INVALID_ARGUMENT` */
  bigint(name: string): bigint | undefined {
    const text = this.optionalText(name)
    if (text === undefined) return undefined
    if (/^\d{1,20}$/.test(text)) return BigInt(text)
    throw usageError(`--${name} is "${text}"; a whole number is expected`)
  }
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
