/**
 * What RecordKit uses of a Standard Schema validator: every valibot, zod or ArkType schema is one.
 *
 * @see https://standardschema.dev, version 1
 */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>
  }
}

export interface StandardResult {
  /** absent when the value is good */
  readonly issues?: readonly { readonly message: string }[] | undefined
}
