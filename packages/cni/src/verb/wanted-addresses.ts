import { tryParseHostOrPrefix } from '@portolan/netfilter'
import { macValue } from '@portolan/netfilter/schema'
import { CniError, cniCodes } from '../cni-error.ts'
import { isObject } from '../config/is-object.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import type { CniRequest } from '../request/cni-request.ts'

/** The addresses and the MAC that a runtime requests. Missing ones are leased. */
export interface WantedAddresses {
  readonly address?: string
  readonly address6?: string
  readonly mac?: string
}

/**
 * Reads the requested addresses. They come from the capabilities `ips` and `mac`, from `args.cni.ips`, or from
 * CNI_ARGS; the first one present is used (https://www.cni.dev/docs/conventions/).
 * @throws CniError 7 for two addresses of one family, and for a text that is not an address
 */
export const wantedAddresses = (request: CniRequest, config: NetworkConfig): WantedAddresses => {
  const { ips, mac } = config.runtimeConfig ?? {}
  const asked = ips ?? argsIps(config) ?? argIp(request)
  const hardware = mac ?? argMac(request)
  const of = (isOfFamily: (text: string) => boolean): string | undefined => {
    const found = asked.filter(isOfFamily)
    if (found.length > 1)
      throw new CniError(
        cniCodes.invalidConfig,
        `the addresses ${found.join(' and ')} are asked for at once: an interface has one of each family here.`,
      )
    return found[0]?.split('/')[0]
  }
  const [address, address6] = [of((text) => !text.includes(':')), of((text) => text.includes(':'))]
  return {
    ...(address === undefined ? {} : { address }),
    ...(address6 === undefined ? {} : { address6 }),
    ...(hardware === undefined ? {} : { mac: hardware }),
  }
}

const argsIps = ({ args }: NetworkConfig): readonly string[] | null => {
  const cni = isObject(args) ? args.cni : undefined
  const ips = isObject(cni) ? cni.ips : undefined
  if (ips === undefined) return null
  if (!Array.isArray(ips) || !ips.every((one) => typeof one === 'string' && isAddress(one)))
    throw new CniError(cniCodes.invalidConfig, 'args.cni.ips is no list of IP addresses.')
  return ips
}

const argIp = ({ args }: CniRequest): readonly string[] => {
  const ip = args.get('IP')
  if (ip === undefined) return []
  if (!isAddress(ip))
    throw new CniError(
      cniCodes.invalidEnvironment,
      `CNI_ARGS has IP=${JSON.stringify(ip)}: expected an IP address.`,
    )
  return [ip]
}

const argMac = ({ args }: CniRequest): string | undefined => {
  const mac = args.get('MAC')
  if (mac === undefined || macValue.holds(mac)) return mac
  throw new CniError(
    cniCodes.invalidEnvironment,
    `CNI_ARGS has MAC=${JSON.stringify(mac)}: expected ${macValue.expected}.`,
  )
}

const isAddress = (text: string): boolean => tryParseHostOrPrefix(text) !== null
