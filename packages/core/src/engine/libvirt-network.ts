import type { UsedAddressFact } from '@portolan/netfilter'
import { tryParseAddress } from '@portolan/netfilter'
import { checkText } from '@portolan/netfilter/schema'
import { addressOf } from './engine-address.ts'
import { type EngineReading, emptyReading, unreadable } from './engine-reading.ts'
import { readSubnets, type WrittenSubnet } from './subnet-text.ts'
import { readXml, type XmlElement } from './xml.ts'

/**
 * Reads a network of libvirt: the addresses of its bridge, and the routes through it.
 *
 * @see https://libvirt.org/formatnetwork.html#addressing
 * @example
 * const text = '<network><name>default</name><ip address="192.168.122.1" netmask="255.255.255.0"/></network>'
 * parseLibvirtNetwork(text, 'default.xml').networks[0].subnets // ['192.168.122.0/24']
 * @public @since 0.1.0
 */
export const parseLibvirtNetwork = (text: string, file: string): EngineReading => {
  checkText(text, 'text')
  checkText(file, 'file')
  const root = readXml(text.replace(/^\uFEFF/, ''))
  if ('kind' in root) return unreadable(file, root.why)
  // The status file of a running network has the definition inside another element.
  const network = root.name === 'network' ? root : childrenOf(root, 'network')[0]
  if (network === undefined) return unreadable(file, `expected <network>, found <${root.name}>`)
  const name = childrenOf(network, 'name')[0]?.text ?? ''
  const bridge = childrenOf(network, 'bridge')[0]?.attributes.get('name') ?? ''
  const addresses = childrenOf(network, 'ip')
  const gateways = addresses.flatMap(({ attributes }) => addressOf(attributes.get('address')))
  const dhcp = addresses.flatMap((ip) => childrenOf(ip, 'dhcp'))
  const ranges = dhcp.flatMap((one) => childrenOf(one, 'range')).flatMap(rangeOf)
  const used = dhcp.flatMap((one) => childrenOf(one, 'host')).flatMap(hostOf)
  const written = [...childrenOf(network, 'ip'), ...childrenOf(network, 'route')]
  const { subnets, complaints } = readSubnets(file, written.map(subnetOf))
  return {
    ...emptyReading,
    networks:
      // A network on a bridge that libvirt did not make has no address (formatnetwork.html, "Using an existing host
      // bridge").
      subnets.length === 0 && name === ''
        ? []
        : [
            {
              engine: 'libvirt',
              ...(name === '' ? {} : { name }),
              subnets,
              ...(bridge === '' ? {} : { bridge }),
              ...(gateways.length === 0 ? {} : { gateways }),
              ...(ranges.length === 0 ? {} : { ranges }),
              ...(used.length === 0 ? {} : { used }),
              file,
            },
          ],
    complaints,
  }
}

/** The range of addresses that libvirt's DHCP server assigns. */
const rangeOf = ({ attributes }: XmlElement): readonly string[] => {
  const [first] = addressOf(attributes.get('start'))
  const [last] = addressOf(attributes.get('end'))
  return first === undefined || last === undefined ? [] : [`${first}-${last}`]
}

/** A fixed DHCP address of one machine. */
const hostOf = ({ attributes }: XmlElement): readonly UsedAddressFact[] => {
  const by = attributes.get('name')
  return addressOf(attributes.get('ip')).map((address) => ({ address, ...(by === undefined ? {} : { by }) }))
}

const childrenOf = ({ children }: XmlElement, name: string): readonly XmlElement[] =>
  children.filter((child) => child.name === name)

const subnetOf = ({ name, attributes }: XmlElement): WrittenSubnet => {
  const address = attributes.get('address') ?? ''
  const length = attributes.get('prefix') ?? lengthOf(attributes.get('netmask')) ?? classOf(address)
  return { what: `<${name}>`, value: `${address}/${length}` }
}

/** The prefix length of a netmask. A text that is no netmask is returned as it is, so that a complaint can show it. */
const lengthOf = (netmask: string | undefined): string | null => {
  if (netmask === undefined) return null
  const mask = tryParseAddress(netmask)
  const bits = mask?.family === 'ip' ? mask.value.toString(2).padStart(32, '0') : ''
  return /^1*0*$/.test(bits) && bits !== '' ? String(bits.lastIndexOf('1') + 1) : netmask
}

/**
 * The prefix length of an `ip` without `prefix` and `netmask`: libvirt goes by the class of the address
 * (src/util/virsocketaddr.c, `virSocketAddrGetIPPrefix`).
 */
const classOf = (text: string): number => {
  const address = tryParseAddress(text)
  if (address?.family === 'ip6') return 64
  const first = (address?.value ?? 0) / 2 ** 24
  if (first < 128) return 8
  return first < 192 ? 16 : 24
}
