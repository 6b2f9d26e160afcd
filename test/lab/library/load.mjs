// Loads the bundled library for a small program on a host, with V8's compiled code from an earlier program.
import { readdirSync } from 'node:fs'
import loader from '../../../dist/library/loader.cjs'

loader.prepareStart({ stays: false })

const folder = new URL('../../../dist/library/', import.meta.url)
const file = readdirSync(folder).find((name) => /^library-.*\.cjs$/.test(name))
const { exports, keep } = loader.loadScript(new URL(file, folder).pathname, 'library')
process.on('exit', keep)

export { keep }

export const { core, host, iptables, nftables, portolan } = exports
