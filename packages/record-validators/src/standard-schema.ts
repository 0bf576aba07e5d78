/**
 * The part of a Standard Schema that is used; schemas of valibot, zod and ArkType fit.
 *
 * @see https://standardschema.dev, version 1
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    /** the types of what goes in and what comes out; not present at run time */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export interface StandardResult<Output = unknown> {
  /** the content as the schema transformed it */
  readonly value?: Output | undefined
  /** what does not match; `undefined` when the value is valid */
  readonly issues?: readonly { readonly message: string }[] | undefined
}
