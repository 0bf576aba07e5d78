// The document of a frame, which writes until it is reloaded. The data attributes of the frame are its parameters.
import { writeEndlessly } from './endless-writes.ts'

const { name = '', start = '0' } = (globalThis.frameElement as HTMLElement).dataset
void writeEndlessly(name, Number(start), (write) => globalThis.parent.postMessage(write, '*'))
