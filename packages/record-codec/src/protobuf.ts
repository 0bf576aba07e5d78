export {
  nextField,
  openProtobuf,
  readBool,
  readBytes,
  readStart,
  readRepeatedBytes,
  readUint32,
  readUint64,
  readVarint,
  skipField
} from './protobuf-reader.ts'
export type { ProtobufReader } from './protobuf-reader.ts'
export {
  encodeProtobuf,
  writeBytes,
  writeFilledBytes,
  writeFilledUint64,
  writeUint32,
  writeUint64,
  writeVarint
} from './protobuf-writer.ts'
export type { WriteMessage } from './protobuf-writer.ts'
