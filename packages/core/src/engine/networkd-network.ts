import { checkText } from '@portolan/netfilter/schema'
import { type EngineReading, emptyReading } from './engine-reading.ts'
import { readSubnets, type WrittenSubnet } from './subnet-text.ts'
import { readUnitFile, type UnitSection } from './unit-file.ts'

/** Routes of these types lead nowhere (systemd.network(5), `Type=`). */
const nowhere: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw'])

/**
 * Reads a `.network` file of systemd-networkd, or a drop-in: static addresses, and routes except those that lead
 * nowhere.
 *
 * @see systemd.network(5)
 * @example
 * const text = '[Match]\nName=eth1\n[Network]\nAddress=10.5.0.2/24'
 * parseNetworkdNetwork(text, 'lan.network').networks[0].subnets // ['10.5.0.0/24']
 * @public @since 0.1.0
 */
export const parseNetworkdNetwork = (text: string, file: string): EngineReading => {
  checkText(text, 'text')
  checkText(file, 'file')
  const sections = readUnitFile(text)
  const written = sections.flatMap((section): readonly WrittenSubnet[] => {
    if (section.name === 'Network' || section.name === 'Address') return valuesOf(section, 'Address')
    if (section.name !== 'Route' || valuesOf(section, 'Type').some(({ value }) => nowhere.has(String(value))))
      return []
    return valuesOf(section, 'Destination').filter(({ value }) => value !== 'default')
  })
  const { subnets, complaints } = readSubnets(file, written)
  const [device, another] = sections
    .filter(({ name }) => name === 'Match')
    .flatMap((section) => valuesOf(section, 'Name'))
    .flatMap(({ value }) => String(value).split(/\s+/))
  const isOne = device !== undefined && another === undefined && !/[*?[\]!]/.test(device)
  const name = file.slice(file.lastIndexOf('/') + 1)
  return {
    ...emptyReading,
    networks:
      subnets.length === 0
        ? []
        : [{ engine: 'systemd-networkd', name, subnets, ...(isOne ? { bridge: device } : {}), file }],
    complaints,
  }
}

/** The values of a key. An empty value cancels those before it (systemd.syntax(7)). */
const valuesOf = ({ name, settings }: UnitSection, key: string): readonly WrittenSubnet[] => {
  const values = settings.filter((setting) => setting.key === key).map(({ value }) => value)
  return values.slice(values.lastIndexOf('') + 1).map((value) => ({ what: `[${name}] ${key}=`, value }))
}
