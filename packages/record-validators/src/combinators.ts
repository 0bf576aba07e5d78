import type { AuthorPolicy, MaybePromise, Namespace, Refusal } from '@recordkit/record-types'
import { reject } from './refusal.ts'
import type { StandardSchema } from './standard-schema.ts'

/** The same namespace with a smaller value limit, in bytes. */
export function withMaxSize<Of extends Namespace>(namespace: Of, value: number): Of {
  return { ...namespace, limits: { ...namespace.limits, value: Math.min(value, namespace.limits.value) } }
}

/** The same namespace, writable only by whom `policy` allows as well. */
export function withAuthors<Payload>(namespace: Namespace<Payload>, policy: AuthorPolicy): Namespace<Payload> {
  return {
    ...namespace,
    verify(record, context) {
      if (record.author === undefined)
        return reject('AUTHOR_FORBIDDEN', `records of ${namespace.name} have no author, and only some may write`)
      return policy.check(record.author, record.key) ?? namespace.verify(record, context)
    }
  }
}

/**
 * The same namespace, its content checked by `check` as well, after everything that is cheaper or proves more. A
 * revoked record has no content and is not checked.
 *
 * @param check - answers a refusal, or throws, which refuses with `CONTENT_INVALID` too
 */
export function withContent<Of extends Namespace>(namespace: Of, check: ContentCheck): Of {
  return {
    ...namespace,
    async verify(record, context) {
      const verdict = await namespace.verify(record, context)
      if (verdict.status !== 'accept' || record.revoked === true) return verdict
      try {
        return (await check(namespace.content?.(record) ?? record.value, record.key)) ?? verdict
      } catch (error) {
        return reject('CONTENT_INVALID', error instanceof Error ? error.message : String(error))
      }
    }
  } satisfies Namespace
}

/** Looks at the application's bytes of a record that is otherwise good. */
export type ContentCheck = (content: Uint8Array, key: Uint8Array) => MaybePromise<Refusal | undefined>

export interface SchemaOptions {
  /** content bytes to what the schema reads; what it throws refuses the record. UTF-8 JSON when absent */
  readonly decode?: ((content: Uint8Array) => unknown) | undefined
}

function decodeJson(content: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) as unknown
}

/**
 * The same namespace, its content checked by any Standard Schema validator.
 *
 * @see https://standardschema.dev
 */
export function withSchema<Of extends Namespace>(
  namespace: Of,
  schema: StandardSchema,
  options: SchemaOptions = {}
): Of {
  const { decode = decodeJson } = options
  return withContent(namespace, async (content) => {
    const { issues } = await schema['~standard'].validate(decode(content))
    if (issues === undefined) return undefined
    return reject(
      'CONTENT_INVALID',
      `the content does not fit its schema: ${issues.map(({ message }) => message).join('; ')}`
    )
  })
}
