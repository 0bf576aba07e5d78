import { checkCount } from '@recordkit/record-codec/internal'
import type { AuthorPolicy, MaybePromise, Namespace, Refusal } from '@recordkit/record-types'
import { membersOf } from '@recordkit/record-types/internal'
import { checkPolicy } from './options.ts'
import { ignore } from './refusal.ts'
import type { StandardSchema } from './standard-schema.ts'

/**
 * The same namespace with a lower limit for the size of its values.
 *
 * @param value - bytes; a limit above the present one changes nothing
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const config = withMaxSize(signed('config', { authors: ownerInKey() }), 1024)
 * ```
 */
export function withMaxSize<Of extends Namespace>(namespace: Of, value: number): Of {
  checkCount(value, 'value')
  return { ...membersOf(namespace), limits: { ...namespace.limits, value: Math.min(value, namespace.limits.value) } }
}

/**
 * The same namespace; its records must be by an author whom `policy` allows too. Records without an author are rejected.
 *
 * @example
 * ```ts
 * const names = withAuthors(ipns(), onlyAuthors([alice.peerId]))
 * ```
 */
export function withAuthors<Fields>(namespace: Namespace<Fields>, policy: AuthorPolicy): Namespace<Fields> {
  checkPolicy(policy, 'policy')
  return {
    ...membersOf(namespace),
    verify(record, context) {
      if (record.author === undefined)
        return ignore('AUTHOR_FORBIDDEN', `records of ${namespace.name} have no author; the policy expects one`)
      return policy.check(record.author, record.key) ?? namespace.verify(record, context)
    }
  }
}

/**
 * The same namespace with a check of the content, after all other checks. The content of a revocation is empty and not
 * checked.
 *
 * @param check - returns a refusal, or `undefined` to accept; when it throws, the record is rejected with `CONTENT_INVALID` and the
 * error as `cause`. The message of a refusal is logged: it must not quote the content.
 * @example
 * ```ts
 * const notes = withContent(signed('notes', { authors: ownerInKey() }), (content) => {
 *   if (content.length === 0) throw new Error('a note is empty')
 *   return undefined
 * })
 * ```
 */
export function withContent<Of extends Namespace>(namespace: Of, check: ContentCheck): Of {
  return {
    ...membersOf(namespace),
    async verify(record, context) {
      const verdict = await namespace.verify(record, context)
      if (verdict.status !== 'accept' || record.revoked === true) return verdict
      try {
        return (await check(namespace.content?.(record) ?? record.value, record.key)) ?? verdict
      } catch (error) {
        // the message of an error often quotes the content, as that of JSON.parse does
        return {
          ...ignore('CONTENT_INVALID', 'the check of the content threw an error, which is the cause'),
          cause: error
        }
      }
    }
  } satisfies Namespace
}

/** Checks the content of a record that passed all other checks. */
export type ContentCheck = (content: Uint8Array, key: Uint8Array) => MaybePromise<Refusal | undefined>

export interface SchemaOptions {
  /** decodes the content for the schema; content for which it throws is rejected. @default decodes UTF-8 JSON */
  readonly decode?: ((content: Uint8Array) => unknown) | undefined
}

function decodeJson(content: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) as unknown
}

/**
 * The same namespace; its content must match a schema of any Standard Schema library, such as valibot, zod or ArkType. The issues
 * that the library reports are the `cause` of the refusal, and not in its message, because they may quote the content.
 *
 * @see https://standardschema.dev
 * @example
 * ```ts
 * const config = withSchema(signed('config', { authors: ownerInKey() }), v.object({ colour: v.string() }))
 * ```
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
    const count = issues.length === 1 ? '1 issue' : `${issues.length} issues`
    return {
      ...ignore('CONTENT_INVALID', `the content does not match its schema: ${count}, in the cause`),
      cause: issues
    }
  })
}
