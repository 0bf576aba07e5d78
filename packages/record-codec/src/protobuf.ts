export { boolOf, bytesOf, readFields, repeatedBytesOf, uint32Of, uint64Of } from './protobuf-reader.ts'
export type { ProtobufFields } from './protobuf-reader.ts'
export { checkUint32, filled, nonzero, writeFields } from './protobuf-writer.ts'
export type { ProtobufValue } from './protobuf-writer.ts'
