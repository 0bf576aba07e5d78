import { isCid } from './cid.ts'

/** Whether an IPNS record may have this value: a path, a binary CID, or nothing, which stands for an empty CID. */
export function isIpnsValue(value: Uint8Array): boolean {
  return value.length === 0 || value[0] === 0x2f || isCid(value)
}
