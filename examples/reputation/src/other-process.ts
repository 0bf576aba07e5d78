import { joinRecordKey, parsePeerId } from '@recordkit/record-codec'
import { PeerAccess } from '@recordkit/record-access'
import { sharedLimiter } from './shared-limiter.ts'

// a second process of the same service: admits as many records of one sender as the shared limiter lets it
const [path = '', sender = '', points = '0', duration = '0'] = process.argv.slice(2)
using limiter = await sharedLimiter(path, Number(points), Number(duration))
const access = new PeerAccess({ limiter })
let admitted = 0
while ((await access.admit(parsePeerId(sender), joinRecordKey('attest', ''))) === undefined) admitted++
console.log(admitted)
