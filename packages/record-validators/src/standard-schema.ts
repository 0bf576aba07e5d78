/**
 * The part of a Standard Schema that is used; schemas of valibot, zod and ArkType fit.
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
  /** what does not match; `undefined` when the value is valid */
  readonly issues?: readonly { readonly message: string }[] | undefined
}
