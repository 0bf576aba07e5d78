import { Libp2pRecord } from '@libp2p/record'
import { createIPNSRecordWithExpiration, marshalIPNSRecord, multihashToIPNSRoutingKey, unmarshalIPNSRecord } from 'ipns'
import { ipnsSelector } from 'ipns/selector'
import { ipnsValidator } from 'ipns/validator'
import { base36 } from 'multiformats/bases/base36'
import { type Answer, type Operations, Unsupported, hex, refusing, unhex } from './arguments.ts'
import { privateKey } from './keys.ts'

/** The library decodes an invalid time to an invalid Date. */
const timeOf = (time: Date): Answer => (Number.isNaN(time.getTime()) ? {} : { milliseconds: time.toISOString() })

export const recordOperations: Operations = {
  'ipns.make': async (call) => {
    if (call.text('extra') !== '') throw new Unsupported('npm ipns does not write extra data')
    const key = await privateKey(call)
    const record = await createIPNSRecordWithExpiration(
      key,
      call.text('value'),
      call.number('sequence'),
      call.text('validity'),
      { ttlNs: call.number('ttl'), v1Compatible: !call.flag('v2Only') }
    )
    return {
      record: hex(marshalIPNSRecord(record)),
      key: hex(multihashToIPNSRoutingKey(key.publicKey.toMultihash())),
      name: key.publicKey.toCID().toString(base36)
    }
  },
  'ipns.judge': async (call) => {
    if (call.list('keyBook').length > 0) throw new Unsupported('npm ipns has no key book')
    const bytes = call.bytes('record')
    await refusing(() => ipnsValidator(call.bytes('key'), bytes))
    const record = unmarshalIPNSRecord(bytes)
    return {
      value: record.value,
      sequence: record.sequence.toString(),
      validity: record.validity,
      ...(record.ttl === undefined ? {} : { ttl: record.ttl.toString() })
    }
  },
  'ipns.select': async (call) => ({
    index: await refusing(() => ipnsSelector(call.bytes('key'), call.list('records').map(unhex)))
  }),
  'record.encode': async (call) => {
    const time = call.text('timeReceived')
    const record = new Libp2pRecord(call.bytes('key'), call.bytes('value'), new Date(time))
    return { record: hex(record.serialize()) }
  },
  'record.decode': async (call) => {
    const record = await refusing(() => Libp2pRecord.deserialize(call.bytes('record')))
    return { key: hex(record.key), value: hex(record.value), ...timeOf(record.timeReceived) }
  }
}
