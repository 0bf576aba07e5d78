import type { AccessControl } from '../access.ts'
import { RecordError } from '../errors.ts'
import type { Algorithm } from '../keys.ts'
import { nameOf } from './check-bytes.ts'

/** Checks algorithms in the options. @throws RecordError `INVALID_ARGUMENT` naming the one that cannot verify */
export function checkAlgorithms(algorithms: readonly Algorithm[] | undefined): void {
  if (algorithms === undefined) return
  if (!Array.isArray(algorithms))
    throw new RecordError(
      'INVALID_ARGUMENT',
      `algorithms is ${nameOf(algorithms)}; an array such as [ed25519, rsa] is expected`
    )
  for (const [index, algorithm] of (algorithms as readonly (Algorithm | undefined)[]).entries())
    if (typeof algorithm?.verify !== 'function')
      throw new RecordError(
        'INVALID_ARGUMENT',
        `algorithms[${index}] is ${typeof algorithm === 'string' ? `the text "${String(algorithm)}"` : nameOf(algorithm)}; an algorithm such as \`rsa\` of @recordkit/record-crypto/rsa is expected`
      )
}

const accessMethods = ['checkSender', 'checkRecord', 'isBanned', 'report'] as const

/** Checks an access control in the options. @throws RecordError `INVALID_ARGUMENT` unless it can decide or report anything */
export function checkAccess(access: AccessControl | undefined): void {
  if (access === undefined) return
  const methods = accessMethods.map((name) => typeof (access as AccessControl | null)?.[name])
  if (
    methods.some((type) => type === 'function') &&
    methods.every((type) => type === 'function' || type === 'undefined')
  )
    return
  throw new RecordError(
    'INVALID_ARGUMENT',
    `access is ${nameOf(access)}; an AccessControl with at least one of ${accessMethods.join(', ')}, such as the result of \`createAccessControl(…)\`, is expected`
  )
}
