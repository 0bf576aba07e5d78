import { createAccessControl } from '@recordkit/record-access'
import { joinRecordKey, parsePeerId } from '@recordkit/record-codec'
import { sharedLimiter } from './shared-limiter.ts'

// a second process of the same service: accepts records of one sender until the shared limiter refuses, and prints how many
const [path = '', sender = '', points = '0', duration = '0'] = process.argv.slice(2)
using limiter = await sharedLimiter(path, Number(points), Number(duration))
const access = createAccessControl({ limiter })
let accepted = 0
while ((await access.checkSender?.(parsePeerId(sender), joinRecordKey('attest', ''))) === undefined) accepted++
console.log(accepted)
