import { mkdtempSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Backend } from 'portolan'
import { composeText } from '../live-host.ts'
import { target } from '../mappings.ts'
import { runProgram } from '../program.ts'
import { type Engine, publishedIn, timeOf } from './engine.ts'
import { onHost, type Place } from './place.ts'

const library = fileURLToPath(new URL('./use-library.js', import.meta.url))
const command = fileURLToPath(new URL('../../../packages/portolan/bin/portolan.js', import.meta.url))

/** Rounds that are not counted, in the process that uses the library. */
const before = 2

/**
 * Attaches the container to the bridge, as a runtime does. Portolan leaves that to other programs, as CNI's portmap
 * does, so it is not timed.
 */
export const attach = ({ host, container }: Place, bridge: string): void => {
  const ip = (words: readonly string[], ...lines: readonly string[]) =>
    runProgram([...words, 'ip', '-batch', '-'], `${lines.join('\n')}\n`)
  const name = container.replace('/run/netns/', '')
  ip(
    ['ip', 'netns', 'exec', host],
    `link add port0 type veth peer name eth0 netns ${name}`,
    `link set port0 master ${bridge} up`,
  )
  ip(
    ['ip', 'netns', 'exec', name],
    `addr add ${target.address}/16 dev eth0`,
    'link set eth0 up',
    'route add default via 172.17.42.1',
  )
}

export const ourLibrary = (way: 'apply' | 'publish', backend: Backend): Engine => ({
  name: `Portolan, ${way === 'apply' ? 'plan() and apply()' : 'publish()'}, ${backend}`,
  absent: null,
  publish: async (place, ports, limitMs) => {
    const words = [process.execPath, library, way, backend, String(ports), String(before)]
    const printed = runProgram(onHost(place, words), '', {}, limitMs * (before + 1))
    const [bridge, milliseconds] = JSON.parse(printed) as readonly [string, number]
    attach(place, bridge)
    return publishedIn(place, milliseconds)
  },
})

export const ourCommand = (backend: Backend): Engine => ({
  name: `Portolan, the command, ${backend}`,
  absent: null,
  publish: async (place, ports, limitMs) => {
    const folder = mkdtempSync('/run/portolan-command-')
    const file = `${folder}/compose.yaml`
    writeFileSync(file, composeText(ports))
    const words = [command, 'apply', '--yes', '--file', file, '--backend', backend, '--state', folder]
    const apply = () => runProgram(onHost(place, [process.execPath, ...words]), '', {}, limitMs)
    return publishedIn(place, timeOf(apply))
  },
})
