import type { AuthorPolicy, Namespace } from '@recordkit/record-types'
import { refusalOf, reject } from './refusal.ts'
import type { StandardSchema } from './standard-schema.ts'

/** The same namespace with a smaller value limit, in bytes. */
export function withMaxSize<Of extends Namespace>(namespace: Of, value: number): Of {
  return { ...namespace, limits: { ...namespace.limits, value: Math.min(value, namespace.limits.value) } }
}

/** The same namespace, writable only by whom `policy` allows as well. */
export function withAuthors<Payload>(namespace: Namespace<Payload>, policy: AuthorPolicy): Namespace<Payload> {
  return {
    ...namespace,
    verify(opened, context) {
      if (opened.author === undefined)
        return reject('AUTHOR_FORBIDDEN', `records of ${namespace.name} have no author, and only some may write`)
      return policy.check(opened.author, opened.key) ?? namespace.verify(opened, context)
    }
  }
}

export interface SchemaOptions {
  /** content bytes to what the schema reads; what it throws refuses the record. UTF-8 JSON when absent */
  readonly decode?: (content: Uint8Array) => unknown
}

function decodeJson(content: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) as unknown
}

/**
 * The same namespace, its content checked by any Standard Schema validator, after everything that is cheaper or proves
 * more. A revoked record has no content and is not checked.
 *
 * @see https://standardschema.dev
 */
export function withSchema<Payload>(
  namespace: Namespace<Payload>,
  schema: StandardSchema,
  options: SchemaOptions = {}
): Namespace<Payload> {
  const decode = options.decode ?? decodeJson
  return {
    ...namespace,
    async verify(opened, context) {
      const verdict = await namespace.verify(opened, context)
      if (verdict.verdict !== 'accept' || opened.revoked === true) return verdict
      let decoded: unknown
      try {
        decoded = decode(namespace.content?.(opened) ?? opened.value)
      } catch (error) {
        return reject(
          'CONTENT_INVALID',
          `the content does not decode: ${error instanceof Error ? error.message : String(error)}`
        )
      }
      try {
        const { issues } = await schema['~standard'].validate(decoded)
        if (issues === undefined) return verdict
        return reject(
          'CONTENT_INVALID',
          `the content does not fit its schema: ${issues.map(({ message }) => message).join('; ')}`
        )
      } catch (error) {
        return refusalOf(error)
      }
    }
  }
}
