import { checkCount } from '@recordkit/record-codec/internal'
import { copyBytes, RecordError } from '@recordkit/record-types'
import type { AuthorPolicy, MaybePromise, Namespace, Refusal, TypedContent } from '@recordkit/record-types'
import { checkOptions, membersOf, nameOf } from '@recordkit/record-types/internal'
import { refusalOfAuthor } from './author-allowed.ts'
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
export function withAuthors<Of extends Namespace>(namespace: Of, policy: AuthorPolicy): Of {
  checkPolicy(policy, 'policy')
  return {
    ...membersOf(namespace),
    verify(record, context) {
      if (record.author === undefined)
        return ignore('AUTHOR_FORBIDDEN', `records of ${namespace.name} have no author; the policy expects one`)
      return refusalOfAuthor(policy, record.author, record.key) ?? namespace.verify(record, context)
    }
  } satisfies Namespace
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
        return (await check(copyBytes(namespace.content?.(record) ?? record.value), copyBytes(record.key))) ?? verdict
      } catch (error) {
        return contentRefusal(error)
      }
    }
  } satisfies Namespace
}

/** Checks the content of a record that passed all other checks. */
export type ContentCheck = (content: Uint8Array, key: Uint8Array) => MaybePromise<Refusal | undefined>

export interface SchemaOptions<Input = unknown> {
  /** decodes the content for the schema; content for which it throws is refused. @default decodes UTF-8 JSON */
  readonly decode?: ((content: Uint8Array) => unknown) | undefined
  /** encodes what the application puts. @default encodes UTF-8 JSON */
  readonly encode?: ((content: Input) => Uint8Array) | undefined
}

/**
 * The same namespace; its content must match a schema of any Standard Schema library, such as valibot, zod or ArkType. The issues
 * that the library reports are the `cause` of the refusal, and not in its message, because they may quote the content. The
 * result of the schema is the `parsedContent` of a verified record: the content is decoded once.
 *
 * @see https://standardschema.dev
 * @example
 * ```ts
 * const config = withSchema(signed('config', { authors: ownerInKey() }), v.object({ colour: v.string() }))
 * ```
 */
export function withSchema<Of extends Namespace, Input, Output>(
  namespace: Of,
  schema: StandardSchema<Input, Output>,
  options: SchemaOptions<Input> = {}
): Of & TypedContent<Input, Output> {
  checkOptions(options, { decode: 0, encode: 0 })
  const { decode = decodeJson, encode = encodeJson } = options
  if (typeof (schema as Partial<typeof schema> | undefined)?.['~standard']?.validate !== 'function')
    throw new RecordError('INVALID_ARGUMENT', `schema is ${nameOf(schema)}; a Standard Schema is expected`)
  return {
    ...membersOf(namespace),

    async verify(record, context) {
      const verdict = await namespace.verify(record, context)
      if (verdict.status !== 'accept' || record.revoked === true) return verdict
      try {
        const bytes = namespace.content?.(record) ?? record.value
        // the result of a decoder may contain the bytes that it received
        const content = decode(decode === decodeJson ? bytes : copyBytes(bytes))
        const { issues, value } = await schema['~standard'].validate(content)
        if (issues === undefined) return { ...verdict, parsedContent: value }
        const count = issues.length === 1 ? '1 issue' : `${issues.length} issues`
        const message = `the content does not match its schema: ${count}, in the cause`
        return { ...ignore('CONTENT_INVALID', message), cause: issues }
      } catch (error) {
        return contentRefusal(error)
      }
    },

    encodeContent(content: Input) {
      try {
        return encode(content)
      } catch (cause) {
        throw new RecordError('INVALID_ARGUMENT', 'content cannot be encoded; the error is the cause', { cause })
      }
    }
  } satisfies Namespace & TypedContent<Input, Output>
}

function decodeJson(content: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) as unknown
}

function encodeJson(content: unknown): Uint8Array {
  const text = JSON.stringify(content) as string | undefined
  if (text === undefined) throw new TypeError(`JSON has no form for ${nameOf(content)}`)
  return new TextEncoder().encode(text)
}

/** The message of an error often quotes the content, as that of JSON.parse does, so it is the cause only. */
function contentRefusal(cause: unknown): Refusal {
  return { ...ignore('CONTENT_INVALID', 'the check of the content threw an error, which is the cause'), cause }
}
