import { didYouMean } from '@portolan/netfilter/text'
import type { ParentedDriver } from '../parented-network.ts'
import { readInterfaceName } from './names.ts'
import { type Reading, readText } from './reading.ts'
import { asMap, type Entry, entriesOf, get, getGiven, type MapTree, refuse } from './tree.ts'

/** The Docker drivers that put containers on an interface of the host. */
export const parentedDrivers = ['macvlan', 'ipvlan'] as const

export interface ParentedOptions {
  readonly driver: ParentedDriver
  readonly parent: string
}

const mtuKey = 'com.docker.network.driver.mtu'
const known = {
  macvlan: ['parent', 'macvlan_mode', mtuKey],
  ipvlan: ['parent', 'ipvlan_mode', 'ipvlan_flag', mtuKey],
} as const
const macvlanModes = ['bridge', 'vepa', 'private', 'passthru'] as const
const ipvlanModes = ['l2', 'l3', 'l3s'] as const
const ipvlanFlags = ['bridge', 'private', 'vepa'] as const

/**
 * Reads the options of Docker's macvlan and ipvlan drivers (moby, libnetwork/drivers/macvlan/macvlan.go, ipvlan.go).
 *
 * @returns null where no parent is named: Docker then makes an interface that leads nowhere
 */
export const readParentedOptions = (
  reading: Reading,
  network: MapTree | null,
  kind: (typeof parentedDrivers)[number],
  what: string,
): ParentedOptions | null => {
  const path = `${what}.driver_opts`
  const options = asMap(getGiven(network, 'driver_opts', what), path)
  for (const [key, entry] of entriesOf(options)) noteUnknown(reading, kind, key, entry, path)
  const parent = readText(reading, get(options, 'parent'), `${path}: parent`)
  if (parent === null || parent.text === '') return null
  const wordOf = <Word extends string>(key: string, words: readonly [Word, ...Word[]]): Word => {
    const value = readText(reading, get(options, key), `${path}: ${key}`)
    if (value === null || value.text === '') return words[0]
    return (
      words.find((word) => word === value.text) ??
      refuse(value.place, `${path}: ${key}: expected one of ${words.join(', ')}, found "${value.text}"`)
    )
  }
  const name = readInterfaceName(parent, `${path}: parent`)
  if (name === 'lo')
    refuse(parent.place, `${path}: parent: lo leads to no wire: expected an interface such as eth0`)
  return {
    parent: name,
    driver:
      kind === 'macvlan'
        ? { kind, mode: wordOf('macvlan_mode', macvlanModes) }
        : { kind, mode: wordOf('ipvlan_mode', ipvlanModes), flag: wordOf('ipvlan_flag', ipvlanFlags) },
  }
}

const noteUnknown = (
  reading: Reading,
  kind: (typeof parentedDrivers)[number],
  key: string,
  { keyPlace }: Entry,
  path: string,
): void => {
  const words: readonly string[] = known[kind]
  if (!words.includes(key))
    reading.note(
      `${path}: ${key} has no effect on a network of driver ${kind}${didYouMean(key, words)}`,
      keyPlace,
    )
}

/** Why `reachable_from` has no effect on such a network. */
export const whyNoReach = ({ driver, parent }: Pick<ParentedOptions, 'driver' | 'parent'>): string =>
  `the containers of a ${driver.kind} network are on the wire of ${parent}, so no rule of this host filters packets for them`
