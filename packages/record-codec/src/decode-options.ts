/** What every decode function takes. */
export interface DecodeOptions {
  /** bytes that are read at the most, checked before anything is parsed */
  readonly limit?: number | undefined
}
