// The document of a frame, which writes until it is reloaded; what the frame is to write stands in its element.
import { writeWithoutEnd } from './endless-writes.ts'

const { name = '', start = '0' } = (globalThis.frameElement as HTMLElement).dataset
void writeWithoutEnd(name, Number(start), (write) => globalThis.parent.postMessage(write, '*'))
