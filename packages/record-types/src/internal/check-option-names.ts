import { RecordError } from '../errors.ts'
import { checkObject } from './check-options.ts'
import { printable } from './printable.ts'

/** The names of options, each with 0: TypeScript reports a name that is missing here, or that is not an option. */
export type OptionNames<Options> = { readonly [Name in keyof Options]-?: 0 }

/**
 * Checks that options are an object without unknown names: an option whose name is misspelled would be ignored.
 *
 * @param name - of the options in the message
 * @throws RecordError `INVALID_ARGUMENT` naming the unknown option and the nearest known one
 */
export function checkOptions<Options extends object>(
  options: Options,
  known: OptionNames<NoInfer<Options>>,
  name: string = 'options'
): void {
  checkObject(options, name)
  for (const [given, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(known, given)) throw unknownOption(given, Object.keys(known), name)
}

function unknownOption(given: string, known: readonly string[], name: string): RecordError<'INVALID_ARGUMENT'> {
  const prefix = name === 'options' ? '' : `${name}.`
  const [nearest = ''] = known.toSorted((a, b) => distance(a, given) - distance(b, given))
  const hint = distance(nearest, given) * 2 <= given.length ? `did you mean "${prefix}${nearest}"? The` : 'the'
  return new RecordError(
    'INVALID_ARGUMENT',
    `unknown option "${prefix}${printable(given)}"; ${hint} options are ${known.join(', ')}`
  )
}

/** How many letters must be added, removed or replaced to make one name of the other, regardless of case. */
function distance(a: string, b: string): number {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()]
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const letter of from) {
    const above = row
    row = [(above[0] as number) + 1]
    for (let index = 0; index < to.length; index++)
      row.push(
        Math.min(
          (row[index] as number) + 1,
          (above[index + 1] as number) + 1,
          (above[index] as number) + (letter === to[index] ? 0 : 1)
        )
      )
  }
  return row[to.length] as number
}
