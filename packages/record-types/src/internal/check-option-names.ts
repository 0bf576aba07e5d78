import { RecordError } from '../errors.ts'
import { nameOf } from './check-bytes.ts'
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
  // a Map or an AbortSignal has no options
  if (Object.prototype.toString.call(options) !== '[object Object]')
    throw new RecordError('INVALID_ARGUMENT', `${name} is ${nameOf(options)}; a plain object is expected`)
  for (const [given, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(known, given)) throw unknownOption(given, Object.keys(known), name)
}

function unknownOption(given: string, known: readonly string[], name: string): RecordError<'INVALID_ARGUMENT'> {
  const prefix = name === 'options' ? '' : `${name}.`
  const [nearest = ''] = known.toSorted((a, b) => sharedPairs(given, b) - sharedPairs(given, a))
  const hint = sharedPairs(given, nearest) * 2 >= given.length - 1 ? `did you mean "${prefix}${nearest}"? The` : 'the'
  return new RecordError(
    'INVALID_ARGUMENT',
    `unknown option "${prefix}${printable(given)}"; ${hint} options are ${known.join(', ')}`
  )
}

/** How many pairs of neighbouring letters of one name are in the other, regardless of case. */
function sharedPairs(name: string, other: string): number {
  const [letters, text] = [name.toLowerCase(), other.toLowerCase()]
  return Array.from(letters.slice(1)).filter((_, index) => text.includes(letters.slice(index, index + 2))).length
}
