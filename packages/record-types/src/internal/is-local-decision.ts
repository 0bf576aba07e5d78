import type { RecordErrorCode } from '../errors.ts'

/** The codes of refusals that depend on this node alone: its lists, limits, scores, namespaces and space. */
const localDecisions: ReadonlySet<RecordErrorCode> = /* @__PURE__ */ new Set<RecordErrorCode>([
  'SENDER_DENIED',
  'SENDER_NOT_ALLOWED',
  'SENDER_SCORE_LOW',
  'SENDER_BANNED',
  'RATE_LIMITED',
  'KEY_DENIED',
  'AUTHOR_DENIED',
  'AUTHOR_FORBIDDEN',
  'KEY_TOO_LARGE',
  'VALUE_TOO_LARGE',
  'NAMESPACE_UNKNOWN',
  'QUOTA'
])

/** Whether a refusal says nothing about the record or its sender. It must not change a score. */
export function isLocalDecision(code: RecordErrorCode | undefined): boolean {
  return code !== undefined && localDecisions.has(code)
}
