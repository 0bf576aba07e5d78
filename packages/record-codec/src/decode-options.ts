/** Options of every decode function. */
export interface DecodeOptions {
  /** Maximum size in bytes, checked before anything is parsed. @default the limit that the function documents */
  readonly limit?: number | undefined
}
