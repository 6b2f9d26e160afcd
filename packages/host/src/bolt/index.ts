export { BoltFault } from './bolt-fault.ts'
export { type BoltItem, readBolt } from './read-bolt.ts'
export { readBoltFile } from './read-bolt-file.ts'
