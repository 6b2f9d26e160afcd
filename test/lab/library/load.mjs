// The library for a small program on a host, loaded with what V8 compiled of it in a program before.
import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import loader from '../../../dist/library/load-script.cjs'

// The program is short. What Node 20 optimises in it costs more than it saves; see main.ts of the command.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=1000000')

const folder = new URL('../../../dist/library/', import.meta.url)
const file = readdirSync(folder).find((name) => /^library-.*\.cjs$/.test(name))
const { exports, keep } = loader.loadScript(new URL(file, folder).pathname, 'library')
process.on('exit', keep)

export { keep }

export const { core, host, iptables, nftables, portolan } = exports
