import { failArgument } from './throw-record-error.ts'

/** Options of every decode function. */
export interface DecodeOptions {
  /** Maximum size in bytes, checked before anything is parsed. @default the limit that the function documents */
  readonly limit?: number | undefined
}

/** The limit of the options. @throws RecordError `INVALID_ARGUMENT` for an option of another name, which would be ignored */
export function limitOf(options: DecodeOptions | undefined, standard: number): number {
  for (const name in options) if (name !== 'limit') failArgument('unknown option "' + name + '"; the option is limit')
  return options?.limit ?? standard
}
