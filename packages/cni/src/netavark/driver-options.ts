import { InvalidRequestError } from '@portolan/netfilter'
import type { PodmanNetwork } from './read-input.ts'

/** The options of `podman network create --opt NAME=VALUE`. */
export interface DriverOptions {
  readonly pool?: string
  readonly mtu?: number
  readonly icc: boolean
  readonly masquerade: boolean
  /** The metric of the default routes inside the container. */
  readonly metric?: number
  readonly defaultRoute: boolean
  readonly conflicts: 'error' | 'warn'
  readonly backend: 'auto' | 'nftables' | 'iptables' | 'iptables-nft' | 'iptables-legacy'
}

const backends = ['auto', 'nftables', 'iptables', 'iptables-nft', 'iptables-legacy'] as const

/**
 * The known options. `mtu`, `metric` and `no_default_route` are those of netavark's own bridge. Networks are always
 * isolated here, so `isolate` has no effect.
 */
const known = [
  'pool',
  'mtu',
  'icc',
  'masquerade',
  'metric',
  'no_default_route',
  'isolate',
  'conflicts',
  'backend',
] as const

/**
 * Reads the options of a network.
 * @throws InvalidRequestError naming the option
 */
export const driverOptions = ({ options }: PodmanNetwork): DriverOptions => {
  const given: Readonly<Record<string, string>> = options ?? {}
  for (const name of Object.keys(given))
    if (!known.some((one) => one === name))
      throw new InvalidRequestError(
        `--opt ${name}=${given[name]} is not one of the driver portolan, which has ${known.join(', ')}. Leave it out.`,
      )
  const number = (name: string, first: number, last: number): number | undefined => {
    const text = given[name]
    if (text === undefined) return undefined
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= first && value <= last)) throw wrong(name, text, `a whole number from ${first} to ${last}`)
    return value
  }
  const flag = (name: string, unlessTold: boolean): boolean => {
    const text = given[name]
    if (text === undefined) return unlessTold
    if (['true', '1'].includes(text)) return true
    if (['false', '0'].includes(text)) return false
    throw wrong(name, text, 'true or false')
  }
  const word = <T extends string>(name: string, words: readonly T[], unlessTold: T): T => {
    const text = given[name]
    if (text === undefined) return unlessTold
    const found = words.find((one) => one === text)
    if (found === undefined) throw wrong(name, text, words.join(', '))
    return found
  }
  if (!flag('isolate', true))
    throw wrong('isolate', given.isolate ?? '', 'true: networks are always kept apart')
  const [mtu, metric] = [number('mtu', 68, 65_535), number('metric', 0, 0xffffffff)]
  return {
    ...(given.pool === undefined ? {} : { pool: given.pool }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(metric === undefined ? {} : { metric }),
    icc: flag('icc', true),
    masquerade: flag('masquerade', true),
    defaultRoute: !flag('no_default_route', false),
    conflicts: word('conflicts', ['error', 'warn'], 'error'),
    backend: word('backend', backends, 'auto'),
  }
}

const wrong = (name: string, value: string, expected: string): InvalidRequestError =>
  new InvalidRequestError(`--opt ${name}=${value}: expected ${expected}.`)
